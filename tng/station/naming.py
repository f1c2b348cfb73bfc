"""What a device is called at the bench: by its signed request, and else by its own word.

TNG-SERIAL is not signed. It names a device only where the request names no chip. Reads no ledger
itself: the issuer does.
"""

from collections.abc import Callable
from dataclasses import replace
from typing import Protocol, runtime_checkable

from tng.csr.identity import chip_serial_of
from tng.csr.model import RequestedDevice, RequestOutcome
from tng.findings import finding
from tng.models import RejectedDevice
from tng.station.words import SerialNumber, UnusableSerial

LEFT_OUT = "csr-serial-left-out"
"""The code of the finding that the device's word is not used."""
MAX_REMEMBERED = 100_000
"""Devices of one session: more than a bench serves in a year."""


class ToldSerial:
    """What TNG-SERIAL said last. It belongs to the device whose request comes after it."""

    def __init__(self) -> None:
        self._word: SerialNumber | UnusableSerial | None = None
        self._key = ""

    @property
    def unclaimed(self) -> str:
        """The serial number that was told and no request came for yet; empty for none."""
        return self._word.text if isinstance(self._word, SerialNumber) and not self._key else ""

    def tell(self, word: SerialNumber | UnusableSerial) -> None:
        """The device says it."""
        self._word, self._key = word, ""

    def forget(self) -> None:
        """A boot: whoever comes now has told nothing."""
        self._word, self._key = None, ""

    def end_device(self) -> None:
        """The device is gone. What a request came for stays with that request's key."""
        if not self._key:
            self.forget()

    def name(self, outcome: RequestOutcome) -> RequestOutcome:
        """The device under its name; rejected where its word cannot be, or is contradicted."""
        if self._word is None or not isinstance(outcome, RequestedDevice):
            return outcome
        if self._key not in ("", outcome.request.key):
            # The word of the device before, which nobody has ended.
            self.forget()
            return outcome
        self._key = outcome.request.key
        return _named(outcome, self._word)


@runtime_checkable
class NamingIssuer(Protocol):
    """An `Issuer` that keeps the name of a key from one session to the next."""

    def known_as(self, key: str) -> str:
        """What the device with the request ``key`` is called, empty where it may be new.

        Raises `LedgerError`.
        """


class SessionNames:
    """What each key was called when it first got its certificate: it keeps that name.

    ``earlier`` tells the name of a key from before this session, empty for none.
    """

    def __init__(self, earlier: Callable[[str], str] = lambda _: "") -> None:
        self._earlier = earlier
        self._names: dict[str, str] = {}

    def recall(self, device: RequestedDevice) -> RequestedDevice:
        """The device under its first name. Raises what ``earlier`` raises."""
        key = device.request.key
        name = self._names.get(key) or self._earlier(key)
        return _called(device, name) if name else device

    def remember(self, device: RequestedDevice) -> None:
        """It has its certificate under this name."""
        self._names.setdefault(device.request.key, device.record.device_id)
        if len(self._names) > MAX_REMEMBERED:
            del self._names[next(iter(self._names))]


def _named(device: RequestedDevice, word: SerialNumber | UnusableSerial) -> RequestOutcome:
    if isinstance(word, UnusableSerial):
        return _rejected(device, "csr-serial-unusable", f"TNG-SERIAL: {word.problem}")
    signed = chip_serial_of(device.request.common_name or "")
    if signed is None:
        return _called(device, word.text)
    if word.text == signed:
        return device
    message = f"TNG-SERIAL tells {word.text}, and the signed request names chip {signed}"
    if chip_serial_of(word.text) is not None:
        return _rejected(device, "csr-serial-contradicted", message)
    return replace(device, findings=(*device.findings, finding(LEFT_OUT, message)))


def _called(device: RequestedDevice, device_id: str) -> RequestedDevice:
    return replace(device, record=replace(device.record, device_id=device_id))


def _rejected(device: RequestedDevice, code: str, message: str) -> RejectedDevice:
    return RejectedDevice(device.record, (*device.findings, finding(code, message)))
