"""The bench: one device after another at a port, each with a deadline and one result.

A device that begins anew (a reset, the same request again) gets the same certificate again from
the issuer. Whatever one device does, the next one has its turn.
"""

import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, replace

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
    judge_complaint,
    judge_word,
)
from tng.station.naming import LEFT_OUT, NamingIssuer, SessionNames
from tng.station.port import SerialPort
from tng.station.served import LATE, EndedDevice, ServedDevice
from tng.station.words import Complaint, Confirmation, certificate_answer, error_answer
from tng.x509.certificate import Certificate, CertificateError
from tng.x509.pem import read_certificate_file, to_pem

_UNREADABLE = "Look at it in the cloud's console."
_SLICE_SECONDS = 0.2
_QUIET_SECONDS = 0.5
"""From a garbled request to telling the device: it may be printing the next one already. So long,
too, after an empty line the rest of a request may come, where another task had printed it."""
MAX_RESTARTS = 10
"""Of one device, with requests that it repeats: more, and it is not going to get anywhere."""


@dataclass(frozen=True, slots=True)
class BenchOptions:
    """``answer_seconds`` is how long a device may take for its request or its last word.

    The bench ends after ``count`` devices; 0 is for ever.
    """

    answer_seconds: float = 30.0
    count: int = 0


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
        self._device: ServedDevice | None = None
        self._ended: EndedDevice | None = None
        self._names = (
            SessionNames(issuer.known_as) if isinstance(issuer, NamingIssuer) else SessionNames()
        )
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
        self._watch_pause()
        yield from self._due()

    def _watch_pause(self) -> None:
        """See whether a request has stopped at an empty line, or goes on behind it."""
        device = self._device
        if device is None:
            return
        if not self._reader.is_paused:
            device.end_at = None
        elif device.end_at is None:
            device.end_at = self._clock() + _QUIET_SECONDS

    def _due(self) -> Iterator[DeviceResult]:
        """What the time demands: to take a request as it is, to tell of it, or to give up."""
        device = self._device
        if device is None:
            return
        now = self._clock()
        if device.tell_at is not None and now >= device.tell_at:
            device.tell_at = None
            self._port.write(error_answer(f"request unreadable: {device.garbled}"))
        if now >= device.deadline or (device.end_at is not None and now >= device.end_at):
            # Perhaps only the END line got lost.
            device.end_at = None
            for event in self._reader.finish():
                yield from self._take(event)
        if self._device is device and now >= device.deadline:
            yield self._result(*device.silence())

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
        if self._ended is not None:
            self._ended.has_rebooted = True
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

    def _is_once_more(self, device: ServedDevice) -> bool:
        """Count a device's beginnings, each of which gets it time; true for one too many."""
        device.restarts += 1
        return device.restarts > MAX_RESTARTS

    def _begun(self) -> ServedDevice:
        """The device that is being served; a new one if there is none."""
        if self._device is None:
            now = self._clock()
            self._device = ServedDevice(now, now + self._options.answer_seconds)
        return self._device

    def _asked(self, outcome: RequestOutcome) -> Iterator[DeviceResult]:
        before = self._device
        if before is not None and before.asked is not None and not _is_same(before.asked, outcome):
            yield self._result("another device came before this one had confirmed", LATE)
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
        yield from self._issue(device, self._recalled(device, outcome))

    def _recalled(self, device: ServedDevice, asked: RequestedDevice) -> RequestedDevice:
        """The device under the name that its key had first; a person is told."""
        known = self._names.recall(asked)
        if device.asked is not None:
            return known
        name, first = asked.record.device_id, known.record.device_id
        if name != first:
            self._tell(f"{name} has the key that is known as {first}: it keeps that id")
        for found in asked.findings:
            if found.code == LEFT_OUT:
                self._tell(found.message)
        return known

    def _issue(self, device: ServedDevice, asked: RequestedDevice) -> Iterator[DeviceResult]:
        device.asked = asked
        device.garbled, device.tell_at = "", None
        answer = self._issuer.issue(asked)
        if isinstance(answer, IssuingRefused):
            with suppress(PortLostError):
                self._port.write(error_answer(answer.reason))
            if answer.fatal:
                self.fatal = answer
            ended = self._result(answer.reason, answer.hint)
            yield replace(ended, attention=answer.attention, may_be_active=answer.may_be_active)
            return
        self._names.remember(asked)
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
        if device is not None and device.issued is not None:
            yield self._result(*judge_word(word, device.issued, device.sha256))
        elif isinstance(word, Complaint) and not self._is_of_ended():
            yield self._result(*judge_complaint(word))
        else:
            self._tell("a word of a device that is not being served is left out")

    def _is_of_ended(self) -> bool:
        """Whether a word is that of the device that had its result last: it gets no second one."""
        ended, now = self._ended, self._clock()
        if ended is None or self._device is not None:
            return False
        if not ended.says(self._reader.told_serial, now):
            return False
        # It may say so every few seconds.
        ended.until = now + self._options.answer_seconds
        return True

    def _lost(self, error: PortLostError) -> Iterator[DeviceResult]:
        self._tell(f"{self._port.settings.name} went away ({error}); waiting for it to come back")
        if self._device is not None:
            yield self._result(
                "the device was unplugged before it had confirmed",
                "Plug it in again: the same key gets the same certificate.",
            )
        self._reader = DeviceReader(self._port.settings.name)
        self._ended = None

    def _result(self, reason: str, hint: str, device_id: str = "") -> DeviceResult:
        """The end of the device that is being served."""
        device, self._device = self._begun(), None
        asked, now = device.asked, self._clock()
        name = asked.record.device_id if asked else device_id or self._reader.told_serial
        self._reader.end_device()
        self._ended = EndedDevice(name, now + self._options.answer_seconds)
        self._number += 1
        return DeviceResult(
            number=self._number,
            device_id=name,
            key=asked.request.key if asked else "",
            issued=device.issued,
            seconds=now - device.started,
            reason=reason,
            hint=hint,
            may_be_active=device.issued.may_be_active if device.issued else (),
        )


def _is_same(before: RequestedDevice, outcome: RequestOutcome) -> bool:
    return isinstance(outcome, RequestedDevice) and outcome.request.key == before.request.key


def _leaf(issued: IssuedCertificate) -> Certificate | None:
    """The certificate alone: nothing that an issuer's text has beside it reaches the port."""
    try:
        return read_certificate_file(issued.pem.encode("utf-8"))[0]
    except CertificateError:
        return None
