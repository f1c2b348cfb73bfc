"""Whether a target can be used: whose account it is, and whether what it names exists.

Read-only. Every refusal is a `TargetError` that names the next step.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from tng.clouds.aws.api import AwsApi
from tng.clouds.aws.failures import NotFoundError
from tng.clouds.aws.policies import read_policy_file, too_wide
from tng.clouds.aws.rates import read_quotas
from tng.clouds.aws.settings import AwsSettings
from tng.clouds.interface import Caller, CloudError, TargetUnusableError, TransientError
from tng.errors import TargetError
from tng.findings import Finding, finding
from tng.plan.view import TargetFacts


@dataclass(frozen=True, slots=True)
class Services:
    """The clients that a preflight needs; ``service_quotas`` is made only when asked for."""

    iot: AwsApi
    sts: AwsApi
    service_quotas: Callable[[], AwsApi]


@dataclass(frozen=True, slots=True)
class Preflight:
    """What was found out; ``missing_policy`` is the one still to be created."""

    account: str
    quotas: Mapping[str, float]
    missing_policy: str | None
    facts: TargetFacts


class Inquiry:
    """One preflight of one target."""

    def __init__(self, services: Services, caller: Caller, settings: AwsSettings) -> None:
        self._services = services
        self._caller = caller
        self._settings = settings
        self._facts: list[tuple[str, str]] = []
        self._findings: list[Finding] = []

    def run(self, region: str) -> Preflight:
        """Ask everything, in the order in which a mistake is most likely."""
        account = self._account(region)
        missing = [name for name in self._settings.policies if not self._policy_exists(name)]
        if self._settings.thing_type:
            self._thing_type(self._settings.thing_type)
        for group in self._settings.groups:
            self._group(group)
        if self._settings.billing_group:
            request = {"billingGroupName": self._settings.billing_group}
            self._require("DescribeBillingGroup", request, "billing group")
        endpoint = self._ask("DescribeEndpoint", {"endpointType": "iot:Data-ATS"})
        self._facts.append(("endpoint", str(endpoint.get("endpointAddress"))))
        quotas = self._quotas() if self._settings.rates_from_quotas else {}
        facts = TargetFacts(tuple(self._facts), tuple(self._findings))
        return Preflight(account, quotas, missing[0] if missing else None, facts)

    def _account(self, region: str) -> str:
        identity = self._ask("GetCallerIdentity", {}, self._services.sts)
        account = str(identity.get("Account"))
        expected = self._settings.account
        if expected and account != expected:
            raise TargetError(
                f"the credentials are of account {account}, expected {expected}",
                "Choose the profile or role of that account, or correct the expected one.",
            )
        self._facts += [
            ("account", account),
            ("region", region),
            ("caller", str(identity.get("Arn"))),
        ]
        return account

    def _policy_exists(self, name: str) -> bool:
        file = self._settings.create_policy
        try:
            reply = self._call("GetPolicy", {"policyName": name})
        except NotFoundError:
            if file is None:
                raise TargetError(
                    f"the policy {name} does not exist there",
                    "Create it, or let it be made from a document with --create-policy FILE.",
                ) from None
            self._warn_of_wildcard(name, read_policy_file(file))
            message = f"the policy {name} would be created from {file}"
            self._findings.append(finding("target-needs-preparing", message))
            self._facts.append(("policy", f"{name} (to be created from {file})"))
            return False
        self._warn_of_wildcard(name, str(reply.get("policyDocument")))
        self._facts.append(("policy", name))
        return True

    def _warn_of_wildcard(self, name: str, document: str) -> None:
        reason = too_wide(document)
        if reason:
            message = f"the policy {name} is not bound to the device: {reason}"
            self._findings.append(finding("wildcard-policy", message))

    def _thing_type(self, name: str) -> None:
        reply = self._require("DescribeThingType", {"thingTypeName": name}, "thing type")
        if (reply.get("thingTypeMetadata") or {}).get("deprecated"):
            raise TargetError(
                f"the thing type {name} is deprecated",
                "AWS makes no new things of it: name another.",
            )

    def _group(self, name: str) -> None:
        reply = self._require("DescribeThingGroup", {"thingGroupName": name}, "thing group")
        if reply.get("queryString"):
            raise TargetError(
                f"the thing group {name} is a dynamic one",
                "Things cannot be added to it: its query decides. Name a static group.",
            )

    def _quotas(self) -> dict[str, float]:
        quotas = self._services.service_quotas()
        try:
            found = self._caller("ListServiceQuotas", lambda: read_quotas(quotas))
        except CloudError as error:
            raise _refused("ListServiceQuotas", error) from error
        self._facts.append(("quotas", f"{len(found)} read from Service Quotas"))
        return found

    def _require(self, operation: str, request: Mapping[str, str], what: str) -> Mapping[str, Any]:
        name = next(iter(request.values()))
        try:
            reply = self._call(operation, request)
        except NotFoundError:
            raise TargetError(
                f"the {what} {name} does not exist there",
                f"Create the {what} in this account and region, or correct its name.",
            ) from None
        self._facts.append((what, name))
        return reply

    def _ask(
        self, operation: str, request: Mapping[str, object], api: AwsApi | None = None
    ) -> Mapping[str, Any]:
        try:
            return self._call(operation, request, api)
        except NotFoundError as error:
            raise _refused(operation, error) from error

    def _call(
        self, operation: str, request: Mapping[str, object], api: AwsApi | None = None
    ) -> Mapping[str, Any]:
        service = api or self._services.iot
        try:
            return self._caller(operation, lambda: service.call(operation, request))
        except NotFoundError:
            raise
        except CloudError as error:
            raise _refused(operation, error) from error


def _refused(operation: str, error: CloudError) -> TargetError:
    message = f"{operation} failed: {error.message or error.code}"
    match error:
        case TargetUnusableError() if error.code in ("NoCredentialsError", "ProfileNotFound"):
            hint = "Sign in with the AWS CLI, name a --profile, or set the SDK's variables."
        case TargetUnusableError() if "Expired" in error.code:
            hint = "The credentials have expired: sign in again."
        case TargetUnusableError():
            hint = f"Check the credentials, and that they allow the action {operation}."
        case TransientError():
            hint = "Check the network, the region and the endpoint URL, then try again."
        case _:
            hint = "Check the target's settings, then try again."
    return TargetError(f"{message} ({error.code})", hint)
