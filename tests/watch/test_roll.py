"""What is remembered of devices: estimates, stragglers, memory."""

import time
import tracemalloc

import pytest

from tests.apply.fake_time import FakeTime
from tng.clouds.interface import Sighting, Standing
from tng.watch import WatchedDevice
from tng.watch.roll import MAX_TEXT, Roll


def roll(count, clock):
    devices = [WatchedDevice(str(n), f"sn{n}", float(n)) for n in range(count)]
    return Roll(devices, clock, 5)


def test_there_is_no_estimate_until_all_are_seen_and_something_happens():
    fake = FakeTime()
    devices = roll(4, fake.clock)
    unassigned, assigned = Sighting(Standing.UNASSIGNED), Sighting(Standing.ASSIGNED)
    for position in range(3):
        devices.seen(position, unassigned)
    assert devices.count().left is None
    devices.seen(3, assigned)
    devices.round_ended()
    fake.now += 10
    assert devices.count().left is None, "what was assigned before is no rate"
    devices.seen(0, assigned)
    assert devices.count().rate == pytest.approx(0.1)
    assert devices.count().left == pytest.approx(20)
    fake.now += 400
    assert devices.count().left is None, "nothing happens any more"


def test_a_device_that_failed_is_not_part_of_the_estimate():
    fake = FakeTime()
    devices = roll(3, fake.clock)
    for position in range(3):
        devices.seen(position, Sighting(Standing.UNASSIGNED))
    devices.round_ended()
    fake.now += 10
    devices.seen(0, Sighting(Standing.ASSIGNED))
    devices.seen(1, Sighting(Standing.FAILED))
    devices.seen(2, Sighting(Standing.DISABLED))
    assert devices.count().left is None
    assert devices.longest() == WatchedDevice("1", "sn1", 1.0)


def test_stragglers_come_first_those_registered_first_before():
    devices = roll(4, FakeTime().clock)
    for position in (0, 2):
        devices.seen(position, Sighting(Standing.ASSIGNED))
    assert [sight.device.device_id for sight in devices.sights()] == ["1", "3", "0", "2"]


def test_texts_of_the_cloud_are_cut():
    devices = roll(1, FakeTime().clock)
    devices.seen(0, Sighting(Standing.FAILED, *["x" * 10_000] * 4))
    (sight,) = devices.sights()
    assert sight.sighting == Sighting(Standing.FAILED, *["x" * MAX_TEXT] * 4)


def test_a_million_devices_would_fit():
    count = 20_000
    tracemalloc.start()
    devices = Roll(
        (WatchedDevice(f"0123{n:014x}", f"sn0123{n:014x}", float(n)) for n in range(count)),
        time.monotonic,
        5,
    )
    for position in range(count):
        devices.seen(
            position,
            Sighting(
                Standing.ASSIGNED, "hub.azure-devices.net", f"sn0123{position:014x}",
                f"2026-11-21T12:00:00.{position:07}Z",
            ),
        )  # fmt: skip
    used, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert used / count < 700, "octets a device"
