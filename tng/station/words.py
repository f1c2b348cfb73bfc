"""The words between station and device, as docs/station.md has them. Pure.

Whatever a console puts before a word (a time stamp, a log's tag) does not matter.
"""

import re
from dataclasses import dataclass

from tng.report.text import printable

_SERIAL = re.compile(r"\bTNG-SERIAL:[ \t]{0,8}((?:[0-9A-Fa-f]{2}){1,32})(?![0-9A-Za-z])")
_OK = re.compile(r"\bTNG-OK[ \t]{1,8}([0-9A-Fa-f]{64})(?![0-9A-Za-z])")
_FAIL = re.compile(r"\bTNG-FAIL\b[ \t]{0,8}(.{0,200})")
_MAX_REASON = 200


@dataclass(frozen=True, slots=True)
class SerialNumber:
    """``TNG-SERIAL: 0123…``: what the device is called; lower-case hex."""

    text: str


@dataclass(frozen=True, slots=True)
class Confirmation:
    """``TNG-OK <sha256>``: it has stored the certificate of that digest."""

    sha256: str


@dataclass(frozen=True, slots=True)
class Complaint:
    """``TNG-FAIL <reason>``: it has not."""

    reason: str


Word = SerialNumber | Confirmation | Complaint


def read_word(text: str) -> Word | None:
    """What the device says with this line; ``None`` for everything that is no word to us."""
    if found := _SERIAL.search(text):
        return SerialNumber(found[1].lower())
    if found := _OK.search(text):
        return Confirmation(found[1].lower())
    if found := _FAIL.search(text):
        return Complaint(found[1].strip() or "no reason given")
    return None


def certificate_answer(pem: str, sha256: str) -> str:
    """The certificate, as it is sent: its digest, PEM, and an empty line."""
    return f"TNG-CERTIFICATE {sha256}\n{pem.rstrip()}\n\n"


def error_answer(reason: str) -> str:
    """What the device is told where there is no certificate: one line."""
    text = printable(reason)[:_MAX_REASON].encode("ascii", "replace").decode("ascii")
    return f"TNG-ERROR {text}\n"
