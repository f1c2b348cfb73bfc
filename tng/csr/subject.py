"""The subject of a request, by a template in RFC 4514's form: ``CN={serial},O=Example``.

The template is taken apart first and filled then, so that no value that is put in, whatever
characters it has, can add an attribute.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from cryptography.x509 import Name, NameAttribute, ObjectIdentifier, RelativeDistinguishedName
from cryptography.x509.oid import NameOID

from tng.csr.errors import RequestError
from tng.x509.names import read_name

_FIELD = re.compile(r"\{([^{}]*)\}")
_LONGER_NAMES = {"serialNumber": NameOID.SERIAL_NUMBER}
"""What RFC 4514 has no short name for, and chips need."""
_LIMITS: Mapping[ObjectIdentifier, int] = {
    NameOID.COUNTRY_NAME: 2,
    NameOID.LOCALITY_NAME: 128,
    NameOID.STATE_OR_PROVINCE_NAME: 128,
}
_LIMIT = 64
"""Characters of an attribute (X.520, RFC 5280 appendix A.1): of the CN, O, OU and serialNumber."""
_MAX_TEMPLATE = 1024
_HINT = "Write it as CN={serial},O=Example (RFC 4514): no blanks around commas, \\, for a comma."


@dataclass(frozen=True, slots=True)
class SubjectFields:
    """What a template may ask for; empty where it is not known.

    ``serial`` is the chip's serial number, ``token`` and ``key`` are labels, ``key_sha256`` is of
    the SubjectPublicKeyInfo, in lower hex.
    """

    serial: str
    token: str
    key: str
    key_sha256: str

    def values(self) -> dict[str, str]:
        """By the names that stand in templates."""
        return {
            "serial": self.serial,
            "token": self.token,
            "key": self.key,
            "key_sha256": self.key_sha256,
        }


def make_subject(template: str, fields: SubjectFields) -> Name:
    """The subject; raises `RequestError` for a template or a value that makes none."""
    if len(template) > _MAX_TEMPLATE:
        raise RequestError(f"the subject has {len(template):,} characters", _HINT)
    try:
        parsed = Name.from_rfc4514_string(template, _LONGER_NAMES)
    except (ValueError, UnicodeError) as error:
        detail = f": {error}" if str(error) else ""
        raise RequestError(f"{template!r:.200} is no subject{detail}", _HINT) from error
    if not parsed.rdns:
        raise RequestError("the subject is empty", _HINT)
    values = fields.values()
    name = Name(
        RelativeDistinguishedName(_filled(attribute, values) for attribute in rdn)
        for rdn in parsed.rdns
    )
    octets = name.public_bytes()
    irregular = read_name(octets, 0, len(octets))[0].irregular
    if irregular:
        raise RequestError(
            f"{irregular[0]!r:.80} has characters that its attribute does not take",
            "A serialNumber and a C have letters, digits and '()+,-./:=? only; CN takes others.",
        )
    return name


def _filled(attribute: NameAttribute[str | bytes], values: Mapping[str, str]) -> NameAttribute[str]:
    text = attribute.value
    if not isinstance(text, str):
        raise RequestError(f"attribute {attribute.oid.dotted_string} is no text", _HINT)
    if set(_FIELD.sub("", text)) & set("{}"):
        raise RequestError(f"a brace stands alone in {text!r:.80}", _HINT)
    filled = _FIELD.sub(lambda field: _value(field[1], values), text)
    limit = _LIMITS.get(attribute.oid, _LIMIT)
    label = attribute.rfc4514_attribute_name
    if not 0 < len(filled) <= limit:
        raise RequestError(
            f"the subject's {label} would have {len(filled)} characters, at most {limit} may be",
            "Put less into it.",
        )
    if not filled.isprintable():
        raise RequestError(
            f"the subject's {label} would have characters that cannot be seen: {filled!a:.80}",
            "Name another value.",
        )
    try:
        return NameAttribute(attribute.oid, filled)
    except ValueError as error:
        raise RequestError(f"the subject's {label} cannot be {filled!r}: {error}", _HINT) from error


def _value(name: str, values: Mapping[str, str]) -> str:
    if name not in values:
        known = ", ".join(f"{{{field}}}" for field in values)
        raise RequestError(
            f"the subject asks for {{{name}}}, which is not known", f"Known: {known}"
        )
    if not values[name]:
        hint = "Name it with --serial." if name == "serial" else "Leave it out of --subject."
        raise RequestError(f"the subject asks for {{{name}}}, and the token has none", hint)
    return values[name]
