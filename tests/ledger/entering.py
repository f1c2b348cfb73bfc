"""Devices and entries for a ledger."""

from contextlib import nullcontext

from tng.ledger import DeviceState, Direction, EnrolledDevice
from tng.plan.models import TargetDescription

EU = TargetDescription("eu", "aws", "111111111111", "eu-central-1")
US = TargetDescription("us", "aws", "222222222222", "us-east-1")
KEY = "ab" * 32


def enroll(
    ledger, *keys, target=EU, command="tng register m.json", state=DeviceState.PENDING, held=False
):
    """Enroll devices in a run of their own; ``held`` says that the target is held already."""
    run = ledger.begin_run(command)
    with nullcontext() if held else ledger.hold(target):
        devices = [EnrolledDevice(key, f"id-{key[:4]}", f"thing-{key[:4]}", state) for key in keys]
        ledger.enroll(run, target.key, devices, Direction.REGISTER)
    return run


def record(ledger, *entries, direction=Direction.REGISTER):
    ledger.record(EU.key, KEY, direction, entries)
