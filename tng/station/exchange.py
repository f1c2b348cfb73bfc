"""One device at the bench, from its request to its last word. Makes no call and reads no port.

`Exchange` is fed with lines and says what comes next; who owns the port and the issuer
(`tng.station.bench`) does it.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace

from tng.csr.issuing import IssuedCertificate
from tng.csr.model import RequestedDevice, RequestOutcome
from tng.csr.reading import read_request
from tng.csr.text import FoundProblem, FoundRequest, RequestScanner
from tng.decode.text.lines import Line
from tng.decode.text.marks import is_boundary
from tng.models import Source
from tng.station.words import Complaint, Confirmation, SerialNumber, read_word

_BEGIN = re.compile(r"-----BEGIN (?:NEW )?CERTIFICATE REQUEST-----")


@dataclass(frozen=True, slots=True)
class Restarted:
    """The device has begun anew: whatever it had said before is forgotten."""


@dataclass(frozen=True, slots=True)
class Began:
    """It has begun to print a request."""


@dataclass(frozen=True, slots=True)
class Asked:
    """It has made a request, good or bad."""

    outcome: RequestOutcome


@dataclass(frozen=True, slots=True)
class Garbled:
    """It has printed something that should have been a request."""

    message: str


Event = Restarted | Began | Asked | Garbled | Confirmation | Complaint


class DeviceReader:
    """Takes the lines of a port and gives what they mean, in order. Bounded by its scanner."""

    def __init__(self, port: str) -> None:
        self._port = port
        self._serial: str | None = None
        self._scanner = RequestScanner(set())
        self._is_fresh = True

    def feed(self, line: Line) -> Iterator[Event]:
        """What is complete with this line."""
        if is_boundary(line.text):
            self._scanner = RequestScanner(set())
            self._serial = None
            if not self._is_fresh:
                # A boot has several lines that look like its beginning.
                self._is_fresh = True
                yield Restarted()
            return
        match read_word(line.text):
            case SerialNumber(text):
                self._serial = text
                return
            case Confirmation() | Complaint() as word:
                yield word
                return
        if _BEGIN.search(line.text):
            self._is_fresh = False
            yield Began()
        for found in self._scanner.feed(line):
            yield from self._found(found)

    def forget_serial(self) -> None:
        """The device is gone that told its serial number: it is not the next one's."""
        self._serial = None

    def finish(self) -> Iterator[Event]:
        """What an end of all lines completes: a request whose END line got lost."""
        for found in self._scanner.finish():
            yield from self._found(found)

    def _found(self, found: FoundRequest | FoundProblem) -> Iterator[Event]:
        if isinstance(found, FoundProblem):
            yield Garbled(found.message)
            return
        outcome = read_request(found.data, Source(self._port, line=found.line))
        serial, self._serial = self._serial, None
        if isinstance(outcome, RequestedDevice) and serial is not None:
            record = replace(outcome.record, device_id=serial)
            outcome = replace(outcome, record=record)
        yield Asked(outcome)


def judge_word(
    word: Confirmation | Complaint, issued: IssuedCertificate, sha256: str
) -> tuple[str, str]:
    """Why the device failed, and the next step; both empty where it repeats the digest."""
    if isinstance(word, Complaint):
        return f"the device says: {word.reason}", "Look at the device's own log."
    if word.sha256 == sha256:
        return "", ""
    reason = (
        f"the device confirms another certificate: {word.sha256[:16]}… instead of {sha256[:16]}…"
    )
    hint = (
        f"What it has stored is not certificate {issued.certificate_id[:16]}…: check the line, and "
        "how the device puts the PEM together."
    )
    return reason, hint
