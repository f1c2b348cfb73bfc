"""Who asks: what the subject of a request says of its device. All of it is a claim."""

import re
from dataclasses import dataclass

from tng.findings import Finding, finding
from tng.x509 import der
from tng.x509.names import ATTRIBUTE_LABELS, COMMON_NAME, Name, read_name

MAX_COMMON_NAME = 64
"""Characters of a CN (X.520 ub-common-name, RFC 5280 appendix A.1)."""
_MAX_SUBJECT = 512

_SERIALS = (
    re.compile(r"sn([0-9A-F]{18})", re.IGNORECASE),
    re.compile(r"([0-9A-F]{18})(?:(?: [0-9A-F]{16})? ATECC[0-9A-Z]*)?", re.IGNORECASE),
    re.compile(r"(?:[A-Za-z0-9]{1,20}[-_ ])?(04[0-9A-F]{34})", re.IGNORECASE),
)
"""How vendors' tools write a chip's serial number into a CN: Microchip's ``sn0123…EE`` and
``0123…EE ATECC`` (a DevEUI may stand between), and the UID of an SE05x, perhaps behind a word."""
_ESCAPED = re.compile(r"([,+\"\\<>;=])")


@dataclass(frozen=True, slots=True)
class Subject:
    """``common_name`` is the one CN; ``device_id`` ``None`` where it names no device.

    ``text`` is all of it (RFC 4514), bounded, for people.
    """

    common_name: str | None
    device_id: str | None
    text: str
    findings: tuple[Finding, ...]


def read_subject(octets: bytes) -> Subject:
    """What a Name element says; one that cannot be read is a finding and no error."""
    try:
        name, _ = read_name(octets, 0, len(octets))
    except der.DerError as error:
        return Subject(None, None, "", (_unusual(f"the subject cannot be read: {error}"),))
    names = [text for oid, text in name.attributes if oid == COMMON_NAME]
    text = _rfc4514(name)
    if len(names) != 1:
        return Subject(None, None, text, (_unusual(f"found {len(names)} common names"),))
    device_id = device_id_of(names[0])
    if device_id is None:
        return Subject(names[0], None, text, (_unusual("its common name names no device"),))
    return Subject(names[0], device_id, text, ())


def device_id_of(common_name: str) -> str | None:
    """The chip's serial number in a CN (lower hex), or the CN itself; ``None`` if it is neither.

    A CN of more than 64 characters, or with any that cannot be seen, names nothing.
    """
    serial = chip_serial_of(common_name)
    if serial is not None:
        return serial
    usable = (
        0 < len(common_name) <= MAX_COMMON_NAME
        and common_name.isprintable()
        and common_name.strip() == common_name
    )
    return common_name if usable else None


def chip_serial_of(name: str) -> str | None:
    """The chip's serial number (lower hex) where ``name`` is one as vendors' tools write it."""
    for pattern in _SERIALS:
        found = pattern.fullmatch(name)
        if found:
            return found[1].lower()
    return None


def _unusual(message: str) -> Finding:
    return finding("csr-subject-unusual", message)


def _rfc4514(name: Name) -> str:
    parts = (
        f"{ATTRIBUTE_LABELS.get(oid, oid)}={_escaped(text)}"
        for oid, text in reversed(name.attributes)
    )
    return ",".join(parts)[:_MAX_SUBJECT]


def _escaped(text: str) -> str:
    bare = _ESCAPED.sub(r"\\\1", text)
    if bare.startswith(("#", " ")):
        bare = f"\\{bare}"
    return f"{bare[:-1]}\\ " if bare.endswith(" ") and len(bare) > 1 else bare
