"""A watchable cloud in memory, and a ledger that has registered its devices."""

import time
from datetime import UTC, datetime

from tests.apply.memory_cloud import MemoryCloud
from tng.apply.calls import Calls
from tng.apply.session import OpenTarget
from tng.apply.stopping import StopSignal
from tng.clouds.interface import Sighting, Standing
from tng.ledger import DeviceMark, DeviceState, Direction, EnrolledDevice, SqliteLedger
from tng.watch import Watch, WatchOptions

HUB = "hub.azure-devices.net"
REGISTERED = datetime(2026, 11, 21, 12, tzinfo=UTC)


class WatchableMemoryCloud(MemoryCloud):
    """Every device is unassigned until `assign`; ``looked`` is called before each look."""

    def __init__(self, calls, name="eu", account="111111111111", rate=1_000_000.0):
        super().__init__(name, account, rate)
        self.caller = calls
        self.standings = {}
        self.looks = []
        self.looked = lambda name: None

    def assign(self, *names, at=""):
        for name in names:
            self.standings[name] = Sighting(Standing.ASSIGNED, HUB, name.upper(), at)

    def sight(self, name):
        return self.caller("GetEnrollment", lambda: self._sight(name))

    def _sight(self, name):
        with self._lock:
            self.looks.append(name)
        self.looked(name)
        return self.standings.get(name, Sighting(Standing.UNASSIGNED))


def names(count):
    return [f"sn{number:04}" for number in range(count)]


def open_target(stop, name="eu", account="111111111111", clock=time.monotonic, **options):
    """A target with a cloud of its own."""
    own = stop.child()
    calls = Calls(stop=own, clock=clock)
    cloud = WatchableMemoryCloud(calls, name, account, **options)
    return OpenTarget(name, cloud, calls, own), cloud


def register(ledger, cloud, device_names, state=DeviceState.DONE):
    """Write into the ledger that these were registered; the chip's id is the name without sn."""
    run = ledger.begin_run("tng register")
    target = cloud.description
    with ledger.hold(target):
        pass
    devices = [
        EnrolledDevice(f"{name:0>64}", name.removeprefix("sn"), name, DeviceState.PENDING)
        for name in device_names
    ]
    ledger.enroll(run, target.key, devices, Direction.REGISTER)
    for device in devices:
        ledger.record(target.key, device.key, Direction.REGISTER, [DeviceMark(state)])


class Watching:
    """A ledger, a stop signal and targets, and the watch over them."""

    def __init__(self, folder, clock=lambda: REGISTERED):
        self.stop = StopSignal()
        self.ledger = SqliteLedger(folder / "ledger.db", clock=clock)
        self.targets = []

    def target(self, name="eu", account="111111111111", devices=0, **options):
        target, cloud = open_target(self.stop, name, account, **options)
        if devices:
            register(self.ledger, cloud, names(devices))
        self.targets.append((target, cloud))
        return cloud

    def watch(self, now=lambda: REGISTERED.timestamp() + 60, clock=time.monotonic, sleep=None,
              **options):  # fmt: skip
        options = {"interval": 0.01, "threads": 2, **options}
        return Watch(
            self.targets, self.ledger, WatchOptions(**options),
            stop=self.stop, now=now, clock=clock, sleep=sleep,
        )  # fmt: skip


def changes(watch):
    """All changes until the watch ends."""
    return [change for batch in watch.batches() for change in batch]
