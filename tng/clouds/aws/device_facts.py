"""What an account knows of one certificate, for whoever asks why its device cannot connect.

Four or five reading calls, each made once; it changes nothing.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from tng.clouds.aws.api import AwsApi
from tng.clouds.aws.failures import NotFoundError, clean
from tng.clouds.aws.names import Place
from tng.clouds.aws.replies import named, texts
from tng.clouds.aws.sessions import AwsSessions
from tng.clouds.aws.settings import AwsSettings
from tng.clouds.interface import CloudError
from tng.device.account import FactsError, Registration


def open_device_facts(settings: AwsSettings) -> "AwsDeviceFacts":
    """The facts of the target's account and region; raises `TargetError`, makes no call."""
    sessions = AwsSessions(threads=1)
    region = sessions.region(settings)
    iot = AwsApi(sessions.client(settings, "iot", region))
    sts = AwsApi(sessions.client(settings, "sts", region))
    return AwsDeviceFacts(iot, sts, region, settings.account)


@dataclass(slots=True)
class AwsDeviceFacts:
    """A `tng.device.account.RegistrationFacts`."""

    iot: AwsApi
    sts: AwsApi
    region: str
    expected_account: str | None = None
    _account: str = field(default="", init=False)

    @property
    def place(self) -> str:
        """The account, as far as it is known by now, and the region."""
        return f"account {self._account or self.expected_account or '?'} in {self.region}"

    def endpoint(self) -> str:
        """The Data-ATS endpoint; raises `FactsError`."""
        reply = _ask(self.iot, "DescribeEndpoint", {"endpointType": "iot:Data-ATS"})
        address = reply.get("endpointAddress")
        if not isinstance(address, str) or not address:
            raise FactsError("DescribeEndpoint names no endpoint")
        return clean(address)

    def registration(self, certificate_id: str) -> Registration | None:
        """The certificate by its id; raises `FactsError`, also as another account."""
        account = self._own_account()
        try:
            reply = _ask(self.iot, "DescribeCertificate", {"certificateId": certificate_id})
        except _NotThereError:
            return None
        described = reply.get("certificateDescription")
        facts: Mapping[str, object] = described if isinstance(described, dict) else {}
        principal = Place(account, self.region).certificate_arn(certificate_id)
        policies = _ask(self.iot, "ListAttachedPolicies", {"target": principal})
        things = _ask(self.iot, "ListPrincipalThings", {"principal": principal})
        try:
            return Registration(
                status=clean(str(facts.get("status") or "of no status")),
                mode=clean(str(facts.get("certificateMode") or "")),
                policies=named(policies, "policies", "policyName"),
                things=texts(things, "things"),
            )
        except CloudError as error:
            raise FactsError(str(error)) from error

    def _own_account(self) -> str:
        account = clean(str(_ask(self.sts, "GetCallerIdentity", {}).get("Account") or ""))
        if self.expected_account not in (None, account):
            raise FactsError(
                f"the credentials are of account {account}, the target's is {self.expected_account}"
            )
        self._account = account
        return account


class _NotThereError(FactsError):
    """There is no such resource."""


def _ask(api: AwsApi, operation: str, request: Mapping[str, object]) -> Mapping[str, object]:
    try:
        return api.call(operation, request)
    except NotFoundError as error:
        raise _NotThereError(f"{operation}: {error}") from error
    except CloudError as error:
        raise FactsError(f"{operation}: {error}") from error
