"""The validity of a certificate (RFC 5280 §4.1.2.5). Whether it is over is not decided here."""

from datetime import UTC, datetime
from functools import lru_cache

from tng.findings import Finding, finding
from tng.x509 import der


@lru_cache(maxsize=1024)
def read_validity(element: bytes) -> tuple[datetime, datetime, tuple[Finding, ...]]:
    """Read a Validity element: begin, end, and what had to be tolerated; raises `DerError`.

    Remembered, since the devices of a batch were issued together.
    """
    start, stop = der.expect(element, 0, len(element), der.SEQUENCE, "validity")
    not_before, position, early = _time(element, start, stop)
    not_after, position, early_end = _time(element, position, stop)
    if position != stop:
        raise der.DerError("bytes after the validity")
    if not (early or early_end):
        return not_before, not_after, ()
    message = f"valid until {not_after:%Y-%m-%d}, written as GeneralizedTime"
    return not_before, not_after, (finding("generalized-time-before-2050", message),)


def _time(data: bytes, offset: int, end: int) -> tuple[datetime, int, bool]:
    tag, start, stop = der.header(data, offset, end)
    digits = data[start : stop - 1]
    if data[stop - 1 : stop] != b"Z" or not digits.isdigit():
        raise der.DerError("a date is not in the form that certificates use")
    if tag == der.UTC_TIME and len(digits) == 12:
        year = int(digits[:2])
        year += 1900 if year >= 50 else 2000
        rest = digits[2:]
    elif tag == der.GENERALIZED_TIME and len(digits) == 14:
        year = int(digits[:4])
        rest = digits[4:]
    else:
        raise der.DerError("a date is not in the form that certificates use")
    try:
        moment = datetime(
            year, int(rest[:2]), int(rest[2:4]), int(rest[4:6]), int(rest[6:8]), int(rest[8:]),
            tzinfo=UTC,
        )  # fmt: skip
    except ValueError as error:
        raise der.DerError(f"a date does not exist: {error}") from error
    return moment, stop, tag == der.GENERALIZED_TIME and year < 2050
