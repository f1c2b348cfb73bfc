"""A cloud in memory that takes several registrations in one call."""

from collections import Counter

from tests.apply.memory_cloud import MemoryCloud
from tng.clouds.interface import CloudError
from tng.plan.models import DevicePlan, Disposition


class MemoryBatchCloud(MemoryCloud):
    """One call a device, Register; up to ``size`` of them together.

    ``around`` is called with the steps of a batch and ``"before"`` or ``"after"`` their
    effects, and may raise.
    """

    def __init__(self, size=5, **options):
        super().__init__(**options)
        self.size = size
        self.batches = []
        self.around = lambda side, steps: None

    def plan_device(self, device, view):
        key = device.leaf.sha256
        name = f"thing-{device.record.device_id}"
        if key in view.states:
            return DevicePlan(device, key, name, Disposition.RIGHT, (), ())
        return DevicePlan(device, key, name, Disposition.REGISTER, (), (("Register", ""),))

    def batch_size(self, operation):
        return self.size if operation == "Register" else 1

    def perform_batch(self, steps):
        self.batches.append(len(steps))
        self.around("before", steps)
        results = tuple(self._one(step) for step in steps)
        self.around("after", steps)
        return results

    def _one(self, step):
        try:
            return self.perform(step)
        except CloudError as error:
            return error

    def counted(self):
        """How often each batch size was used."""
        return Counter(self.batches)
