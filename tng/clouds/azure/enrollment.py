"""An enrollment as it is there, read from the service's documents. Pure.

Documents may be anything: a member that is not of its type counts as absent.
"""

import re
from collections.abc import Mapping
from typing import TypedDict

_MAX_TEXT = 512
_ETAG = re.compile(r"(?!\*$)[\x21-\x7e]{1,256}")
"""What can be sent back in If-Match; ``*`` would match every enrollment (RFC 9110 §13.1.1)."""
_NONE: Mapping[str, object] = {}


class RemoteEnrollment(TypedDict):
    """What is there of one device.

    ``registration_id`` is as the service writes it, ``device_id`` the one that the hub will
    know. ``attestation`` is its type; ``primary`` and ``secondary`` are the SHA-256 of the
    certificates in lower hex. Texts are empty where there is none. ``document`` is the whole.
    """

    registration_id: str
    device_id: str
    attestation: str
    primary: str
    secondary: str
    etag: str
    document: Mapping[str, object]


def read_enrollment(document: Mapping[str, object]) -> RemoteEnrollment:
    """The enrollment of a document."""
    registration_id = text(document.get("registrationId"))
    attestation = mapping(document.get("attestation"))
    certificates = mapping(mapping(attestation.get("x509")).get("clientCertificates"))
    primary = _thumbprint(certificates.get("primary"))
    secondary = _thumbprint(certificates.get("secondary"))
    etag = text(document.get("etag"))
    return RemoteEnrollment(
        registration_id=registration_id,
        # Without one of its own the device gets the registration id (service contract).
        device_id=text(document.get("deviceId")) or registration_id,
        attestation=text(attestation.get("type")),
        primary=primary,
        # The service answers with the primary where no secondary was given.
        secondary="" if secondary == primary else secondary,
        etag=etag if _ETAG.fullmatch(etag) else "",
        document=document,
    )


def text(value: object) -> str:
    """A text of bounded length; empty where it is none."""
    return value[:_MAX_TEXT] if isinstance(value, str) else ""


def mapping(value: object) -> Mapping[str, object]:
    """A JSON object; empty where it is none."""
    return value if isinstance(value, dict) else _NONE


def _thumbprint(certificate: object) -> str:
    found = text(mapping(mapping(certificate).get("info")).get("sha256Thumbprint"))
    return found.replace(":", "").replace(" ", "").lower()
