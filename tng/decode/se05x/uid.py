"""The ways in which tools print the UID of an SE05x (NXP AN12436, object 7FFF0206)."""

import base64
import binascii
import re

from tng.decode.identity import UID_BYTES

_HEX = re.compile(r"[0-9A-Fa-f]{36}")
_DECIMAL = re.compile(r"[0-9]{40,44}")
"""EdgeLock 2GO's device id; 18 bytes are at most 44 digits, genuine ones (04…) have 42."""
_BASE64 = re.compile(r"[A-Za-z0-9+/]{24}")
_DRESS = re.compile(r"[\s:='\"-]")
"""Separators between octets, and what spreadsheets put around digits."""

MAX_UID_CHARACTERS = 100


def parse_uid(text: str) -> str | None:
    """The UID as 36 lower hex digits, or ``None`` if ``text`` is not one.

    Reads 36 hex digits (with or without ``0x`` and separators), the decimal number of
    the same 18 bytes, and base64 of them.
    """
    if len(text) > MAX_UID_CHARACTERS:
        return None
    bare = _DRESS.sub("", text).removeprefix("0x").removeprefix("0X")
    if _HEX.fullmatch(bare):
        return bare.lower()
    if _DECIMAL.fullmatch(bare):
        number = int(bare)
        return f"{number:036x}" if number < 1 << 8 * UID_BYTES else None
    if _BASE64.fullmatch(bare):
        try:
            return base64.b64decode(bare, validate=True).hex()
        except binascii.Error:
            return None
    return None
