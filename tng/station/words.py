"""The words between station and device, as docs/station.md has them. Pure.

Whatever a console puts before a word (a time stamp, a log's tag) does not matter.
"""

import re
from dataclasses import dataclass

from tng.csr.identity import chip_serial_of
from tng.report.text import printable

MAX_SERIAL = 64
"""Characters of a told serial number: those of a common name."""

_SERIAL = re.compile(r"\bTNG-SERIAL:(.{0,200})")
_OK = re.compile(r"\bTNG-OK[ \t]{1,8}([0-9A-Fa-f]{64})(?![0-9A-Za-z])")
_FAIL = re.compile(r"\bTNG-FAIL\b[ \t]{0,8}(.{0,200})")
_MAX_REASON = 200

_NAME = re.compile(r"[0-9A-Za-z][0-9A-Za-z_:-]*")
"""What AWS takes in the name of a thing (CreateThing: ``[a-zA-Z0-9:_-]+``), but no beginning that
is an option or a hidden file."""
_HEX = re.compile(r"[0-9A-Fa-f]+")
_CHIP_DIGITS = 16
"""Hex digits from which on a serial number is a chip's, which is made of whole bytes."""


@dataclass(frozen=True, slots=True)
class SerialNumber:
    """``TNG-SERIAL: M5-00012``: what the device is called; hex of whole bytes in lower case."""

    text: str


@dataclass(frozen=True, slots=True)
class UnusableSerial:
    """``TNG-SERIAL: …`` with something that cannot be a device's id; ``problem`` says why."""

    problem: str


@dataclass(frozen=True, slots=True)
class Confirmation:
    """``TNG-OK <sha256>``: it has stored the certificate of that digest."""

    sha256: str


@dataclass(frozen=True, slots=True)
class Complaint:
    """``TNG-FAIL <reason>``: it has not."""

    reason: str


Word = SerialNumber | UnusableSerial | Confirmation | Complaint


def read_word(text: str) -> Word | None:
    """What the device says with this line; ``None`` for everything that is no word to us."""
    if found := _SERIAL.search(text):
        return _serial(found[1].strip())
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


def _serial(told: str) -> SerialNumber | UnusableSerial:
    shown = repr(told[:MAX_SERIAL])
    if len(told) > MAX_SERIAL:
        return UnusableSerial(f"found more than {MAX_SERIAL} characters, {shown}…")
    if not _NAME.fullmatch(told):
        return UnusableSerial(f"found {shown}, expected letters, digits, '-', '_' and ':'")
    chip = chip_serial_of(told)
    if chip is not None:
        return SerialNumber(chip)
    if not _HEX.fullmatch(told):
        return SerialNumber(told)
    if len(told) % 2 and len(told) >= _CHIP_DIGITS:
        return UnusableSerial(f"found {len(told)} hex digits, {shown}, expected whole bytes")
    return SerialNumber(told if len(told) % 2 else told.lower())
