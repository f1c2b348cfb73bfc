"""The stand-in of Azure DPS in a process of its own, so that its CPU time is not the client's."""

from collections import Counter
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from multiprocessing.connection import Connection
from pathlib import Path

from bench.stand_in import StandIn
from tng.sandbox.dps.quotas import UNLIMITED, DpsQuota
from tng.sandbox.dps.sandbox import POLICY, DpsSandbox, RunningDps

_THROTTLED = 429
_FORGET, _TALLY = "forget", "tally"


@dataclass(frozen=True, slots=True)
class Place:
    """Where the stand-in is, and the key that it takes."""

    host: str
    policy: str
    key: str
    ca_file: Path

    @property
    def connection_string(self) -> str:
        """As the portal shows it."""
        return f"HostName={self.host};SharedAccessKeyName={self.policy};SharedAccessKey={self.key}"


@dataclass(frozen=True, slots=True)
class Tally:
    """What the stand-in has seen since it was emptied.

    ``creations`` is how often each certificate that it holds was created, by the SHA-256 in
    lower hex; ``calls`` counts all calls by operation, ``throttled`` those answered with 429.
    """

    creations: Mapping[str, int]
    calls: Counter[str]
    throttled: Counter[str]


class DpsProcess(StandIn):
    """A context manager: the process lives as long as the block; ``place`` is where it is."""

    def __init__(self) -> None:
        super().__init__(_serve)

    def begun(self, said: Place) -> None:
        """Take the place."""
        self.place = said

    def empty(self, quota: DpsQuota) -> None:
        """Forget every enrollment and call, and hold ``quota`` from now, with a full bucket."""
        self.ask(quota)

    def forget_calls(self) -> None:
        """Forget the calls alone, and hold no quota."""
        self.ask(_FORGET)

    def tally(self) -> Tally:
        """What there is now."""
        tally: Tally = self.ask(_TALLY)
        return tally


def _serve(pipe: Connection) -> None:
    with DpsSandbox(quota=UNLIMITED) as running:
        instance = running.instances[0]
        pipe.send(Place(instance.hosts[0], POLICY, instance.keys[POLICY], running.ca_file))
        with suppress(EOFError):
            while True:
                pipe.send(_obey(running, pipe.recv()))


def _obey(running: RunningDps, command: object) -> Tally | None:
    if isinstance(command, DpsQuota):
        _empty(running, command)
    elif command == _FORGET:
        running.server.limit(UNLIMITED)
        running.server.log.clear()
    elif command == _TALLY:
        return _tally(running)
    return None


def _empty(running: RunningDps, quota: DpsQuota) -> None:
    state = running.state.instances[0]
    with state.lock:
        state.enrollments.clear()
        state.creations.clear()
    running.server.log.clear()
    running.server.limit(quota)


def _tally(running: RunningDps) -> Tally:
    state = running.state.instances[0]
    with state.lock:
        creations = {
            enrollment.sha256: state.creations[name]
            for name, enrollment in state.enrollments.items()
        }
    log = running.server.log
    throttled = Counter(record.operation.name for record in log if record.status == _THROTTLED)
    return Tally(creations, log.counts(), throttled)
