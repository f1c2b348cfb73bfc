"""What is to be done on one target, in the terms that registering and undoing share."""

from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass

from tng.clouds.interface import Cloud, RegisteredDevice
from tng.ledger import DeviceState, Direction, EnrolledDevice
from tng.plan.models import DevicePlan, Disposition, Step, TargetDescription, TargetPlan


@dataclass(frozen=True, slots=True)
class Task:
    """One device that needs calls. ``steps`` makes them when their turn has come.

    ``operations`` are those of the steps, where they are known before.
    """

    key: str
    steps: Callable[[], tuple[Step, ...]]
    operations: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Job:
    """Everything to be done on one target.

    ``devices`` are all that the run is about; ``tasks`` those among them that need calls, in
    order. ``inspected`` is true where the steps were chosen after reading the target: then
    the target's word counts more than the ledger's.
    """

    target: TargetDescription
    direction: Direction
    inspected: bool
    devices: tuple[EnrolledDevice, ...]
    tasks: tuple[Task, ...]


def register_job(
    plan: TargetPlan, cloud: Cloud, *, inspected: bool, last: Collection[str] = ()
) -> Job:
    """The job that a plan asks for.

    ``last`` are keys to be handled after all others: what failed before must not keep
    the rest from being tried.
    """
    works = [device for device in plan.devices if _needs_calls(device)]
    works.sort(key=lambda device: device.key in last)
    return Job(
        target=plan.target,
        direction=Direction.REGISTER,
        inspected=inspected,
        devices=tuple(_enrolled(device) for device in plan.devices),
        tasks=tuple(_register_task(device, cloud) for device in works),
    )


def undo_job(target: TargetDescription, devices: Iterable[RegisteredDevice], cloud: Cloud) -> Job:
    """The job that removes what the ledger says this tool made."""
    wanted = tuple(devices)
    return Job(
        target=target,
        direction=Direction.UNDO,
        inspected=False,
        devices=tuple(
            EnrolledDevice(device.key, device.device_id, device.name, DeviceState.REMOVING)
            for device in wanted
        ),
        tasks=tuple(_undo_task(device, cloud) for device in wanted),
    )


def _needs_calls(device: DevicePlan) -> bool:
    return bool(device.calls) and device.disposition is not Disposition.CONFLICT


def _enrolled(plan: DevicePlan) -> EnrolledDevice:
    state, reason = DeviceState.PENDING, ""
    if not _needs_calls(plan):
        right = plan.disposition is Disposition.RIGHT
        state = DeviceState.DONE if right else DeviceState.ATTENTION
        reason = "" if right else "; ".join(plan.differences)
    return EnrolledDevice(plan.key, plan.device.record.device_id, plan.name, state, reason)


def _register_task(plan: DevicePlan, cloud: Cloud) -> Task:
    return Task(plan.key, lambda: cloud.steps(plan), plan.operations)


def _undo_task(device: RegisteredDevice, cloud: Cloud) -> Task:
    return Task(device.key, lambda: cloud.undo_steps(device))
