"""Requests from files, provisioned one after another."""

import time
from collections.abc import Callable, Iterable, Iterator

from tng.apply.stopping import StopSignal
from tng.csr.issuing import Issuer, IssuingRefused
from tng.csr.model import RequestedDevice, RequestOutcome
from tng.models import RejectedDevice, Undecodable
from tng.provisioning.result import DeviceResult, request_trouble


class BulkIssue:
    """Asks ``issuer`` for each request; a bad one never stops the others.

    After `results`, ``fatal`` is the refusal that ended it before its end, ``None`` where none did.
    """

    def __init__(
        self, issuer: Issuer, stop: StopSignal, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self.fatal: IssuingRefused | None = None
        self._issuer = issuer
        self._stop = stop
        self._clock = clock

    def results(self, outcomes: Iterable[RequestOutcome]) -> Iterator[DeviceResult]:
        """One result for each request, until one is refused as all would be, or it is stopped."""
        for number, outcome in enumerate(outcomes, start=1):
            if self._stop.is_set():
                return
            yield self._result(number, outcome)
            if self.fatal is not None:
                return

    def _result(self, number: int, outcome: RequestOutcome) -> DeviceResult:
        if not isinstance(outcome, RequestedDevice):
            return _refused(number, outcome)
        begun = self._clock()
        answer = self._issuer.issue(outcome)
        seconds = self._clock() - begun
        device_id, key = outcome.record.device_id, outcome.request.key
        if isinstance(answer, IssuingRefused):
            if answer.fatal:
                self.fatal = answer
            return DeviceResult(
                number, device_id, key, None, seconds, answer.reason, answer.hint,
                attention=answer.attention, may_be_active=answer.may_be_active,
            )  # fmt: skip
        return DeviceResult(
            number, device_id, key, answer, seconds, may_be_active=answer.may_be_active
        )


def _refused(number: int, outcome: RejectedDevice | Undecodable) -> DeviceResult:
    reason, hint = request_trouble(outcome)
    if isinstance(outcome, Undecodable):
        return DeviceResult(number, "", "", None, 0.0, f"{outcome.source}: {reason}", hint)
    record = outcome.record
    text = f"{record.source}: {reason}"
    return DeviceResult(number, record.device_id, "", None, 0.0, text, hint)
