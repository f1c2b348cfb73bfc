"""What a report on disk says of one device, as far as two reports are compared.

Strict, because the report may come from anybody: what is not of its type ends the reading.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256
from typing import TypeVar

from tng.audit.models import Delivery, OrderMatch, Standing
from tng.models import Source, Status

MAX_TEXT = 4096
"""Characters of a text that is kept; part numbers and ids have less than a hundred."""
MAX_TARGETS = 1000


@dataclass(frozen=True, slots=True)
class ReportedStanding:
    """How the device stands on one target, and what differs there."""

    target: str
    standing: Standing
    differences: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ReportedDevice:
    """One member of ``devices`` in ``tng.report/1``; ``number`` is its place from 1.

    ``certificate`` is the leaf's SHA-256 in lower hex. ``chip_id`` is the ``device_id`` where that
    names the chip itself, and ``None`` where it is only the certificate's serial number.
    """

    number: int
    status: Status
    vendor: str | None
    device_id: str | None
    chip_id: str | None
    object_id: str | None
    part_number: str | None
    group_id: str | None
    certificate: str | None
    source: str
    order: OrderMatch | None
    standings: tuple[ReportedStanding, ...]

    @property
    def accepted(self) -> bool:
        """Whether it is genuine: verified, or attested without a certificate."""
        return self.status in (Status.VERIFIED, Status.ATTESTED)

    @property
    def certificate_key(self) -> bytes | None:
        """What names its certificate."""
        return None if self.certificate is None else bytes.fromhex(self.certificate)

    @property
    def chip_key(self) -> bytes | None:
        """What names the chip and the place in it, whatever certificate lies there."""
        if self.chip_id is None:
            return None
        parts = (self.vendor, self.chip_id, self.object_id)
        return sha256(repr(parts).encode("utf-8", "backslashreplace")).digest()


def read_device(row: Mapping[str, object], number: int) -> ReportedDevice:
    """The device of a row; raises `ValueError` or `TypeError` that says what is wrong."""
    certificate, device_id = _digest(row, "certificate_sha256"), _text(row, "device_id")
    serial_number = _text(row, "serial_number")
    return ReportedDevice(
        number=number,
        status=Status(_required(row, "status", str)),
        vendor=_text(row, "vendor"),
        device_id=device_id,
        # Two issuers may give the same serial number: as an id it is the certificate's alone.
        chip_id=None if certificate is not None and device_id == serial_number else device_id,
        object_id=_text(row, "object_id"),
        part_number=_text(row, "part_number"),
        group_id=_text(row, "group_id"),
        certificate=certificate,
        source=_source(_required(row, "source", dict)),
        order=_order(row),
        standings=_standings(row),
    )


def _source(member: Mapping[str, object]) -> str:
    place = {name: _number(member.get(name)) for name in ("entry", "line")}
    return str(Source(_required(member, "file", str)[:MAX_TEXT], place["entry"], place["line"]))


def _order(row: Mapping[str, object]) -> OrderMatch | None:
    if row.get("order") is None:
        return None
    member = _required(row, "order", dict)
    return OrderMatch(
        Delivery(_required(member, "delivery", str)),
        _required(member, "order", str)[:MAX_TEXT],
        _number(member.get("line")),
    )


def _standings(row: Mapping[str, object]) -> tuple[ReportedStanding, ...]:
    if row.get("targets") is None:
        return ()
    members = _required(row, "targets", list)
    if len(members) > MAX_TARGETS:
        raise ValueError(f"it has {len(members)} targets")
    return tuple(_standing(member) for member in members)


def _standing(member: object) -> ReportedStanding:
    if not isinstance(member, dict):
        raise TypeError("a target is not an object")
    differences = _required(member, "differences", list)
    if not all(isinstance(item, str) for item in differences):
        raise TypeError("a difference is not a text")
    return ReportedStanding(
        _required(member, "target", str)[:MAX_TEXT],
        Standing(_required(member, "standing", str)),
        tuple(differences),
    )


def _text(row: Mapping[str, object], name: str) -> str | None:
    value = row.get(name)
    if value is None:
        return None
    return _required(row, name, str)[:MAX_TEXT]


def _digest(row: Mapping[str, object], name: str) -> str | None:
    value = _text(row, name)
    if value is not None and (len(value) != 64 or set(value) - set("0123456789abcdef")):
        raise ValueError(f"{name} is not a SHA-256")
    return value


def _number(value: object) -> int | None:
    if value is not None and (type(value) is not int or not 0 <= value < 2**63):
        raise ValueError("a place is not a number")
    return value


_Kind = TypeVar("_Kind")


def _required(row: Mapping[str, object], name: str, kind: type[_Kind]) -> _Kind:
    value = row.get(name)
    if not isinstance(value, kind):
        raise TypeError(f"{name} is not of its type")
    return value
