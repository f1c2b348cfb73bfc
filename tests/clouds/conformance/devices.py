"""Registering devices step by step, as the engine would, and the faults that it must bear."""

import pytest

from tests.planned_devices import verified
from tng.clouds.interface import DoneStep, RegisteredDevice, ThrottledError, TransientError
from tng.plan.view import RemoteView
from tng.sandbox.faults import LostReply, ServerError, Throttle, When

FAULTS = pytest.mark.parametrize(
    ("effect", "error"),
    [
        pytest.param(Throttle(), ThrottledError, id="throttle"),
        pytest.param(Throttle(1.0), ThrottledError, id="throttle with retry-after"),
        pytest.param(ServerError(500), TransientError, id="500"),
        pytest.param(ServerError(503), TransientError, id="503"),
        pytest.param(LostReply(When.BEFORE), TransientError, id="lost before"),
        pytest.param(LostReply(When.AFTER), TransientError, id="lost after"),
    ],
)
"""What can go wrong with a call, and what the adapter says of it."""


def plan_of(cloud, device):
    return cloud.plan_device(device, cloud.inspect([device]))


def made_by_us(plan) -> RegisteredDevice:
    """What the ledger says after every step of a plan was made."""
    return RegisteredDevice(plan.key, plan.device.record.device_id, plan.name, plan.calls)


def perform_all(cloud, steps):
    """Every step done, one after the other."""
    results = [cloud.perform(step) for step in steps]
    assert all(isinstance(result, DoneStep) for result in results), results
    return results


def registered(cloud, *numbers):
    """The plans of chips that were registered."""
    plans = [plan_of(cloud, verified(number)) for number in numbers]
    for plan in plans:
        perform_all(cloud, cloud.steps(plan))
    return plans


def calls_of(case, step):
    return case.log.calls(case.operation(step.operation))


def plan_of_absent(cloud, number):
    return cloud.plan_device(verified(number), RemoteView({}))
