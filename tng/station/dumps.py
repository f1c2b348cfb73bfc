"""Certificate dumps of an SE05x straight from the port, judged device by device as they come.

Reading is `tng.decode.text`'s, judging the verifier's; known here is only when a device has
said everything: at a boot, or when the port is quiet for a moment.
"""

import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from tng.apply.stopping import StopSignal
from tng.decode.certificates import read_device
from tng.decode.interface import RawEntry
from tng.decode.text.scanner import Boundary, Found, Scanner
from tng.decode.text.sections import Sections
from tng.models import Outcome, RejectedDevice, Undecodable
from tng.station.errors import PortLostError
from tng.station.port import SerialPort
from tng.verify.duplicates import DuplicateIndex, identify
from tng.verify.verifier import Verifier

_SLICE_SECONDS = 0.2
QUIET_SECONDS = 2.0
"""So long after its last line a device has said everything."""


@dataclass(frozen=True, slots=True)
class DumpOptions:
    """Ends when nothing came for ``idle_seconds``, or after ``count`` outcomes; 0 is for ever."""

    idle_seconds: float = 0.0
    count: int = 0


class DumpStation:
    """Reads and judges what comes over one port until it ends; ``stop`` ends it at once."""

    def __init__(
        self,
        port: SerialPort,
        verifier: Verifier,
        options: DumpOptions,
        stop: StopSignal,
        *,
        tell: Callable[[str], None],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._port = port
        self._verifier = verifier
        self._options = options
        self._stop = stop
        self._tell = tell
        self._clock = clock
        self._scanner = Scanner()
        self._sections = Sections(port.settings.name)
        self._heard_at = clock()
        self._lines = 0
        self._is_settled = True

    def outcomes(self) -> Iterator[Outcome]:
        """Every device and every unreadable place, in order; one that came before is rejected."""
        count = 0
        with DuplicateIndex() as index:
            for outcome in self._judged():
                count += 1
                yield _once(outcome, index, count)
                if self._options.count and count >= self._options.count:
                    return

    def _judged(self) -> Iterator[Outcome]:
        for raw in self._entries():
            if isinstance(raw, Undecodable):
                yield raw
                continue
            for decoded in read_device(raw):
                yield decoded if isinstance(decoded, Undecodable) else self._verifier.judge(decoded)

    def _entries(self) -> Iterator[RawEntry | Undecodable]:
        while not self._is_over():
            try:
                yield from self._step()
            except PortLostError as error:
                name = self._port.settings.name
                self._tell(f"{name} went away ({error}); waiting for it to come back")
                yield from self._settle()
                if not self._port.wait_until_back():
                    break
                self._tell(f"{name} is back")
                self._heard_at = self._clock()
        yield from self._add(self._scanner.finish())
        if self._lines:
            yield from self._sections.finish(self._lines)

    def _is_over(self) -> bool:
        idle = self._options.idle_seconds
        return self._stop.is_set() or bool(idle and self._clock() - self._heard_at >= idle)

    def _step(self) -> Iterator[RawEntry | Undecodable]:
        line = self._port.read_line(_SLICE_SECONDS)
        if line is None:
            if not self._is_settled and self._clock() - self._heard_at >= QUIET_SECONDS:
                yield from self._settle()
            return
        self._heard_at, self._is_settled = self._clock(), False
        self._lines += 1
        if line.text.strip():
            yield from self._add(self._scanner.feed(line))

    def _settle(self) -> Iterator[RawEntry | Undecodable]:
        """What comes now is another device's."""
        self._is_settled = True
        yield from self._add(self._scanner.finish())
        yield from self._add((Boundary(),))

    def _add(self, found: Iterable[Found]) -> Iterator[RawEntry | Undecodable]:
        for item in found:
            yield from self._sections.add(item)


def _once(outcome: Outcome, index: DuplicateIndex, number: int) -> Outcome:
    identity = identify(outcome)
    if identity is None or isinstance(outcome, Undecodable):
        return outcome
    duplicate = index.find([(number, identity)]).get(number)
    if duplicate is None:
        return outcome
    return RejectedDevice(outcome.record, (*outcome.findings, duplicate))
