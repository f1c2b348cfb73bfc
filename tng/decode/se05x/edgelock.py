"""EdgeLock 2GO's list of devices with the certificates it made for them.

A JSON list of ``{deviceCertificates: [{certificateLabel, certificate}], intermediateCAs:
[…]}``; the certificates are bare base64 DER. Certificates that it names as intermediates
are offered as issuers and trusted by nobody.
"""

import re
from collections.abc import Iterator
from typing import BinaryIO

import orjson

from tng.decode.certificates import issuers_of, read_device, try_read
from tng.decode.encoded import decode_certificate
from tng.decode.interface import Decoded, RawEntry
from tng.decode.json_objects import Damage, Form, split_objects
from tng.decode.se05x.uid import parse_uid
from tng.decode.text.marks import object_id_in_label
from tng.findings import Finding, finding
from tng.models import Source, Undecodable
from tng.x509.certificate import Certificate

MAX_CERTIFICATES = 64
"""Certificates of one kind in one entry; a chip has at most a dozen objects."""

_BEGINNING = re.compile(rb"(?:\xef\xbb\xbf)?\s*[\[{]")
_MEMBER = b'"deviceCertificates"'
_ENTRY_START = re.compile(rb'\{\s*"(?:deviceId|deviceCertificates|intermediateCAs)"\s*:')
_UID_MEMBERS = ("deviceId", "deviceUid", "uid", "id")


class EdgeLock2goDecoder:
    """A list, a single entry, or one entry a line."""

    name = "edgelock-2go"

    def recognises(self, head: bytes) -> bool:
        """JSON that names ``deviceCertificates``."""
        return _BEGINNING.match(head) is not None and _MEMBER in head

    def split(self, stream: BinaryIO, file: str) -> Iterator[RawEntry | Undecodable]:
        """One raw entry for each certificate of each device."""
        notes: tuple[Finding, ...] = ()
        number = 0
        for part in split_objects(stream, _ENTRY_START):
            if isinstance(part, Form):
                if part.has_byte_order_mark:
                    notes = (finding("byte-order-mark", "the list begins with one"),)
                continue
            number += 1
            source = Source(file, entry=number)
            if isinstance(part, Damage):
                yield Undecodable(source, (finding(part.code, part.message),))
            else:
                yield from _split_entry(part.data, source, notes)

    def read(self, raw: RawEntry) -> tuple[Decoded, ...]:
        """The device."""
        return read_device(raw)


def _split_entry(
    data: bytes, source: Source, notes: tuple[Finding, ...]
) -> Iterator[RawEntry | Undecodable]:
    try:
        entry = orjson.loads(data)
    except orjson.JSONDecodeError as error:
        yield Undecodable(source, (*notes, finding("entry-malformed", f"not JSON: {error}")))
        return
    certificates = _items(entry.get("deviceCertificates"))
    if not certificates:
        message = "deviceCertificates is absent, empty or too long"
        yield Undecodable(source, (*notes, finding("entry-malformed", message)))
    authorities = list(_authorities(_items(entry.get("intermediateCAs"))))
    uid = next((uid for name in _UID_MEMBERS if (uid := _uid(entry.get(name)))), None)
    for item in certificates:
        label = item.get("certificateLabel") if isinstance(item, dict) else None
        der = _certificate(item)
        if der is None:
            message = f"certificate {str(label)[:60]!r} is not base64"
            yield Undecodable(source, (*notes, finding("certificate-malformed", message)))
            continue
        leaf = try_read(der)
        issuers = issuers_of(leaf, authorities) if leaf else ()
        object_id = object_id_in_label(label) if isinstance(label, str) else None
        yield RawEntry(source, (der, *issuers), object_id, uid, None, notes)


def _items(value: object) -> list[object]:
    return value if isinstance(value, list) and len(value) <= MAX_CERTIFICATES else []


def _certificate(item: object) -> bytes | None:
    text = item.get("certificate") if isinstance(item, dict) else item
    return decode_certificate(text) if isinstance(text, str) else None


def _authorities(items: list[object]) -> Iterator[Certificate]:
    for item in items:
        der = _certificate(item)
        certificate = try_read(der) if der is not None else None
        if certificate is not None:
            yield certificate


def _uid(value: object) -> str | None:
    return parse_uid(str(value)) if isinstance(value, str | int) else None
