"""A cloud in memory, for tests of planning; it holds what its view says."""

from tng.plan.models import DevicePlan, Disposition, TargetDescription
from tng.plan.view import Rates, RemoteView, TargetFacts

CALLS = (("Register", ""), ("Attach", "fleet"))


class FakeCloud:
    """Registers what is not in the view; names devices by ``name_of``, ``claims_of`` adds more."""

    def __init__(
        self,
        account="111111111111",
        name_of=lambda device: device.record.device_id,
        claims_of=lambda device: (),
        remarks=(),
    ):
        self.description = TargetDescription("eu", "fake", account, "here")
        self.rates = Rates({"Register": 10.0}, 5.0)
        self._name_of = name_of
        self._claims_of = claims_of
        self._remarks = remarks

    def plan_device(self, device, view: RemoteView) -> DevicePlan:
        key = device.leaf.sha256
        name = self._name_of(device)
        if name == "":
            return DevicePlan(device, key, "", Disposition.CONFLICT, ("no {cn}",), ())
        if key in view.states:
            return DevicePlan(device, key, name, Disposition.RIGHT, (), ())
        claims = self._claims_of(device)
        return DevicePlan(device, key, name, Disposition.REGISTER, (), CALLS, claims, self._remarks)


NO_FACTS = TargetFacts((("account", "111111111111"),), ())
NOTHING_THERE = RemoteView({})
