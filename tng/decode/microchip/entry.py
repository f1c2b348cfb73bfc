"""Reading one signed secure element; what it says is decided by the members present.

Source: Microchip "Trust Platform Manifest File Full Format" and "…Lite Format",
RFC 7515 §7.2.2 (flattened JSON serialization). Nothing is verified here.
"""

import re
from collections.abc import Mapping
from datetime import datetime
from functools import lru_cache
from typing import Any

import orjson

from tng.decode.interface import Decoded
from tng.decode.microchip.jose import (
    JoseError,
    base64_standard,
    base64url,
    base64url_signature,
    key_spki,
    read_protected_header,
)
from tng.findings import Finding, finding
from tng.models import DeviceEntry, DeviceRecord, ManifestEvidence, Source, Undecodable
from tng.x509.certificate import Certificate, CertificateError, read_certificate

_PAYLOAD_MEMBERS = frozenset(
    {
        "version",
        "model",
        "partNumber",
        "manufacturer",
        "provisioner",
        "distributor",
        "distributer",
        "groupId",
        "provisioningTimestamp",
        "uniqueId",
        "publicKeySet",
        "encryptedSecretKeySet",
        "modelInfo",
    }
)
_VERSIONS = (1, 2, 3)
_UNIQUE_ID = re.compile(r"[0-9A-Za-z][0-9A-Za-z._:-]{0,63}")
_HEXADECIMAL = re.compile(r"[0-9A-Fa-f]+")

MAX_KEYS = 64
"""More slots than any part has."""
MAX_CHAIN = 8
"""More certificates than any ``x5c`` has."""


_REMEMBERED_CHARACTERS = 4096
"""Twice those of a genuine issuer of RSA-4096; longer ones are not worth the memory."""


def _read_issuer(text: str) -> Certificate:
    """Read an issuer's certificate once: the devices of a batch share it."""
    return _read_remembered(text) if len(text) <= _REMEMBERED_CHARACTERS else _read_anew(text)


def _read_anew(text: str) -> Certificate:
    return read_certificate(base64_standard(text, "x5c"))


_read_remembered = lru_cache(maxsize=256)(_read_anew)


def read_entry(source: Source, data: bytes, notes: tuple[Finding, ...]) -> tuple[Decoded, ...]:
    """A device for each slot with a certificate, or one without (Lite), or an `Undecodable`.

    ``notes`` were made while splitting and pass on to the device.
    """
    try:
        entry = _object(data, "the entry")
    except JoseError as error:
        return (_malformed(source, notes, error),)
    return read_members(source, entry, notes)


def read_members(
    source: Source, entry: Mapping[str, Any], notes: tuple[Finding, ...]
) -> tuple[Decoded, ...]:
    """`read_entry` of an entry that is parsed already."""
    try:
        return _read(source, entry, notes)
    except JoseError as error:
        return (_malformed(source, notes, error),)


def _malformed(source: Source, notes: tuple[Finding, ...], error: JoseError) -> Undecodable:
    return Undecodable(source, (*notes, finding("entry-malformed", str(error))))


def _read(
    source: Source, entry: Mapping[str, Any], findings: tuple[Finding, ...]
) -> tuple[Decoded, ...]:
    protected = _member(entry, "protected")
    payload_text = _member(entry, "payload")
    header = read_protected_header(protected)
    payload = _object(base64url(payload_text, "payload"), "payload")
    notes = list(findings)
    unique_id = _unique_id(payload, notes)
    header_id = _header_id(entry, notes)
    _note_members(payload, notes)
    # What all slots share, in the order of the fields: building the values once is quickest.
    chip = (
        source,
        "microchip",
        unique_id,
        _text(payload, "partNumber") or _text(payload, "model"),
        _text(payload, "groupId"),
    )
    evidence = (
        f"{protected}.{payload_text}".encode("ascii"),
        base64url_signature(_member(entry, "signature")),
        header.algorithm,
        header.key_id,
        header.thumbprint,
        header.critical,
        unique_id,
        header_id,
    )
    made = _timestamp(payload.get("provisioningTimestamp"), notes)
    slots = _certified_keys(payload)
    if not slots:
        record = DeviceRecord(*chip, None, None, made)
        return (DeviceEntry(record, (), ManifestEvidence(*evidence, None), tuple(notes)),)
    return tuple([_slot(key, chip, made, evidence, notes) for key in slots])


_Chip = tuple[Source, str, str, str | None, str | None]
"""The first fields of a `DeviceRecord`."""

_Evidence = tuple[
    bytes, bytes, str | None, str | None, str | None, tuple[str, ...], str, str | None
]
"""All fields of a `ManifestEvidence` but the last."""


def _slot(
    key: Mapping[str, Any],
    chip: _Chip,
    made: datetime | None,
    evidence: _Evidence,
    notes: list[Finding],
) -> Decoded:
    tolerances: list[tuple[str, str]] = []
    spki = key_spki(key, tolerances)
    found = [*notes, *(finding(code, message) for code, message in tolerances)]
    slot = key.get("kid")
    try:
        leaf, issuers = _chain(key["x5c"])
    except CertificateError as error:
        found.append(finding("certificate-malformed", f"key {slot}: {error}"))
        return Undecodable(chip[0], tuple(found))
    found += leaf.tolerances
    record = DeviceRecord(*chip, slot if isinstance(slot, str) else None, leaf, made)
    return DeviceEntry(record, issuers, ManifestEvidence(*evidence, spki), tuple(found))


def _object(data: bytes, what: str) -> dict[str, Any]:
    try:
        value = orjson.loads(data)
    except orjson.JSONDecodeError as error:
        raise JoseError(f"{what} is not JSON: {error}") from error
    if not isinstance(value, dict):
        raise JoseError(f"{what} is not a JSON object")
    return value


def _member(entry: Mapping[str, Any], name: str) -> str:
    value = entry.get(name)
    if not isinstance(value, str) or not value.isascii():
        raise JoseError(f"{name} is missing or not text")
    return value


def _unique_id(payload: Mapping[str, Any], notes: list[Finding]) -> str:
    value = payload.get("uniqueId")
    if not isinstance(value, str) or not _UNIQUE_ID.fullmatch(value):
        raise JoseError("the signed uniqueId is missing or has characters that no id has")
    lowered = value.lower()
    if lowered != value and _HEXADECIMAL.fullmatch(value):
        notes.append(finding("unique-id-upper-case", f"the signed uniqueId is {value}"))
        return lowered
    return value


def _header_id(entry: Mapping[str, Any], notes: list[Finding]) -> str | None:
    header = entry.get("header")
    if header is None:
        notes.append(finding("manifest-header-missing", "there is no unsigned header"))
        return None
    value = header.get("uniqueId") if isinstance(header, dict) else None
    if not isinstance(value, str):
        notes.append(finding("manifest-header-missing", "the unsigned header has no uniqueId"))
        return None
    return value


def _note_members(payload: Mapping[str, Any], notes: list[Finding]) -> None:
    version = payload.get("version")
    if version not in _VERSIONS:
        notes.append(finding("manifest-version-unknown", f"version is {_shown(version)}"))
    if not _PAYLOAD_MEMBERS.issuperset(payload):
        unknown = sorted(set(payload) - _PAYLOAD_MEMBERS)
        message = f"members {', '.join(map(_shown, unknown[:5]))}"
        notes.append(finding("manifest-member-unknown", message))
    if "encryptedSecretKeySet" in payload:
        notes.append(finding("manifest-secrets-not-decoded", "encryptedSecretKeySet was kept out"))


def _timestamp(value: object, notes: list[Finding]) -> datetime | None:
    if isinstance(value, str):
        try:
            moment = datetime.fromisoformat(value)
        except ValueError:
            pass
        else:
            if moment.tzinfo is not None:
                return moment
    notes.append(
        finding("manifest-timestamp-unusable", f"provisioningTimestamp is {_shown(value)}")
    )
    return None


def _certified_keys(payload: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    key_set = payload.get("publicKeySet")
    if key_set is None:
        return []
    keys = key_set.get("keys") if isinstance(key_set, dict) else None
    if not isinstance(keys, list) or len(keys) > MAX_KEYS:
        raise JoseError(f"publicKeySet has no list of at most {MAX_KEYS} keys")
    return [key for key in keys if isinstance(key, dict) and key.get("x5c")]


def _chain(x5c: object) -> tuple[Certificate, tuple[Certificate, ...]]:
    if not isinstance(x5c, list) or not 0 < len(x5c) <= MAX_CHAIN:
        raise JoseError(f"x5c is not a list of at most {MAX_CHAIN} certificates")
    for text in x5c:
        if not isinstance(text, str):
            raise JoseError("x5c holds something that is not text")
    leaf = read_certificate(base64_standard(x5c[0], "x5c"))
    return leaf, tuple([_read_issuer(text) for text in x5c[1:]])


def _text(payload: Mapping[str, Any], member: str) -> str | None:
    value = payload.get(member)
    return value if isinstance(value, str) and value else None


def _shown(value: object) -> str:
    text = repr(value)
    return text if len(text) <= 40 else f"{text[:40]}…"
