"""From named sources to the certificate requests in them, each checked for itself.

`RequestScan` is the front door for files; `read_request` is for who holds one request already.
Only here a `RequestedDevice` is made.
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from io import BytesIO
from itertools import islice
from pathlib import Path
from typing import BinaryIO, cast

from tng.csr.duplicates import RequestedKeys
from tng.csr.identity import read_subject
from tng.csr.model import CertificateRequest, RequestedDevice, RequestOutcome
from tng.csr.proof import (
    KeyUnsupportedError,
    ProofInvalidError,
    ProofUnsupportedError,
    check_proof,
    load_key,
)
from tng.csr.structure import MAX_REQUEST_BYTES, RequestParts, read_parts
from tng.csr.text import Found, FoundRequest, find_requests
from tng.findings import Finding, finding
from tng.models import DeviceRecord, InputSummary, RejectedDevice, Source, Undecodable
from tng.scan.shares import UNREADABLE, UNRECOGNISED, ZIP
from tng.sources import Archive, Input, InputStreamError, open_inputs
from tng.sources.types import Opened
from tng.x509.der import DerError

KIND = "csr"
"""`InputSummary.kind` of an input in which there are requests."""
MAX_REQUESTS = 1_000_000
"""Requests read from one input: a log that repeats itself without end has one too."""
_MAX_DER_BYTES = 4 * MAX_REQUEST_BYTES
"""A request in DER and the padding of the slot that it was read from."""
_MAX_ONE_BYTES = 1024 * 1024
"""One request with everything that a console printed around it."""

_CODES: dict[type[ValueError], str] = {
    KeyUnsupportedError: "csr-key-unsupported",
    ProofUnsupportedError: "csr-signature-unsupported",
    ProofInvalidError: "csr-signature-invalid",
}


class RequestScan:
    """One pass over the named sources; iterate `outcomes` once, then look at ``inputs``.

    ``names`` are files, folders, globs, URLs or ``-`` for ``stdin``; gzip and zip are opened.
    Raises `InputError` on construction if a named source does not exist. ``inputs`` are the
    inputs that were read to their end, with their hashes. Files that are ``apart`` are no
    sources. ``limit`` bounds the requests that are read from one input.
    """

    def __init__(
        self,
        names: Sequence[str],
        stdin: BinaryIO,
        *,
        apart: Sequence[Path] = (),
        limit: int = MAX_REQUESTS,
    ) -> None:
        self.inputs: list[InputSummary] = []
        self._opened = open_inputs(names, stdin, apart=apart)
        self._limit = limit

    def outcomes(self) -> Iterator[RequestOutcome]:
        """What the sources hold, in order; a request whose key came before is rejected."""
        with RequestedKeys() as keys:
            for opened in self._opened:
                for outcome in self._of(opened):
                    yield _once(outcome, keys)

    def _of(self, opened: Opened) -> Iterator[RequestOutcome]:
        if isinstance(opened, Undecodable):
            yield opened
            self.inputs.append(InputSummary(opened.source.file, "", UNREADABLE, 0))
        elif isinstance(opened, Archive):
            self.inputs.append(InputSummary(opened.path, opened.sha256, ZIP, opened.members))
        else:
            counts: Counter[bool] = Counter()
            for outcome in _read_input(opened, self._limit):
                counts[_is_request(outcome)] += 1
                yield outcome
            kind = KIND if counts[True] else UNRECOGNISED
            summary = InputSummary(opened.path, opened.sha256(), kind, counts.total())
            self.inputs.append(summary)


def read_request(octets: bytes, source: Source) -> RequestOutcome:
    """The one request that ``octets`` hold: DER, or PEM or base64 with any text around it.

    Pure; anything but exactly one request is an `Undecodable`. Whether its key came before is not
    known here.
    """
    if len(octets) > _MAX_ONE_BYTES:
        return _undecodable(source, f"{len(octets):,} bytes are no single request")
    if _is_der(octets):
        return _of_der(octets, source)
    others: set[str] = set()
    found = list(islice(find_requests(BytesIO(octets), others), 2))
    if not found:
        return _undecodable(source, _nothing(octets, others))
    if len(found) > 1:
        return _undecodable(source, "more than one request stands there, and one was expected")
    return _of_found(found[0], source)


def _read_input(opened: Input, limit: int) -> Iterator[RequestOutcome]:
    source = Source(opened.path)
    # A `BufferedReader` has all that reading asks of a stream.
    stream = cast("BinaryIO", opened.stream)
    try:
        if _is_der(opened.head):
            yield _of_der(stream.read(_MAX_DER_BYTES + 1), source)
            return
        yield from _read_text(stream, opened, limit)
    except InputStreamError as error:
        yield Undecodable(source, (error.finding,))


def _read_text(stream: BinaryIO, opened: Input, limit: int) -> Iterator[RequestOutcome]:
    others: set[str] = set()
    count = 0
    for found in find_requests(stream, others):
        if count == limit:
            message = f"only the first {limit:,} requests of an input are read"
            yield _undecodable(Source(opened.path, line=found.line), message)
            return
        count += 1
        yield _of_found(found, Source(opened.path, line=found.line))
    if not count and not opened.head.strip(b"\0 \t\r\n"):
        empty = finding("input-empty", "there is nothing in it")
        yield Undecodable(Source(opened.path), (empty,))
    elif not count:
        yield _undecodable(Source(opened.path), _nothing(opened.head, others))


def _is_der(head: bytes) -> bool:
    # 0x30 is the digit 0 as well; what follows it is no character of a text.
    return head[:1] == b"\x30" and head[1:2] in (b"\x81", b"\x82")


def _nothing(head: bytes, others: set[str]) -> str:
    if others:
        labels = ", ".join(sorted(others))
        return f"no certificate request stands there, but: {labels}"
    return f"no certificate request stands there; it begins with {head[:16]!r}"


def _is_request(outcome: RequestOutcome) -> bool:
    return not isinstance(outcome, Undecodable)


def _undecodable(source: Source, message: str) -> Undecodable:
    return Undecodable(source, (finding("csr-unreadable", message),))


def _of_der(data: bytes, source: Source) -> RequestOutcome:
    if len(data) > _MAX_DER_BYTES:
        return _undecodable(source, f"more than {_MAX_DER_BYTES} bytes are no request")
    return _judged(data, source)


def _of_found(found: Found, source: Source) -> RequestOutcome:
    if isinstance(found, FoundRequest):
        return _judged(found.data, source, found.findings)
    return Undecodable(source, (finding(found.code, found.message),))


def _judged(data: bytes, source: Source, notices: tuple[Finding, ...] = ()) -> RequestOutcome:
    """The request at the beginning of ``data``, behind which only padding may follow."""
    try:
        parts = read_parts(data)
    except DerError as error:
        return _undecodable(source, str(error))
    subject = read_subject(parts.subject)
    key_type, problem = _problem(parts)
    request = CertificateRequest(parts.der, parts.spki, key_type, subject.common_name, subject.text)
    record = DeviceRecord(
        source=source,
        vendor="other",
        device_id=subject.device_id or request.key,
        part_number=None,
        group_id=None,
        object_id=None,
        leaf=None,
    )
    padding = (finding("der-padded", parts.behind),) if parts.behind else ()
    findings = (*notices, *padding, *subject.findings)
    if problem is not None:
        return RejectedDevice(record, (*findings, problem))
    return RequestedDevice(record, request, findings)


def _problem(parts: RequestParts) -> tuple[str, Finding | None]:
    """The type of the key, and what is wrong with it or with the proof."""
    try:
        key, key_type = load_key(parts.spki)
        check_proof(parts, key)
    except (KeyUnsupportedError, ProofUnsupportedError, ProofInvalidError) as error:
        return "", finding(_CODES[type(error)], str(error))
    return key_type, None


def _once(outcome: RequestOutcome, keys: RequestedKeys) -> RequestOutcome:
    if isinstance(outcome, RequestedDevice):
        duplicate = keys.duplicate(outcome)
        if duplicate is not None:
            return RejectedDevice(outcome.record, (*outcome.findings, duplicate))
    return outcome
