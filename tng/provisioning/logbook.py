"""One run's entries in the ledger about devices that ask, and who else may work on them.

It writes down what it is told and judges nothing.
"""

import random
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from hashlib import sha256

from tng.apply.rate import Clock
from tng.apply.stopping import StopSignal
from tng.csr.model import RequestedDevice
from tng.errors import LedgerError
from tng.ledger import DeviceState, Direction, EnrolledDevice, HeldElsewhereError, Ledger
from tng.ledger.interface import Entry
from tng.plan.models import TargetDescription
from tng.plan.shard import Shard

SHARDS = 64
"""Devices are held by key and by name, so that several benches share a ledger, and one key and one
name have one of them."""

_PAUSE_SECONDS = (0.05, 0.2)
_GRACE_SECONDS = 10.0
"""How much longer than a device may take another bench is waited for that has the same key."""


class Logbook:
    """The part of a ``ledger`` that is about one ``target``; from `begin` to `finish` a run."""

    def __init__(
        self, ledger: Ledger, target: TargetDescription, stop: StopSignal, clock: Clock
    ) -> None:
        self.ledger = ledger
        self.target = target
        self._stop = stop
        self._clock = clock
        self._run = 0

    def begin(self, command: str) -> None:
        """Begin the run; ``command`` is what goes on, without secrets."""
        self._run = self.ledger.begin_run(command)

    def finish(self, result: str) -> None:
        """End it; ``result`` is an exit code's name."""
        self.ledger.finish_run(self._run, result)

    def enroll(
        self,
        device: RequestedDevice,
        state: DeviceState,
        *,
        thing: str = "",
        reason: str = "",
        name: str = "",
    ) -> None:
        """Where the device stands; ``name`` is what the ledger calls it, else its own id."""
        called = name or device.record.device_id
        enrolled = EnrolledDevice(device.request.key, called, thing, state, reason)
        self.ledger.enroll(self._run, self.target.key, [enrolled], Direction.REGISTER)

    def record(self, device: RequestedDevice, *entries: Entry) -> None:
        """Entries of one device, all or none."""
        self.ledger.record(self.target.key, device.request.key, Direction.REGISTER, entries)

    @contextmanager
    def held(self, device: RequestedDevice, seconds: float) -> Iterator[None]:
        """Keep other benches off the key and off the name of the device.

        Another one is waited for as long as a device may take, which is ``seconds``. Raises
        `LedgerError`.
        """
        deadline = self._clock() + seconds + _GRACE_SECONDS
        with ExitStack() as held:
            while True:
                try:
                    held.enter_context(self._tried(device))
                    break
                except HeldElsewhereError:
                    if self._clock() > deadline:
                        raise
                pause = random.uniform(*_PAUSE_SECONDS)  # noqa: S311 - nothing secret
                if self._stop.wait(pause):
                    raise LedgerError("interrupted", "Run the same command again.")
            yield

    def _tried(self, device: RequestedDevice) -> ExitStack:
        """Both or none: two benches would wait for each other's for ever."""
        with ExitStack() as tried:
            for shard in _shards(device):
                tried.enter_context(self.ledger.hold(self.target, shard))
            return tried.pop_all()


def _shards(device: RequestedDevice) -> list[Shard]:
    """That of its name, and at last that of its key, by which the ledger has it."""
    name = sha256(device.record.device_id.encode("utf-8", "surrogatepass")).hexdigest()
    numbers = {int(digits, 16) % SHARDS + 1: None for digits in (name, device.request.key)}
    return [Shard(number, SHARDS) for number in numbers]
