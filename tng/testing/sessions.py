"""Console sessions, logs and lists of several chips, as tools and people leave them.

The notation of a single object is in `tng.testing.dumps`.
"""

import csv
import io
import json
from base64 import b64encode
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from tng.testing.certificates import pem
from tng.testing.nxp import ChipCertificate

_BLUE = "\x1b[0;34m"
_RESET = "\x1b[0m"
_BOOT = (
    "rst:0x1 (POWERON_RESET),boot:0x13 (SPI_FAST_FLASH_BOOT)",
    "I (29) boot: ESP-IDF v4.4 2nd stage bootloader",
    "I (375) cpu_start: Starting scheduler on PRO CPU.",
)
_INTERLEAVED = "I (1042) wifi:connected with test-net, aid = 1, channel 6"
_CUT_MARK = "...."
_CUT_AFTER = 4
_FAILED_BODY = "AAAAAA=="
"""What the firmware prints where the object could not be read: base64 of four zero octets."""


@dataclass(frozen=True, slots=True)
class SerialStyle:
    """How a serial console shows a log.

    ``doubled_returns`` ends the PEM's lines CR CR LF; ``colours`` adds ANSI sequences;
    ``time_stamps`` puts one before every line, as serial monitors do; ``interleaved``
    lets another task log into the middle of each PEM block; ``uid`` prints UID blocks.
    """

    doubled_returns: bool = True
    colours: bool = True
    time_stamps: bool = False
    interleaved: bool = False
    uid: bool = True


ESP32_STYLE = SerialStyle()
PLAIN_STYLE = SerialStyle(doubled_returns=False, colours=False)
NOISY_STYLE = SerialStyle(time_stamps=True, interleaved=True)


def serial_log(chips: Iterable[ChipCertificate], style: SerialStyle = ESP32_STYLE) -> bytes:
    """An ESP32 log: each chip boots, prints its certificate and its UID."""
    log = _Log(style)
    for chip in chips:
        log.boot(chip.object_id)
        log.certificate(pem(chip.certificate).splitlines())
        log.identity(chip.uid)
    return log.octets()


def failed_serial_log(chip: ChipCertificate, style: SerialStyle = ESP32_STYLE) -> bytes:
    """A log in which reading the object failed: the PEM body is ``AAAAAA==``."""
    log = _Log(style)
    log.boot(chip.object_id)
    log.certificate(["-----BEGIN CERTIFICATE-----", _FAILED_BODY, "-----END CERTIFICATE-----"])
    log.identity(chip.uid)
    return log.octets()


def truncated_serial_log(chip: ChipCertificate, style: SerialStyle = ESP32_STYLE) -> bytes:
    """A log from which somebody cut the middle of the PEM block and left dots."""
    lines = pem(chip.certificate).splitlines()
    log = _Log(style)
    log.boot(chip.object_id)
    log.certificate([*lines[:_CUT_AFTER], _CUT_MARK, *lines[-_CUT_AFTER:]])
    log.identity(chip.uid)
    return log.octets()


def unfinished_serial_log(chip: ChipCertificate, style: SerialStyle = ESP32_STYLE) -> bytes:
    """A log that ends in the middle of the PEM block."""
    log = _Log(style)
    log.boot(chip.object_id)
    log.certificate(pem(chip.certificate).splitlines()[:_CUT_AFTER])
    return log.octets()


class _Log:
    """Lines of a serial console in one style."""

    def __init__(self, style: SerialStyle) -> None:
        self._style = style
        self._lines: list[bytes] = []

    def boot(self, object_id: str) -> None:
        for line in _BOOT:
            self._add(line)
        self._application("PlugAndTrust_v04.02.00_20220524")
        self._add(f"cert object ID: {object_id}")

    def certificate(self, lines: Sequence[str]) -> None:
        middle = len(lines) // 2 if self._style.interleaved else -1
        for number, line in enumerate(lines):
            if number == middle:
                self._add(_INTERLEAVED)
            doubled = self._style.doubled_returns and 0 < number < len(lines) - 2
            self._add(line, b"\r\r\n" if doubled else b"\r\n")

    def identity(self, uid: str) -> None:
        if self._style.uid:
            self._add("-----BEGIN UID-----")
            self._add(b64encode(bytes.fromhex(uid)).decode())
            self._add("-----END UID-----")
        self._application("ex_sss Finished")

    def octets(self) -> bytes:
        return b"".join(self._lines)

    def _application(self, text: str) -> None:
        line = f"App   :INFO :{text}"
        self._add(f"{_BLUE}{line}{_RESET}" if self._style.colours else line)

    def _add(self, line: str, end: bytes = b"\r\n") -> None:
        if self._style.time_stamps:
            tenths = len(self._lines)
            line = f"[10:15:{tenths // 10 % 60:02d}.{tenths % 10}00] {line}"
        self._lines.append(line.encode() + end)


def ssscli_session(chip: ChipCertificate) -> bytes:
    """A terminal session: connect, ``uid``, ``get cert`` to a file, ``cat``, a failed read."""
    object_id = f"0x{chip.object_id.upper()}"
    return "\n".join(
        (
            "$ ssscli connect se05x t1oi2c none",
            "$ ssscli se05x uid",
            f"INFO:sss.se05x:{chip.uid}",
            f"Unique ID: {chip.uid}",
            f"$ ssscli get cert {object_id} device.pem --format PEM",
            f"Getting Certificate from KeyID = {object_id}",
            f"Retrieved Certificate from KeyID = {object_id}",
            "$ cat device.pem",
            *pem(chip.certificate).splitlines(),
            "$ ssscli get cert 0xF0000121 rsa.pem",
            "Getting Certificate from KeyID = 0xF0000121",
            "ERROR! Could not retrieve Certificate from KeyID 0xF0000121 ",
            "$ ssscli disconnect",
            "",
        )
    ).encode()


def edgelock_2go(chips: Iterable[ChipCertificate]) -> bytes:
    """What EdgeLock 2GO delivers: a JSON list, base64 DER, the UID as a decimal number."""
    return json.dumps(
        [
            {
                "deviceId": str(int(chip.uid, 16)),
                "deviceCertificates": [
                    {
                        "certificateLabel": f"certificate-0x{chip.object_id.upper()}",
                        "certificate": b64encode(chip.certificate).decode(),
                    }
                ],
                "intermediateCAs": [b64encode(issuer).decode() for issuer in chip.issuers],
            }
            for chip in chips
        ],
        indent=1,
    ).encode()


def csv_table(chips: Iterable[ChipCertificate], *, as_pem: bool = False) -> bytes:
    """A table with the columns ``uid``, ``object`` and ``certificate`` (base64 DER, or PEM)."""
    text = io.StringIO(newline="")
    writer = csv.writer(text)
    writer.writerow(("uid", "object", "certificate"))
    for chip in chips:
        encoded = pem(chip.certificate) if as_pem else b64encode(chip.certificate).decode()
        writer.writerow((chip.uid, chip.object_id, encoded))
    return text.getvalue().encode()
