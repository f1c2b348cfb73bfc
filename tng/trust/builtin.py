"""Reading the vendor anchors that ship with the package.

They are facts (names, validity, public keys, fingerprints) in ``anchors/*.json``; no
certificate is shipped. A damaged file is a broken installation, not a smaller trust
store, so every field is required and every fingerprint is recomputed.
"""

import base64
import json
from collections.abc import Iterable, Mapping
from datetime import datetime
from hashlib import sha256
from importlib.resources import files
from typing import Any

from tng.errors import TrustError
from tng.trust.anchor import Anchor, DemoAuthority, RevokedName, Role, TrustMaterial
from tng.x509.keys import read_public_key
from tng.x509.names import ATTRIBUTE_LABELS

_OIDS = {label: oid for oid, label in ATTRIBUTE_LABELS.items()}
_VENDORS = ("microchip", "nxp")


def built_in_material() -> TrustMaterial:
    """The package's own trust material; `TrustError` if a data file is damaged."""
    return read_material(_load(vendor) for vendor in _VENDORS)


def read_material(texts: Iterable[str]) -> TrustMaterial:
    """The material in JSON documents like ``anchors/*.json``; `TrustError` if one is damaged."""
    try:
        documents = [json.loads(text) for text in texts]
        return TrustMaterial(
            tuple(_anchor(d["vendor"], fact) for d in documents for fact in d["anchors"]),
            tuple(
                RevokedName(fact["subject_common_name"], fact["revoked"])
                for d in documents
                for fact in d.get("revoked_names", ())
            ),
            tuple(
                DemoAuthority(fact["organizational_unit"], fact["reason"])
                for d in documents
                for fact in d.get("demo_authorities", ())
            ),
        )
    except (KeyError, TypeError, ValueError, OSError) as error:
        raise TrustError(
            f"the built-in trust anchors are damaged: {error}", "Install tng again."
        ) from error


def _load(vendor: str) -> str:
    return files("tng.trust").joinpath("anchors", f"{vendor}.json").read_text("utf-8")


def _anchor(vendor: str, fact: Mapping[str, Any]) -> Anchor:
    spki = base64.b64decode(fact["spki"], validate=True)
    if sha256(spki).hexdigest() != fact["spki_sha256"]:
        raise ValueError(f"the key of {fact['id']} has another fingerprint")
    identifier = fact["subject_key_identifier"]
    return Anchor(
        id=fact["id"],
        vendor=vendor,
        role=Role(fact["role"]),
        subject=frozenset((_OIDS[label], text) for label, text in fact["subject"]),
        subject_text=", ".join(f"{label}={text}" for label, text in fact["subject"]),
        public_key=read_public_key(spki),
        not_before=datetime.fromisoformat(fact["not_before"]),
        not_after=datetime.fromisoformat(fact["not_after"]),
        certificate_sha256=fact["certificate_sha256"],
        spki_sha256=fact["spki_sha256"],
        serial_number=fact["serial_number"],
        subject_key_identifier=bytes.fromhex(identifier) if identifier else None,
        path_length=fact.get("path_length"),
        issuer_id=fact.get("issuer"),
        key_id=fact.get("kid"),
        thumbprint=fact.get("x5t#S256"),
        revoked=fact.get("revoked"),
        note=fact.get("note", ""),
        source=fact["source"],
        built_in=True,
        trusted=fact.get("trusted", True),
    )
