"""Which registration ids are possible, and which one a certificate has. Pure.

The device must present a CN equal to its registration id, which the service does not check
when an enrollment is made: without this, the device would be refused only in the field.
Source: service contract 2021-10-01, and Azure DPS, "X.509 certificate attestation".
"""

import re

from tng.x509.certificate import Certificate
from tng.x509.names import COMMON_NAME

MAX_REGISTRATION_ID = 64
"""A registration id may have 128 characters, but must be a CN, which has at most 64."""

_REGISTRATION_ID = re.compile(r"[A-Za-z0-9\-._:]{0,63}[A-Za-z0-9\-]")
_ALLOWED = re.compile(r"[A-Za-z0-9\-._:]")


def certificate_problem(leaf: Certificate) -> str:
    """Why a device with this certificate cannot be enrolled alone; empty where it can."""
    if leaf.extensions.is_ca:
        return "the certificate is a CA's, expected a device's own (a leaf)"
    names = [text for oid, text in leaf.subject.attributes if oid == COMMON_NAME]
    if len(names) > 1:
        return f"the certificate has {len(names)} common names: it is not known which one counts"
    name = leaf.subject.common_name
    if not name:
        return "the certificate has no common name, which would be the registration id"
    if " " in name:
        return (
            f"the certificate's common name {name[:128]!r} has a space, as old Microchip "
            "certificates have: no registration id can hold it, so the device could never "
            "register; use a chip of a newer lot or its other certificate"
        )
    return id_problem(name[:256], "certificate's common name")


def mismatch(registration_id: str, name: str) -> str:
    """Why a device whose CN is ``name`` cannot have the id; empty where it can."""
    # Both are ASCII: `id_problem` has passed them.
    if registration_id.lower() == name.lower():
        return ""
    return (
        f"the registration id {registration_id!r} is not the certificate's common name {name!r}: "
        "the device could never register"
    )


def id_problem(text: str, what: str) -> str:
    """Why ``text`` is no registration id; empty where it is one (service contract)."""
    if _REGISTRATION_ID.fullmatch(text):
        return ""
    if not text:
        return f"the {what} is empty"
    if len(text) > MAX_REGISTRATION_ID:
        return f"the {what} has {len(text)} characters, expected at most {MAX_REGISTRATION_ID}"
    wrong = next((character for character in text if not _ALLOWED.fullmatch(character)), "")
    if wrong:
        return f"the {what} {text!r} has {wrong!r}, expected letters, digits and - . _ : only"
    return f"the {what} {text!r} ends with {text[-1]!r}, expected a letter, a digit or -"
