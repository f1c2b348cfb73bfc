"""The adapter: one account in one region of AWS IoT Core, behind the `Cloud` interface.

Order, rate, retries, ledger and resume are the engine's business.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from threading import Lock

from tng.clouds.aws.api import AwsApi
from tng.clouds.aws.certificates import DESCRIBE, LIST, PAGE, CertificateReader
from tng.clouds.aws.comparison import plan_device
from tng.clouds.aws.failures import AlreadyExistsError
from tng.clouds.aws.holding import held_devices, holds
from tng.clouds.aws.inspection import Inspector, inspection_calls, page_cost
from tng.clouds.aws.issued import IssuedTable, NoIssuedMemory, NoKeeper
from tng.clouds.aws.issuing import CertificateIssuing
from tng.clouds.aws.names import Place
from tng.clouds.aws.performing import perform, without_certificate
from tng.clouds.aws.policies import read_policy_file
from tng.clouds.aws.preflight import Inquiry, Services
from tng.clouds.aws.rates import REGISTER, rates
from tng.clouds.aws.requests import RequestFinder
from tng.clouds.aws.sessions import AwsSessions
from tng.clouds.aws.settings import AwsSettings
from tng.clouds.aws.steps import device_steps, left, undo_steps
from tng.clouds.figures import figure
from tng.clouds.interface import (
    ISSUE,
    Caller,
    CertificateKeeper,
    CloudError,
    HeldDevice,
    IssuedMemory,
    RegisteredDevice,
    StepResult,
)
from tng.clouds.listing import most_pages
from tng.errors import TargetError
from tng.plan.models import (
    UNKNOWN_ACCOUNT,
    DevicePlan,
    PlannableDevice,
    Step,
    TargetDescription,
)
from tng.plan.view import Rates, RemoteView, TargetFacts


def _now() -> datetime:
    return datetime.now(UTC)


class AwsCloud:
    """AWS IoT Core as a `ListingCloud` and an `IssuingCloud`.

    Makes no call and needs no credentials until `preflight`.
    """

    def __init__(
        self,
        settings: AwsSettings,
        sessions: AwsSessions,
        caller: Caller,
        *,
        parts: int = 1,
        clock: Callable[[], datetime] = _now,
    ) -> None:
        """``parts`` is how many processes share the rates."""
        self._settings = settings
        self._parts = parts
        self._sessions = sessions
        self._caller = caller
        self._place = Place(settings.account or UNKNOWN_ACCOUNT, settings.region or "")
        self._quotas: Mapping[str, float] = {}
        self._missing_policy: str | None = None
        self._iot: AwsApi | None = None
        self._clock = clock
        self._issued = IssuedTable()
        self._memory: IssuedMemory = NoIssuedMemory()
        self._keeper: CertificateKeeper = NoKeeper()
        self._lock = Lock()

    @property
    def description(self) -> TargetDescription:
        """Account and region; the account is ``"unknown"`` until it is."""
        place = self._place
        name = self._settings.name or f"{place.account}/{place.region}"
        return TargetDescription(name, "aws", place.account, place.region)

    @property
    def rates(self) -> Rates:
        """Calls a second; with ``rates_from_quotas``, right after `preflight`."""
        return rates(self._settings, self._quotas).divided(self._parts)

    def preflight(self, *, offline: bool) -> TargetFacts:
        """Ask whose account it is and whether everything that is named exists."""
        region = self._sessions.region(self._settings)
        self._place = Place(self._place.account, region)
        if offline:
            return self._offline_facts()
        services = Services(
            iot=self._api(),
            sts=self._service("sts"),
            service_quotas=lambda: self._service("service-quotas"),
        )
        found = Inquiry(services, self._caller, self._settings).run(region)
        self._place = Place(found.account, region)
        self._quotas = found.quotas
        self._missing_policy = found.missing_policy
        rate = f"{figure(self.rates.by_operation[REGISTER])} registrations a second"
        return TargetFacts((*found.facts.facts, ("rate", rate)), found.facts.findings)

    def prepare(self) -> TargetFacts:
        """Create the policy that `preflight` found missing, if a document was given for it."""
        name, file = self._missing_policy, self._settings.create_policy
        if name is None or file is None:
            return TargetFacts((), ())
        request = {"policyName": name, "policyDocument": read_policy_file(file)}
        try:
            self._caller("CreatePolicy", lambda: self._api().call("CreatePolicy", request))
        except AlreadyExistsError:
            pass  # Someone else made it, or the reply to one's own call was lost.
        except CloudError as error:
            raise TargetError(
                f"the policy {name} cannot be created: {error}",
                f"Correct {file}, or check that the credentials allow iot:CreatePolicy.",
            ) from error
        self._missing_policy = None
        return TargetFacts((("policy", f"{name} (created from {file})"),), ())

    def inspect(self, devices: Sequence[PlannableDevice]) -> RemoteView:
        """Read what is there of these devices; raises `CloudError` siblings."""
        return self._inspector().inspect(devices)

    @property
    def held_a_second(self) -> float:
        """A page of certificates a call."""
        return PAGE * self.rates.bucket(LIST)[1]

    def search_time(self, devices: int) -> timedelta:
        """As many pages as are worth it, and then a Describe each."""
        pages = most_pages(devices, page_cost(self.rates, LIST, DESCRIBE))
        searched = self.rates.duration({LIST: pages}) + self.rates.duration({DESCRIBE: devices})
        return searched if devices else timedelta()

    def inspection_time(self, devices: int) -> timedelta:
        """Things are read one by one, and most of all that takes time."""
        return self.rates.duration(inspection_calls(self._settings, devices))

    def held(self) -> Iterator[HeldDevice]:
        """Every certificate there is; raises `CloudError` siblings."""
        return held_devices(self._api(), self._caller)

    def inspect_held(
        self, devices: Sequence[PlannableDevice], held: Iterable[HeldDevice]
    ) -> RemoteView:
        """Read what belongs to these devices' certificates; raises `CloudError` siblings."""
        return self._inspector().inspect_held(devices, held)

    def holds(self, certificates: Mapping[str, str]) -> Mapping[str, HeldDevice]:
        """Which of these certificates are there; raises `CloudError` siblings."""
        return holds(self._inspector(), list(certificates))

    def plan_device(self, device: PlannableDevice, view: RemoteView) -> DevicePlan:
        """Compare what is wanted with what is there."""
        return plan_device(self._settings, self._place, device, view)

    def steps(self, plan: DevicePlan) -> tuple[Step, ...]:
        """The steps for the plan's calls, in order."""
        return device_steps(self._settings, self._place, plan)

    def undo_steps(self, device: RegisteredDevice) -> tuple[Step, ...]:
        """The steps that undo what this tool did, in order."""
        return undo_steps(self._place, device)

    def left(self, device: RegisteredDevice) -> tuple[str, ...]:
        """The certificate and the thing, in words, where they were there before."""
        return left(device)

    def perform(self, step: Step) -> StepResult:
        """Make the call once."""
        if step.operation == ISSUE:
            return self._issuing().perform(step)
        resolved = self._issuing().resolved(step, self._place)
        if resolved is None:
            return without_certificate(step)
        return perform(self._api(), self._caller, self._settings, resolved)

    def remember(self, memory: IssuedMemory) -> None:
        """Ask it for the certificates that requests got."""
        self._memory = memory

    def deliver(self, keeper: CertificateKeeper) -> None:
        """Give it the certificates that requests get."""
        self._keeper = keeper

    def redeliver(self, key: str) -> None:
        """Give a certificate that was found to the keeper, unless it has it."""
        self._issuing().redeliver(key)

    def _inspector(self) -> Inspector:
        reader = CertificateReader(self._api(), self._caller)
        requests = RequestFinder(reader, self._memory, self._issued, self.description.key)
        return Inspector(
            self._api(), self._caller, self._settings, self._place, self.rates, requests
        )

    def _issuing(self) -> CertificateIssuing:
        return CertificateIssuing(
            self._api(),
            CertificateReader(self._api(), self._caller),
            self._issued,
            self._memory,
            self._keeper,
            self.description.key,
            self._clock,
        )

    def _api(self) -> AwsApi:
        with self._lock:
            if self._iot is None:
                self._iot = self._service("iot")
            return self._iot

    def _service(self, service: str) -> AwsApi:
        return AwsApi(self._sessions.client(self._settings, service, self._place.region))

    def _offline_facts(self) -> TargetFacts:
        place = self._place
        return TargetFacts((("account", place.account), ("region", place.region)), ())
