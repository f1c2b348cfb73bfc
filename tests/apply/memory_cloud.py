"""A cloud in memory that keeps every rule of the `Cloud` contract, with faults on demand."""

import threading
from collections import Counter

from tng.clouds.interface import AttentionStep, DoneStep
from tng.plan.models import DevicePlan, Disposition, Step, TargetDescription
from tng.plan.view import Rates, RemoteView, TargetFacts

UNDO = {"Register": "Delete", "AttachPolicy": "DetachPolicy"}


class MemoryCloud:
    """Two calls a device: Register, then AttachPolicy of the policy ``fleet``.

    ``before`` and ``after`` are called with the step around its effect and may raise.
    ``foreign`` certificates are there already and not as wanted.
    """

    def __init__(self, name="eu", account="111111111111", rate=1_000_000.0):
        self.description = TargetDescription(name, "memory", account, "eu-central-1")
        self.rates = Rates({}, rate)
        self.certificates = {}
        self.policies = {}
        self.calls = Counter()
        self.effects = Counter()
        self.log = []
        self.before = lambda step: None
        self.after = lambda step: None
        self.prepared = 0
        self._lock = threading.Lock()

    def preflight(self, *, offline):
        return TargetFacts((("account", self.description.account),), ())

    def prepare(self):
        self.prepared += 1
        return TargetFacts((), ())

    def inspect(self, devices):
        with self._lock:
            states = {
                device.leaf.sha256: {
                    "status": self.certificates[device.leaf.sha256],
                    "policies": frozenset(self.policies.get(device.leaf.sha256, ())),
                }
                for device in devices
                if device.leaf.sha256 in self.certificates
            }
        return RemoteView(states)

    def plan_device(self, device, view):
        key = device.leaf.sha256
        state = view.states.get(key)
        name = f"thing-{device.record.device_id}"
        if state is None:
            calls = (("Register", ""), ("AttachPolicy", "fleet"))
            return DevicePlan(device, key, name, Disposition.REGISTER, (), calls)
        if state["status"] != "ACTIVE":
            why = (f"is {state['status']}",)
            return DevicePlan(device, key, name, Disposition.DIFFERENT, why, ())
        if "fleet" not in state["policies"]:
            why, calls = ("policy fleet is missing",), (("AttachPolicy", "fleet"),)
            return DevicePlan(device, key, name, Disposition.COMPLETE, why, calls)
        return DevicePlan(device, key, name, Disposition.RIGHT, (), ())

    def steps(self, plan):
        return tuple(Step(name, subject, {"key": plan.key}) for name, subject in plan.calls)

    def undo_steps(self, device):
        return tuple(
            Step(UNDO[name], subject, {"key": device.key})
            for name, subject in reversed(device.steps)
        )

    def left(self, device):
        return ()

    def perform(self, step):
        with self._lock:
            self.calls[step.operation] += 1
            self.log.append((step.operation, step.request["key"]))
        self.before(step)
        with self._lock:
            result = getattr(self, f"_{step.operation.lower()}")(step, step.request["key"])
        self.after(step)
        return result

    def _register(self, step, key):
        if key not in self.certificates:
            self.certificates[key] = "ACTIVE"
            self.effects[key] += 1
            return DoneStep()
        if self.certificates[key] == "ACTIVE":
            return DoneStep(already=True)
        return AttentionStep(f"is {self.certificates[key]}")

    def _attachpolicy(self, step, key):
        assert key in self.certificates, "a policy needs its certificate first"
        self.policies.setdefault(key, set()).add(step.subject)
        return DoneStep()

    def _detachpolicy(self, step, key):
        self.policies.get(key, set()).discard(step.subject)
        return DoneStep()

    def _delete(self, step, key):
        assert not self.policies.get(key), "policies must be detached first"
        return DoneStep(already=self.certificates.pop(key, None) is None)
