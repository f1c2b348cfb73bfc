"""The bench: one device after another at a port, each with a deadline and one result.

A device that begins anew (a reset, the same request again) gets the same certificate again from
the issuer. Whatever one device does, the next one has its turn.
"""

import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass

from tng.apply.stopping import StopSignal
from tng.csr.issuing import IssuedCertificate, Issuer, IssuingRefused
from tng.csr.model import RequestedDevice, RequestOutcome
from tng.models import RejectedDevice, Undecodable
from tng.provisioning.result import DeviceResult, request_trouble
from tng.station.errors import PortLostError
from tng.station.exchange import (
    Asked,
    Began,
    DeviceReader,
    Event,
    Garbled,
    Restarted,
    judge_word,
)
from tng.station.port import SerialPort
from tng.station.words import Complaint, Confirmation, certificate_answer, error_answer
from tng.x509.certificate import Certificate, CertificateError
from tng.x509.pem import read_certificate_file, to_pem

_SLICE_SECONDS = 0.2
_QUIET_SECONDS = 0.5
"""From a garbled request to telling the device: it may be printing the next one already."""
MAX_RESTARTS = 10
"""Of one device, with requests that it repeats: more, and it is not going to get anywhere."""


@dataclass(frozen=True, slots=True)
class BenchOptions:
    """``answer_seconds`` is how long a device may take for its request or its last word.

    The bench ends after ``count`` devices; 0 is for ever.
    """

    answer_seconds: float = 30.0
    count: int = 0


@dataclass(slots=True)
class _Device:
    """The device that is being served."""

    started: float
    deadline: float
    asked: RequestedDevice | None = None
    issued: IssuedCertificate | None = None
    sha256: str = ""
    garbled: str = ""
    tell_at: float | None = None
    restarts: int = 0


class Bench:
    """Serves the devices at one port. ``tell`` is called with sentences for a person.

    After `results`, ``fatal`` is the refusal that ended it, ``None`` where none did.
    """

    def __init__(
        self,
        port: SerialPort,
        issuer: Issuer,
        options: BenchOptions,
        stop: StopSignal,
        *,
        tell: Callable[[str], None],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.fatal: IssuingRefused | None = None
        self._port = port
        self._issuer = issuer
        self._options = options
        self._stop = stop
        self._tell = tell
        self._clock = clock
        self._reader = DeviceReader(port.settings.name)
        self._device: _Device | None = None
        self._number = 0

    def results(self) -> Iterator[DeviceResult]:
        """One result for each device, as they come, until the count is reached or it is stopped.

        A stop ends it between two devices. Raises what the issuer raises.
        """
        while not self._is_over():
            try:
                yield from self._step()
            except PortLostError as error:
                yield from self._lost(error)
                if not self._port.wait_until_back():
                    return
                self._tell(f"{self._port.settings.name} is back")

    def _is_over(self) -> bool:
        if self.fatal is not None or (self._options.count and self._number >= self._options.count):
            return True
        return self._stop.is_set() and self._device is None

    def _step(self) -> Iterator[DeviceResult]:
        line = self._port.read_line(_SLICE_SECONDS)
        if line is not None:
            for event in self._reader.feed(line):
                yield from self._take(event)
                if self._is_over():
                    return
        yield from self._due()

    def _due(self) -> Iterator[DeviceResult]:
        """What the time demands: to tell a device of its garbled request, or to give it up."""
        device = self._device
        if device is None:
            return
        now = self._clock()
        if device.tell_at is not None and now >= device.tell_at:
            device.tell_at = None
            self._port.write(error_answer(f"request unreadable: {device.garbled}"))
        if now >= device.deadline:
            # Perhaps only the END line got lost.
            for event in self._reader.finish():
                yield from self._take(event)
            if self._device is device and now >= device.deadline:
                yield self._result(*_silence(device))

    def _take(self, event: Event) -> Iterator[DeviceResult]:
        match event:
            case Restarted():
                yield from self._restarted()
            case Garbled(message):
                device = self._begun()
                device.garbled = message
                device.tell_at = self._clock() + _QUIET_SECONDS
            case Began():
                self._begun()
            case Asked(outcome):
                yield from self._asked(outcome)
            case Confirmation() | Complaint():
                yield from self._word(event)

    def _restarted(self) -> Iterator[DeviceResult]:
        device = self._device
        if device is None:
            return
        if self._is_once_more(device):
            yield self._result("the device resets again and again", "Look at its power and log.")
            return
        self._tell("the device was reset: it begins anew")
        device.garbled, device.tell_at = "", None
        device.issued = None
        device.deadline = self._clock() + self._options.answer_seconds

    def _is_once_more(self, device: _Device) -> bool:
        """Count a device's beginnings, each of which gets it time; true for one too many."""
        device.restarts += 1
        return device.restarts > MAX_RESTARTS

    def _begun(self) -> _Device:
        """The device that is being served; a new one if there is none."""
        if self._device is None:
            now = self._clock()
            self._device = _Device(now, now + self._options.answer_seconds)
        return self._device

    def _asked(self, outcome: RequestOutcome) -> Iterator[DeviceResult]:
        before = self._device
        if before is not None and before.asked is not None and not _is_same(before.asked, outcome):
            yield self._result("another device came before this one had confirmed", _LATE)
            if self._is_over():
                return
        device = self._begun()
        if not isinstance(outcome, RequestedDevice):
            yield from self._refused_request(outcome)
            return
        if device.issued is not None and self._is_once_more(device):
            reason = "the device asks again and again"
            with suppress(PortLostError):
                self._port.write(error_answer(reason))
            yield self._result(reason, "Look at the device's own log.")
            return
        device.asked = outcome
        device.garbled, device.tell_at = "", None
        answer = self._issuer.issue(outcome)
        if isinstance(answer, IssuingRefused):
            with suppress(PortLostError):
                self._port.write(error_answer(answer.reason))
            if answer.fatal:
                self.fatal = answer
            yield self._result(answer.reason, answer.hint)
            return
        leaf = _leaf(answer)
        device.issued = answer
        if leaf is None:
            yield self._result("the certificate that was made cannot be read", _UNREADABLE)
            return
        device.sha256 = leaf.sha256
        self._port.write(certificate_answer(to_pem(leaf.der), leaf.sha256))
        device.deadline = self._clock() + self._options.answer_seconds

    def _refused_request(self, outcome: RejectedDevice | Undecodable) -> Iterator[DeviceResult]:
        reason, hint = request_trouble(outcome)
        device_id = outcome.record.device_id if isinstance(outcome, RejectedDevice) else ""
        with suppress(PortLostError):
            self._port.write(error_answer(reason))
        yield self._result(reason, hint, device_id)

    def _word(self, word: Confirmation | Complaint) -> Iterator[DeviceResult]:
        device = self._device
        if device is None or device.issued is None:
            self._tell("a word of a device that is not being served is left out")
            return
        yield self._result(*judge_word(word, device.issued, device.sha256))

    def _lost(self, error: PortLostError) -> Iterator[DeviceResult]:
        self._tell(f"{self._port.settings.name} went away ({error}); waiting for it to come back")
        self._reader = DeviceReader(self._port.settings.name)
        if self._device is not None:
            yield self._result(
                "the device was unplugged before it had confirmed",
                "Plug it in again: the same key gets the same certificate.",
            )

    def _result(self, reason: str, hint: str, device_id: str = "") -> DeviceResult:
        """The end of the device that is being served."""
        device, self._device = self._begun(), None
        self._reader.forget_serial()
        self._number += 1
        asked = device.asked
        return DeviceResult(
            number=self._number,
            device_id=asked.record.device_id if asked else device_id,
            key=asked.request.key if asked else "",
            issued=device.issued,
            seconds=self._clock() - device.started,
            reason=reason,
            hint=hint,
        )


def _silence(device: _Device) -> tuple[str, str]:
    """Why a device is given up at its deadline, and the next step."""
    if device.issued is not None:
        return "the device does not confirm the certificate by the deadline", _LATE
    if device.garbled:
        return f"its request cannot be read: {device.garbled}", _NOISE
    if device.restarts:
        return "the device makes no request after its reset", _LATE
    return "its request does not end by the deadline", _NOISE


_LATE = "Run it again with this device; --answer-timeout gives it longer."
_UNREADABLE = "Look at it in the cloud's console."
_NOISE = "Check the baud rate and the line; have the device print its request again."


def _is_same(before: RequestedDevice, outcome: RequestOutcome) -> bool:
    return isinstance(outcome, RequestedDevice) and outcome.request.key == before.request.key


def _leaf(issued: IssuedCertificate) -> Certificate | None:
    """The certificate alone: nothing that an issuer's text has beside it reaches the port."""
    try:
        return read_certificate_file(issued.pem.encode("utf-8"))[0]
    except CertificateError:
        return None
