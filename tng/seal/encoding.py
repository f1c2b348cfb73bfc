"""Base64url and JSON as a seal has them: one spelling only.

Readers of lax base64 and of repeated JSON members disagree on what a text says. A seal that
could be read in two ways would prove neither, so both are refused.
"""

import base64
import binascii
import json
import re

from tng.seal.errors import MalformedSealError

_ALPHABET = re.compile(r"[A-Za-z0-9_-]*\Z")


def to_base64url(octets: bytes) -> str:
    """RFC 7515 §2: base64url without padding."""
    return base64.urlsafe_b64encode(octets).rstrip(b"=").decode("ascii")


def from_base64url(text: str, what: str) -> bytes:
    """The octets; `MalformedSealError` for padding, other characters and unused bits set."""
    if not _ALPHABET.match(text):
        raise MalformedSealError(f"{what} is not base64url")
    try:
        octets = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
    except binascii.Error as error:
        raise MalformedSealError(f"{what} is not base64url") from error
    if to_base64url(octets) != text:
        raise MalformedSealError(f"{what} is not canonical base64url")
    return octets


def read_json_object(octets: bytes, what: str) -> dict[str, object]:
    """The one JSON object in UTF-8; `MalformedSealError` for anything that can be read twice."""
    try:
        value = json.loads(
            octets.decode("utf-8"), object_pairs_hook=_unrepeated, parse_constant=_no_constant
        )
    except (ValueError, RecursionError) as error:
        raise MalformedSealError(f"{what} is not JSON: {error}") from error
    if not isinstance(value, dict):
        raise MalformedSealError(f"{what} is not a JSON object")
    return value


def _unrepeated(pairs: list[tuple[str, object]]) -> dict[str, object]:
    members = dict(pairs)
    if len(members) != len(pairs):
        raise ValueError("a member is there twice")
    return members


def _no_constant(name: str) -> object:
    raise ValueError(f"{name} is not JSON")
