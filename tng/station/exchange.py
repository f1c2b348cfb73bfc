"""What the lines of a port mean, from a device's request to its last word.

Makes no call and reads no port: who owns the port and the issuer (`tng.station.bench`) does.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from tng.csr.issuing import IssuedCertificate
from tng.csr.model import RequestOutcome
from tng.csr.reading import read_request
from tng.csr.text import Found, FoundProblem, RequestScanner
from tng.decode.text.lines import Line
from tng.decode.text.marks import is_boundary
from tng.decode.text.pem import strip_time_stamp
from tng.models import Source
from tng.station.naming import ToldSerial
from tng.station.words import Complaint, Confirmation, SerialNumber, UnusableSerial, read_word

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
        self._serial = ToldSerial()
        self._scanner = RequestScanner(set())
        self._is_fresh = True
        self._progress_at_blank: int | None = None

    @property
    def told_serial(self) -> str:
        """The serial number that was told and no request came for yet; empty for none."""
        return self._serial.unclaimed

    @property
    def is_paused(self) -> bool:
        """Whether nothing of a request came after an empty line in it, and it is not complete.

        It may be at its end, or another task has printed an empty line.
        """
        progress = self._scanner.progress
        return progress is not None and progress == self._progress_at_blank

    def feed(self, line: Line) -> Iterator[Event]:
        """What is complete with this line."""
        if is_boundary(line.text):
            yield from self._boot()
            return
        word = read_word(line.text)
        if word is not None:
            self._is_fresh = False
        match word:
            case SerialNumber() | UnusableSerial():
                self._serial.tell(word)
                return
            case Confirmation() | Complaint():
                yield word
                return
        if not strip_time_stamp(f"{line.text.strip()} ").strip():
            yield from self._blank()
            return
        if _BEGIN.search(line.text):
            self._is_fresh = False
            self._progress_at_blank = None
            yield Began()
        for found in self._scanner.feed(line):
            yield self._event(found)

    def end_device(self) -> None:
        """The device is gone: what it told of itself is not the next one's."""
        self._serial.end_device()

    def finish(self) -> Iterator[Event]:
        """What an end of all lines completes: a request whose END line got lost."""
        for found in self._scanner.finish():
            yield self._event(found)

    def _boot(self) -> Iterator[Event]:
        self._scanner = RequestScanner(set())
        self._serial.forget()
        if not self._is_fresh:
            # A boot has several lines that look like its beginning.
            self._is_fresh = True
            yield Restarted()

    def _blank(self) -> Iterator[Event]:
        # Before any base64 the request has only begun: there is nothing that could be incomplete.
        if not self._scanner.progress or self.is_paused:
            return
        for found in self._scanner.end_if_whole():
            yield self._event(found)
        self._progress_at_blank = self._scanner.progress

    def _event(self, found: Found) -> Event:
        if isinstance(found, FoundProblem):
            return Garbled(found.message)
        return Asked(
            self._serial.name(read_request(found.data, Source(self._port, line=found.line)))
        )


def judge_word(
    word: Confirmation | Complaint, issued: IssuedCertificate, sha256: str
) -> tuple[str, str]:
    """Why the device failed, and the next step; both empty where it repeats the digest."""
    if isinstance(word, Complaint):
        return judge_complaint(word)
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


def judge_complaint(word: Complaint) -> tuple[str, str]:
    """Why the device failed that says so itself, and the next step."""
    return f"the device says: {word.reason}", "Look at the device's own log."
