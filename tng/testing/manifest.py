"""Signed manifest entries of the test vendor, in every shape that genuine files have.

`make_entry` makes one entry; `write_manifest` streams any number of them. What is forged
is in `tng.testing.forgeries`.
"""

from base64 import b64encode
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any, BinaryIO

import orjson

from tng.testing.keys import seeded_octets, seeded_point
from tng.testing.microchip import Device, ManifestSigner, MicrochipVendor, base64url
from tng.testing.parts import TNGTLSU_608C, Part

Entry = dict[str, Any]
"""A SignedSecureElement: payload, protected, signature and perhaps header."""

Payload = dict[str, Any]
"""What is signed: id, part, provisioner, keys."""

FULL_FORMAT = 1
LITE_FORMAT = 2
NEW_FULL_FORMAT = 3
ALL_SLOTS = ("0", "1", "2", "3", "4")
"""Slots whose public keys a Trust&GO entry lists; one of them has the certificate."""


@dataclass(frozen=True, slots=True)
class EntryStyle:
    """How an entry is written; the default is what Microchip writes today.

    ``version`` is the number written, whatever the members are. ``lite`` leaves the keys
    out. ``slots`` are those listed beside the certificate's. ``timestamp`` and
    ``group_id`` are written as given; ``None`` takes the vendor's own, ``absent`` names
    payload members to leave out. ``extra_members`` are added to the payload.
    """

    version: int = FULL_FORMAT
    lite: bool = False
    slots: tuple[str, ...] = ALL_SLOTS
    header: bool = True
    upper_case_id: bool = False
    drop_leading_zeros: bool = False
    padded_coordinates: bool = False
    distributer: bool = False
    timestamp: str | None = None
    group_id: str | None = None
    absent: frozenset[str] = frozenset()
    extra_members: Payload = field(default_factory=dict)


DEFAULT_STYLE = EntryStyle()
LITE_STYLE = EntryStyle(version=LITE_FORMAT, lite=True)
NEW_FULL_STYLE = EntryStyle(
    version=NEW_FULL_FORMAT,
    extra_members={
        "modelInfo": {
            "deviceRevision": "00006005",
            "publicData": [{"zone": "config", "slot": "0", "offset": "0", "data": "ASNFZw=="}],
        }
    },
)
EARLY_STYLE = EntryStyle(slots=(), header=False, padded_coordinates=True)
"""Of 2019: no header, the certificate's slot alone, padding in the coordinates."""
BARE_STYLE = EntryStyle(slots=())
"""As little as a full entry can have: cheap to make by the hundred thousand."""
SELF_MADE_STYLE = EntryStyle(
    upper_case_id=True, drop_leading_zeros=True, timestamp="Unknown", group_id="Unknown"
)
"""As Microchip's own Python tools write it."""
SECRETS_STYLE = EntryStyle(
    extra_members={
        "encryptedSecretKeySet": {
            "keys": [{"protected": "e30", "iv": "AAAA", "ciphertext": "AAAA", "tag": "AAAA"}]
        }
    }
)


def make_entry(
    vendor: MicrochipVendor,
    device: Device,
    style: EntryStyle = DEFAULT_STYLE,
    signer: ManifestSigner | None = None,
) -> Entry:
    """The signed entry of one chip; ``signer`` defaults to the vendor's manifest signer."""
    payload = make_payload(vendor, device, style)
    entry = sign_payload(payload, signer or vendor.manifest_signer)
    if style.header:
        entry["header"] = {"uniqueId": payload["uniqueId"]}
    return entry


def make_payload(vendor: MicrochipVendor, device: Device, style: EntryStyle) -> Payload:
    """The payload that `make_entry` signs, to be changed by whoever forges."""
    maker = {
        "organizationName": vendor.organization,
        "organizationalUnitName": "Secure Products Group",
    }
    seller = {"organizationName": vendor.organization, "organizationalUnitName": "Direct"}
    timestamp = f"{device.part.issued:%Y-%m-%dT%H}:14:53.773Z"
    payload: Payload = {
        "version": style.version,
        "model": device.part.model,
        "partNumber": device.part.part_number,
        "manufacturer": maker,
        "provisioner": maker,
        "distributer" if style.distributer else "distributor": seller,
        "groupId": style.group_id if style.group_id is not None else _group_id(vendor, device),
        "provisioningTimestamp": style.timestamp if style.timestamp is not None else timestamp,
        "uniqueId": device.unique_id.upper() if style.upper_case_id else device.unique_id,
    }
    if not style.lite:
        payload["publicKeySet"] = {"keys": _keys(vendor, device, style)}
    payload |= style.extra_members
    return {member: value for member, value in payload.items() if member not in style.absent}


def sign_payload(payload: Payload, signer: ManifestSigner) -> Entry:
    """The payload as a flattened JWS (RFC 7515 §7.2.2) without header."""
    return sign_parts(protected_header(signer), payload, signer)


def protected_header(signer: ManifestSigner) -> dict[str, Any]:
    """The protected header that names ``signer``, as Microchip orders it."""
    return {
        "alg": "ES256",
        "kid": signer.key_id,
        "typ": "JWT",
        "x5t#S256": signer.thumbprint,
    }


def sign_parts(protected: dict[str, Any], payload: Payload, signer: ManifestSigner) -> Entry:
    """A flattened JWS with that protected header, signed with the signer's key as ES256."""
    encoded_payload = base64url(orjson.dumps(payload))
    encoded_protected = base64url(orjson.dumps(protected))
    signature = signer.key.sign_raw(f"{encoded_protected}.{encoded_payload}".encode())
    return {
        "payload": encoded_payload,
        "protected": encoded_protected,
        "signature": base64url(signature),
    }


def make_entries(
    vendor: MicrochipVendor,
    count: int,
    *,
    part: Part = TNGTLSU_608C,
    style: EntryStyle = DEFAULT_STYLE,
    start: int = 0,
) -> Iterator[Entry]:
    """Entries of the chips ``start`` to ``start + count - 1``, made one at a time."""
    for number in range(start, start + count):
        device = vendor.device(number, part, short_coordinate=style.drop_leading_zeros)
        yield make_entry(vendor, device, style)


def write_manifest(stream: BinaryIO, entries: Iterable[Entry]) -> int:
    """Write the entries as a JSON array, in constant memory; returns how many there were."""
    count = 0
    stream.write(b"[")
    for entry in entries:
        stream.write(b",\n" if count else b"\n")
        stream.write(orjson.dumps(entry))
        count += 1
    stream.write(b"\n]\n")
    return count


def write_json_lines(stream: BinaryIO, entries: Iterable[Entry]) -> int:
    """Write one entry a line; returns how many there were."""
    count = 0
    for entry in entries:
        stream.write(orjson.dumps(entry) + b"\n")
        count += 1
    return count


def _group_id(vendor: MicrochipVendor, device: Device) -> str:
    octets = seeded_octets(vendor.seed, f"group/{device.part.part_number}", 8)
    return octets.hex().upper()


def _keys(vendor: MicrochipVendor, device: Device, style: EntryStyle) -> list[dict[str, Any]]:
    slots = sorted({device.part.slot, *style.slots})
    return [_key(vendor, device, style, slot) for slot in slots]


def _key(vendor: MicrochipVendor, device: Device, style: EntryStyle, slot: str) -> dict[str, Any]:
    if slot != device.part.slot:
        point = seeded_point(vendor.seed, f"device/{device.unique_id}/slot/{slot}")
        return jwk(slot, point, style)
    chain = [b64encode(der).decode() for der in (device.certificate, device.signer)]
    return {**jwk(slot, device.point, style), "x5c": chain}


def jwk(slot: str, point: bytes, style: EntryStyle = DEFAULT_STYLE) -> dict[str, Any]:
    """The P-256 point X‖Y as a JWK (RFC 7518 §6.2.1) whose ``kid`` is the slot."""
    x, y = (_coordinate(half, style) for half in (point[:32], point[32:]))
    return {"kid": slot, "kty": "EC", "crv": "P-256", "x": x, "y": y}


def _coordinate(octets: bytes, style: EntryStyle) -> str:
    text = base64url(octets.lstrip(b"\0") if style.drop_leading_zeros else octets)
    return text + "=" * (-len(text) % 4) if style.padded_coordinates else text
