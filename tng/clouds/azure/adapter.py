"""The adapter: one Device Provisioning Service, behind the `BatchCloud` interface.

Order, rate, retries, ledger and resume are the engine's business.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from threading import Lock

from tng.clouds.azure.api import DpsApi
from tng.clouds.azure.comparison import plan_device
from tng.clouds.azure.holding import held_devices, holds, inspect_held
from tng.clouds.azure.inspection import PAGE, Inspector
from tng.clouds.azure.performing import perform, perform_batch
from tng.clouds.azure.preflight import Inquiry
from tng.clouds.azure.rates import GET, MAX_BULK, QUERY, rates
from tng.clouds.azure.sessions import AzureSessions
from tng.clouds.azure.settings import AzureSettings
from tng.clouds.azure.sighting import sighting
from tng.clouds.azure.steps import device_steps, left, undo_steps
from tng.clouds.figures import figure
from tng.clouds.interface import (
    Caller,
    CloudError,
    HeldDevice,
    RegisteredDevice,
    Sighting,
    StepResult,
)
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


class AzureCloud:
    """A Device Provisioning Service, as a `Cloud` that can do everything but issue.

    Makes no call and needs no credentials until `preflight`.
    """

    def __init__(
        self,
        settings: AzureSettings,
        sessions: AzureSessions,
        caller: Caller,
        now: Callable[[], datetime] = _now,
        *,
        parts: int = 1,
    ) -> None:
        """``parts`` is how many processes share the rates."""
        self._settings = settings
        self._parts = parts
        self._sessions = sessions
        self._caller = caller
        self._now = now
        self._host = settings.dps_host or UNKNOWN_ACCOUNT
        self._api: DpsApi | None = None
        self._lock = Lock()

    @property
    def description(self) -> TargetDescription:
        """The service's host; ``"unknown"`` until it is known."""
        settings = self._settings
        return TargetDescription(
            settings.name or settings.dps_host or str(settings.dps), "azure", self._host, ""
        )

    @property
    def rates(self) -> Rates:
        """Operations a second: one bucket for all of the service."""
        return rates(self._settings).divided(self._parts)

    def preflight(self, *, offline: bool) -> TargetFacts:
        """Find out where the service is and whether enrollments can be written."""
        settings = self._settings
        speed = (
            ("rate", f"{figure(self.rates.others * 60)} operations a minute"),
            ("bulk", f"{MAX_BULK} a call" if settings.bulk else "one by one"),
        )
        if offline:
            return TargetFacts((("host", self._host), *speed), (), settings.limit)
        found = Inquiry(settings, self._sessions, self._caller).run()
        self._host = found.host
        with self._lock:
            self._api = found.api
        facts = found.facts
        return TargetFacts((*facts.facts, *speed), facts.findings, facts.capacity)

    def prepare(self) -> TargetFacts:
        """Nothing is made once per service."""
        return TargetFacts((), ())

    def inspect(self, devices: Sequence[PlannableDevice]) -> RemoteView:
        """Read which of these devices are enrolled; raises `CloudError` siblings."""
        return self._inspector().inspect(devices)

    def inspect_shard(
        self, devices: Sequence[PlannableDevice], beside: Iterable[PlannableDevice]
    ) -> RemoteView:
        """The same, and how many of the devices ``beside`` are enrolled, where that is seen."""
        return self._inspector().inspect(devices, beside)

    @property
    def held_a_second(self) -> float:
        """A page of enrollments a query."""
        return PAGE * self.rates.bucket(QUERY)[1]

    def search_time(self, devices: int) -> timedelta:
        """As many pages as devices, and then a read each."""
        return self.rates.duration({QUERY: devices, GET: devices})

    def inspection_time(self, devices: int) -> timedelta:  # noqa: ARG002 - the list tells all
        """None: the list tells everything."""
        return timedelta()

    def held(self) -> Iterator[HeldDevice]:
        """Every individual enrollment there is; raises `CloudError` siblings."""
        return held_devices(self._service(), self._caller)

    def inspect_held(
        self, devices: Sequence[PlannableDevice], held: Iterable[HeldDevice]
    ) -> RemoteView:
        """What the whole list says of these devices."""
        return inspect_held(self._settings, devices, held)

    def holds(self, certificates: Mapping[str, str]) -> Mapping[str, HeldDevice]:
        """Which of these certificates are enrolled; raises `CloudError` siblings."""
        return holds(self._inspector(), certificates)

    def plan_device(self, device: PlannableDevice, view: RemoteView) -> DevicePlan:
        """Compare what is wanted with what is there."""
        return plan_device(self._settings, self._now(), device, view)

    def steps(self, plan: DevicePlan) -> tuple[Step, ...]:
        """The steps for the plan's calls, in order."""
        return device_steps(self._settings, plan)

    def undo_steps(self, device: RegisteredDevice) -> tuple[Step, ...]:
        """The steps that undo what this tool did, in order."""
        return undo_steps(device)

    def left(self, device: RegisteredDevice) -> tuple[str, ...]:
        """The enrollment, in words, where it was there before."""
        return left(device)

    def perform(self, step: Step) -> StepResult:
        """Make the call once."""
        return perform(self._service(), self._caller, step)

    def batch_size(self, operation: str) -> int:
        """How many steps of ``operation`` one call takes."""
        return self.rates.batch(operation)

    def perform_batch(self, steps: Sequence[Step]) -> tuple[StepResult | CloudError, ...]:
        """Make one call for all ``steps``."""
        return perform_batch(self._service(), steps)

    def sight(self, name: str) -> Sighting:
        """What the device ``name`` has made of its enrollment."""
        return sighting(self._service(), self._caller, name)

    def _inspector(self) -> Inspector:
        return Inspector(self._service(), self._caller, self._settings)

    def _service(self) -> DpsApi:
        """The service's calls; found out by the preflight, or else now."""
        with self._lock:
            api = self._api
        if api is None:
            self.preflight(offline=False)
            return self._service()
        return api
