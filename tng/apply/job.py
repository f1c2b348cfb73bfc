"""What is to be done on one target, in the terms that registering and undoing share."""

from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar, overload

from tng.clouds.interface import Cloud, RegisteredDevice
from tng.ledger import DeviceState, Direction, EnrolledDevice
from tng.plan.models import DevicePlan, Disposition, Step, TargetDescription, TargetPlan

Item = TypeVar("Item")
Made = TypeVar("Made")


class Mapped(Sequence[Made], Generic[Item, Made]):
    """What ``make`` gives of each of ``items``, made anew whenever it is asked for.

    A run over many targets has millions of them, and needs few at a time.
    """

    def __init__(self, items: Sequence[Item], make: Callable[[Item], Made]) -> None:
        self._items = items
        self._make = make

    def __len__(self) -> int:
        return len(self._items)

    @overload
    def __getitem__(self, index: int) -> Made: ...

    @overload
    def __getitem__(self, index: slice) -> "tuple[Made, ...]": ...

    def __getitem__(self, index: int | slice) -> "Made | tuple[Made, ...]":
        if isinstance(index, slice):
            return tuple(map(self._make, self._items[index]))
        return self._make(self._items[index])


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
    devices: Sequence[EnrolledDevice]
    tasks: Sequence[Task]


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
        devices=Mapped(plan.devices, _enrolled),
        tasks=Mapped(works, lambda device: _register_task(device, cloud)),
    )


def undo_job(target: TargetDescription, devices: Iterable[RegisteredDevice], cloud: Cloud) -> Job:
    """The job that removes what the ledger says this tool made."""
    wanted = tuple(devices)
    return Job(
        target=target,
        direction=Direction.UNDO,
        inspected=False,
        devices=Mapped(wanted, _removed),
        tasks=Mapped(wanted, lambda device: _undo_task(device, cloud)),
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


def _removed(device: RegisteredDevice) -> EnrolledDevice:
    return EnrolledDevice(device.key, device.device_id, device.name, DeviceState.REMOVING)


def _register_task(plan: DevicePlan, cloud: Cloud) -> Task:
    return Task(plan.key, lambda: cloud.steps(plan), plan.operations)


def _undo_task(device: RegisteredDevice, cloud: Cloud) -> Task:
    return Task(device.key, lambda: cloud.undo_steps(device))
