"""What an audit takes in of one outcome, made ready by the process that judges.

Nothing else of a device passes to the one process that collects, for which all cores wait. So it
is bare texts and octets: the device's row as JSON already, of its certificate only the SHA-256.
This neither counts nor keeps anything.
"""

from functools import lru_cache
from typing import NamedTuple

from tng.audit.arrivals import chip_name
from tng.models import (
    AttestedDevice,
    JudgedDevice,
    Outcome,
    Undecodable,
    VerifiedDevice,
)
from tng.report.json_text import to_json
from tng.report.rows import device_row
from tng.report.text import without_surrogates
from tng.verify.duplicates import REPEATED

NO_END = "none"
_LAST_YEAR = 9999
"""99991231235959Z means that a certificate has no end (RFC 5280 §4.1.2.5)."""

Shelved = tuple[bytes, str, str | None, bytes | None, bool, bool]
"""What the spool keeps of a device: its row as JSON, its file, its chip (`chip_name`; ``None``
where nothing could be read), its certificate's SHA-256 if it has one, whether it is genuine,
and whether it was left out because it came before. Texts have no lone surrogates."""

Told = tuple[str, str]
"""A finding: the code of its check, and its message."""

Place = tuple[str, str]
"""What one calls a device, and where it stands in the sources."""


class Counted(NamedTuple):
    """What the charts count of a device; those of a batch are alike.

    ``part_number`` is ``""`` where it is unknown, and ``None`` where nothing could be read. The
    rest is known of genuine devices alone: the month they were made in (``"2024-07"``), the year
    of their certificate's end (``"2054"`` or `NO_END`), and the anchor and signer that vouch
    for them, as (id, built in).
    """

    status: str
    part_number: str | None = None
    provisioned: str | None = None
    end: str | None = None
    vouching: tuple[tuple[str, bool], ...] = ()


class Intake(NamedTuple):
    """One outcome, as an audit takes it in."""

    shelved: Shelved
    counted: Counted
    findings: tuple[Told, ...]
    place: Place


def intake_of(outcome: Outcome) -> Intake:
    """All that an audit needs of an outcome; pure, so that any process can make it."""
    row = to_json(device_row(outcome))
    findings = tuple([(item.code, item.message) for item in outcome.findings])
    if isinstance(outcome, Undecodable):
        where = str(outcome.source)
        shelved = (row, without_surrogates(outcome.source.file), None, None, False, False)
        return Intake(shelved, Counted(outcome.status.value), findings, (where, where))
    return Intake(
        _shelved(outcome, row),
        _shared(_counted(outcome)),
        findings,
        (outcome.record.device_id, str(outcome.record.source)),
    )


def _shelved(outcome: JudgedDevice, row: bytes) -> Shelved:
    record, leaf = outcome.record, outcome.record.leaf
    issuer = leaf.issuer.common_name if leaf else None
    return (
        row,
        without_surrogates(record.source.file),
        without_surrogates(chip_name(record.vendor, record.device_id, issuer)),
        bytes.fromhex(leaf.sha256) if leaf else None,
        isinstance(outcome, VerifiedDevice | AttestedDevice),
        any(item.code in REPEATED for item in outcome.findings),
    )


def _counted(outcome: JudgedDevice) -> Counted:
    record, leaf = outcome.record, outcome.record.leaf
    status, part = outcome.status.value, record.part_number or ""
    # Only what is genuine has dates worth to be shown.
    if not isinstance(outcome, VerifiedDevice | AttestedDevice):
        return Counted(status, part)
    made = record.provisioned_at or (leaf.not_before if leaf else None)
    anchor = outcome.anchor if isinstance(outcome, VerifiedDevice) else None
    return Counted(
        status,
        part,
        None if made is None else f"{made.year:04}-{made.month:02}",
        None if leaf is None else _end(leaf.not_after.year),
        tuple([(item.id, item.built_in) for item in (anchor, outcome.signer) if item]),
    )


def _end(year: int) -> str:
    return NO_END if year == _LAST_YEAR else f"{year:04}"


@lru_cache(maxsize=256)
def _shared(counted: Counted) -> Counted:
    """An equal one; where devices share theirs, it passes between processes once for all."""
    return counted
