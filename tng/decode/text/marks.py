"""What the lines around certificates say: object ids, UIDs, failures, a new device."""

import re

from tng.decode.se05x.uid import parse_uid

_OBJECT = re.compile(
    r"(?:object ?id|key ?id|get (?:cert|bin))[^0-9A-Za-z]{0,8}(?:0x)?([0-9A-F]{8})(?![0-9A-Z])",
    re.IGNORECASE,
)
_UID = re.compile(
    r"\b(?:Unique ?ID|UID)\b[^0-9A-Za-z]{0,8}([0-9A-Za-z+/:]{24,60})(?![0-9A-Za-z+/=])",
    re.IGNORECASE,
)
_FAILURE = re.compile(r"ERROR!|could not retrieve|failed to (?:read|get|retrieve)", re.IGNORECASE)
_BOUNDARY = re.compile(
    r"rst:0x|ESP-ROM:|2nd stage bootloader|ssscli (?:dis)?connect\b|ex_sss Finished"
)
_LABELLED_OBJECT = re.compile(r"(?<![0-9A-Z])(?:0x)?(F0[0-9A-F]{6})(?![0-9A-Z])", re.IGNORECASE)


def object_id_in(text: str) -> str | None:
    """The object id of the next certificate (8 lower hex digits), if the line names one."""
    found = _OBJECT.search(text)
    return found[1].lower() if found else None


def object_id_in_label(text: str) -> str | None:
    """The id of one of NXP's own objects (F0……) in a label or a cell, as 8 lower hex digits."""
    found = _LABELLED_OBJECT.search(text)
    return found[1].lower() if found else None


def uid_in(text: str) -> str | None:
    """The UID that a line announces, as 36 lower hex digits."""
    found = _UID.search(text)
    return parse_uid(found[1]) if found else None


def is_failure(text: str) -> bool:
    """Whether the line says that reading an object failed."""
    return _FAILURE.search(text) is not None


def is_boundary(text: str) -> bool:
    """Whether another device may begin or end here: a boot, a session's start or end."""
    return _BOUNDARY.search(text) is not None
