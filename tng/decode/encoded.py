"""A certificate as one value of a list or table: base64 DER, or PEM."""

import base64
import binascii
import re

from tng.x509.certificate import MAX_CERTIFICATE_BYTES

MAX_CHARACTERS = 2 * MAX_CERTIFICATE_BYTES
_ARMOR = re.compile(r"-----(?:BEGIN|END) [A-Z0-9 ]{1,40}-----")
_SPACE = re.compile(r"\s+|\\[nr]")
_MIN_CHARACTERS = 200
"""150 bytes: less than the smallest certificate with a P-256 key has."""


def decode_certificate(text: str) -> bytes | None:
    """The bytes that ``text`` encodes, or ``None`` if it is not base64 (or too long)."""
    if len(text) > MAX_CHARACTERS:
        return None
    bare = _SPACE.sub("", _ARMOR.sub("", text)).rstrip("=")
    try:
        return base64.b64decode(bare + "=" * (-len(bare) % 4), validate=True) or None
    except (binascii.Error, ValueError):
        return None


def looks_encoded(text: str) -> bool:
    """Whether a value begins as PEM or as the base64 of a certificate does."""
    bare = text.lstrip()
    if bare.startswith("-----BEGIN CERTIFICATE"):
        return True
    # base64 of 30 82 or 30 81, the beginning of a SEQUENCE of that size
    return bare.startswith(("MII", "MIG", "MIH")) and len(bare) >= _MIN_CHARACTERS
