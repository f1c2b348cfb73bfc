"""What went through the front: one record a call, and the questions that tests ask of them.

Secrets are not kept: of a request its path, the principal header and the body of an IoT
call, never the ``Authorization`` header.
"""

import base64
import binascii
import hashlib
import re
import threading
from collections import Counter, deque
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from tng.sandbox.operations import Operation, read_parameters

DEFAULT_LIMIT = 200_000
LOST = 0
"""The status of a call whose caller got no answer."""

_PEM = re.compile(r"-----BEGIN CERTIFICATE-----([A-Za-z0-9+/=\s]+)-----END CERTIFICATE-----")


@dataclass(frozen=True, slots=True)
class CallRecord:
    """One call as the front saw it.

    ``time`` is the monotonic second it arrived; ``status`` what was sent back (`LOST`:
    nothing); ``cloud_status`` what the emulator said, ``None`` if it was never asked.
    """

    time: float
    account: str
    region: str
    operation: Operation
    status: int
    cloud_status: int | None
    target: str
    principal: str
    body: bytes

    @property
    def took_effect(self) -> bool:
        """Whether the cloud did what was asked, whatever the caller learned."""
        return self.cloud_status is not None and 200 <= self.cloud_status < 300

    @property
    def parameters(self) -> Mapping[str, str]:
        """The textual parameters; for a certificate sent as PEM also its ``certificateId``."""
        headers = {"x-amzn-principal": self.principal} if self.principal else {}
        found = read_parameters(self.target, headers, self.body, self.operation.name)
        pem = found.get("certificatePem", "")
        if pem and "certificateId" not in found:
            found["certificateId"] = certificate_id(pem)
        return found


def certificate_id(pem: str) -> str:
    """AWS's id of a certificate: SHA-256 of the DER in lower hex; empty if it is no PEM."""
    found = _PEM.search(pem)
    if found is None:
        return ""
    try:
        return hashlib.sha256(base64.b64decode(found[1])).hexdigest()
    except binascii.Error:
        return ""


class CallLog:
    """The calls in order of their answers; the oldest are dropped beyond ``limit``."""

    def __init__(self, limit: int = DEFAULT_LIMIT) -> None:
        self._lock = threading.Lock()
        self._records: deque[CallRecord] = deque(maxlen=limit)
        self._counts: Counter[str] = Counter()

    def add(self, record: CallRecord) -> None:
        """Append a call."""
        with self._lock:
            self._records.append(record)
            self._counts[record.operation.name] += 1

    def clear(self) -> None:
        """Forget all calls."""
        with self._lock:
            self._records.clear()
            self._counts.clear()

    @property
    def total(self) -> int:
        """Number of calls since the start, dropped ones too."""
        return self._counts.total()

    def __iter__(self) -> Iterator[CallRecord]:
        with self._lock:
            return iter(tuple(self._records))

    def __len__(self) -> int:
        return len(self._records)

    def calls(self, operation: str, account: str | None = None) -> tuple[CallRecord, ...]:
        """Calls of one operation, of all accounts or of one."""
        return tuple(
            record
            for record in self
            if record.operation.name == operation and account in (None, record.account)
        )

    def writes(self) -> tuple[CallRecord, ...]:
        """Calls that may have changed something, refused ones included."""
        return tuple(record for record in self if record.operation.writes)

    def counts(self) -> Counter[str]:
        """Number of calls by operation, dropped ones too."""
        with self._lock:
            return self._counts.copy()

    def registrations(self) -> Counter[tuple[str, str, str]]:
        """How often each (account, region, certificate id) was really registered.

        More than one means that the cloud made it twice: never right.
        """
        return Counter(
            (record.account, record.region, record.parameters.get("certificateId", ""))
            for record in self.calls("RegisterCertificateWithoutCA")
            if record.took_effect
        )

    def peak_rate(self, operation: str, account: str, region: str) -> int:
        """Most calls of an operation within any one second, refused ones included."""
        times = sorted(
            record.time for record in self.calls(operation, account) if record.region == region
        )
        peak = start = 0
        for end, time in enumerate(times):
            while time - times[start] >= 1.0:
                start += 1
            peak = max(peak, end - start + 1)
        return peak
