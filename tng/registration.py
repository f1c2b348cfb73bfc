"""From outcomes and configured targets to a plan, and from a plan to a run. A library.

    targets = open_targets(settings, opener.open, stop)
    plan = plan_registration(outcomes, targets, PlanPolicy(), offline=False)
    result = register(plan, targets, ledger, "tng register …", offline=False, stop=stop)

Reading targets happens side by side; a target that cannot be used is a `FailedTarget`
and does not stop the others. Nothing here prints or asks.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from typing import TypeVar

from tng.apply.calls import Calls, StoppedError
from tng.apply.engine import MOST_THREADS
from tng.apply.job import register_job, undo_job
from tng.apply.leases import TargetLeases
from tng.apply.progress import Progress
from tng.apply.session import Assignment, OpenTarget, RunResult, apply_jobs
from tng.apply.side_by_side import side_by_side
from tng.apply.stopping import StopSignal
from tng.clouds.interface import (
    Caller,
    Cloud,
    CloudError,
    IssuedMemory,
    IssuingCloud,
    ListingCloud,
    RegisteredDevice,
    SharedCloud,
)
from tng.clouds.registry import TargetSettings
from tng.errors import TargetError, TngError
from tng.exit_codes import ExitCode
from tng.issuing.delivering import Keepers, accept_requests, deliver_certificates
from tng.ledger import DeviceState, Ledger, LedgerMemory
from tng.models import Outcome
from tng.plan.eligibility import PlanPolicy, Selection, select_devices
from tng.plan.models import FailedTarget, Plan, TargetDescription
from tng.plan.planner import InspectedTarget, make_plan
from tng.plan.reading import Forecast, NoReadingProgress, ReadingProgress
from tng.plan.shard import Shard
from tng.plan.view import RemoteView, TargetFacts

Result = TypeVar("Result")

OpenCloud = Callable[[TargetSettings, Caller], Cloud]
"""Makes the adapter of a target; `tng.clouds.registry.CloudOpener.open` is one."""

Hold = Callable[[TargetDescription, Shard | None], None]
"""Keeps others off a target; `TargetLeases.hold` is one."""


class PlanningStoppedError(TngError):
    """The run was stopped while the targets were read; nothing was changed."""

    exit_code = ExitCode.INTERRUPTED


def refuse_stopped(stop: StopSignal) -> None:
    """Raise `PlanningStoppedError` if the end was asked for; only before the first change."""
    if stop.is_set():
        raise PlanningStoppedError(
            "interrupted", "Nothing was changed; run the same command again."
        )


@dataclass(frozen=True, slots=True)
class Removal:
    """What is to be removed from one target.

    ``kept`` gives the devices that stay as a whole, since they were there before this tool.
    """

    target: OpenTarget
    description: TargetDescription
    devices: tuple[RegisteredDevice, ...]
    kept: Callable[[], Iterator[RegisteredDevice]]


def open_targets(
    settings: Sequence[TargetSettings],
    open_cloud: OpenCloud,
    stop: StopSignal,
) -> tuple[OpenTarget, ...]:
    """Make the adapters; makes no call. Raises `ConfigurationError`."""
    targets = []
    for setting in settings:
        own = stop.child()
        calls = Calls(stop=own)
        cloud = open_cloud(setting, calls)
        targets.append(OpenTarget(setting.name or cloud.description.name, cloud, calls, own))
    return tuple(targets)


def plan_registration(
    outcomes: Iterable[Outcome],
    targets: Sequence[OpenTarget],
    policy: PlanPolicy,
    *,
    offline: bool,
    checked: bool = False,
    reading: ReadingProgress | None = None,
    hold: Hold | None = None,
) -> Plan:
    """Select the devices, read every target (no call at all if ``offline``) and plan.

    ``checked`` says that the plan will be applied: then whose account it is, and whether
    what is named exists, is asked even if ``offline``. ``reading`` is told how long that takes,
    in advance, and how far it is. ``hold`` is called of each target before it is read, as soon
    as it is known whose account it is. Raises `PlanningStoppedError`, and what ``hold`` raises.
    """
    selection = select_devices(outcomes, policy)
    return plan_selection(
        selection, targets, offline=offline, checked=checked, reading=reading, hold=hold
    )


def plan_selection(
    selection: Selection,
    targets: Sequence[OpenTarget],
    *,
    offline: bool,
    checked: bool = False,
    reading: ReadingProgress | None = None,
    hold: Hold | None = None,
    memory: IssuedMemory | None = None,
) -> Plan:
    """Like `plan_registration`, of devices that were selected already.

    ``memory`` is what earlier runs wrote down of requests among them, without which a
    certificate that was made before is found by the name of its thing alone.
    """
    devices = selection.own

    def inspect(target: OpenTarget) -> RemoteView:
        cloud = target.cloud
        if selection.shard is not None and isinstance(cloud, SharedCloud):
            return cloud.inspect_shard(devices, selection.beside)
        return cloud.inspect(devices)

    def read(target: OpenTarget) -> InspectedTarget:
        accept_requests(target, selection.devices, memory)
        facts = check_target(target, offline=offline and not checked)
        if hold is not None:
            hold(target.cloud.description, selection.shard)
        view = None
        if not offline:
            with _told(target, len(devices), reading or NoReadingProgress()):
                view = inspect(target)
        return InspectedTarget(target.name, target.cloud, facts, view)

    found = read_targets(targets, read)
    inspected = [item for item in found if isinstance(item, InspectedTarget)]
    failed = [item for item in found if isinstance(item, FailedTarget)]
    return make_plan(selection, inspected, failed)


def register(
    plan: Plan,
    targets: Sequence[OpenTarget],
    ledger: Ledger,
    command: str,
    *,
    offline: bool,
    stop: StopSignal,
    progress: Progress | None = None,
    threads: int = MOST_THREADS,
    leases: TargetLeases | None = None,
    certificates: Keepers | None = None,
) -> RunResult:
    """Apply a plan that was made with these ``targets``; see `apply_jobs`.

    ``offline`` says that the plan was made without reading the targets: then steps that
    the ledger has as done are not made again. ``certificates`` gives, for each target, who keeps
    the certificates that requests get there. Raises `UsageError` for requests that were planned
    offline, of which nobody knows whether they have a certificate.
    """
    by_key = _by_key(targets)
    undelivered = deliver_certificates(
        plan, by_key, certificates, LedgerMemory(ledger), offline=offline
    )
    known = {target.key for target in ledger.targets()}
    assignments = []
    for target_plan in plan.targets:
        key = target_plan.target.key
        rows = ledger.devices(key, states=(DeviceState.FAILED,)) if key in known else ()
        failed_before = frozenset(row.key for row in rows)
        target = by_key[key]
        job = register_job(target_plan, target.cloud, inspected=not offline, last=failed_before)
        assignments.append(Assignment(job, target))
    return apply_jobs(
        assignments, ledger, command,
        stop=stop, progress=progress, threads=threads, failed=(*plan.failed, *undelivered),
        shard=plan.shard, leases=leases,
    )  # fmt: skip


def read_targets(
    targets: Sequence[OpenTarget], read: Callable[[OpenTarget], Result]
) -> list[Result | FailedTarget]:
    """What ``read`` gives of each target, in order; all are read side by side.

    A target that cannot be used is a `FailedTarget`. Raises `PlanningStoppedError`.
    """
    try:
        return side_by_side(lambda target: _guarded(target, read), targets)
    except StoppedError as error:
        raise PlanningStoppedError(
            "interrupted", "Nothing was changed; run the same command again."
        ) from error


def check_target(target: OpenTarget, *, offline: bool = False) -> TargetFacts:
    """Make the target's preflight, and keep to its rates from now on.

    Raises `TargetError` and `CloudError` siblings, which `read_targets` understands.
    """
    facts = target.cloud.preflight(offline=offline)
    target.calls.follow(target.cloud, target.cloud.description.key)
    return facts


def plan_removal(
    targets: Sequence[OpenTarget], ledger: Ledger, device_ids: Sequence[str]
) -> tuple[tuple[Removal, ...], tuple[FailedTarget, ...]]:
    """What the ledger says this tool made on each target, or of those devices alone.

    ``device_ids`` are chips' ids, certificate fingerprints or names. Reads who is being
    called, and nothing else of the targets. Raises `PlanningStoppedError`.
    """
    checked = read_targets(targets, check_target)
    open_keys = {target.key for target in ledger.targets()}
    removals = []
    for target, facts in zip(targets, checked, strict=True):
        description = target.cloud.description
        if not isinstance(facts, FailedTarget) and description.key in open_keys:
            # Two names of one account and region are one target.
            open_keys.remove(description.key)
            made = ledger.registered(description.key, device_ids)
            devices = tuple(device for device in made if target.cloud.undo_steps(device))
            if isinstance(target.cloud, IssuingCloud):
                target.cloud.remember(LedgerMemory(ledger))
            kept = partial(_kept, target.cloud, ledger, description.key, device_ids)
            removals.append(Removal(target, description, devices, kept))
    return tuple(removals), tuple(facts for facts in checked if isinstance(facts, FailedTarget))


def deregister(
    removals: Sequence[Removal],
    ledger: Ledger,
    command: str,
    *,
    stop: StopSignal,
    progress: Progress | None = None,
    threads: int = MOST_THREADS,
    failed: Sequence[FailedTarget] = (),
) -> RunResult:
    """Remove what was planned; see `apply_jobs`."""
    assignments = [
        Assignment(
            undo_job(removal.description, removal.devices, removal.target.cloud), removal.target
        )
        for removal in removals
        if removal.devices
    ]
    return apply_jobs(
        assignments, ledger, command, stop=stop, progress=progress, threads=threads, failed=failed
    )


def _by_key(targets: Sequence[OpenTarget]) -> dict[str, OpenTarget]:
    found: dict[str, OpenTarget] = {}
    for target in targets:
        found.setdefault(target.cloud.description.key, target)
    return found


def _kept(
    cloud: Cloud, ledger: Ledger, key: str, device_ids: Sequence[str]
) -> Iterator[RegisteredDevice]:
    """What was there before, whether this tool changed it since or not."""
    for device in ledger.registered(key, device_ids):
        if not cloud.undo_steps(device):
            yield device
    yield from ledger.found(key, device_ids)


def _guarded(target: OpenTarget, read: Callable[[OpenTarget], Result]) -> Result | FailedTarget:
    try:
        return read(target)
    except TargetError as error:
        return FailedTarget(target.name, error.message, error.hint)
    except CloudError as error:
        hint = "Check the permissions of the credentials, then run the same command again."
        return FailedTarget(target.name, str(error), hint)


@contextmanager
def _told(target: OpenTarget, count: int, reading: ReadingProgress) -> Iterator[None]:
    """What is read of ``target`` about so many devices meanwhile is told to ``reading``."""
    cloud = target.cloud
    if not isinstance(cloud, ListingCloud):
        yield
        return
    forecast = Forecast(
        count, cloud.search_time(count), cloud.inspection_time(count), cloud.held_a_second
    )
    reading.begins(target.name, forecast)
    target.calls.watch(lambda operation: reading.called(target.name, operation))
    try:
        yield
    finally:
        target.calls.watch(None)
