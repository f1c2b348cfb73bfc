"""The public half of a private key in a token, wherever the token keeps it."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from tng.pkcs11.errors import TokenError
from tng.pkcs11.session import attribute
from tng.x509.certificate import CertificateError, read_certificate
from tng.x509.der import DerError
from tng.x509.keys import rsa_spki

if TYPE_CHECKING:
    from pkcs11 import PrivateKey, Session

_HINT = "Import its public key or its certificate with the same id (CKA_ID) into the token."


def public_key_of(session: "Session", key: "PrivateKey") -> bytes:
    """The SubjectPublicKeyInfo (DER); `TokenError` where the token does not have it.

    An object of class public key is looked for first, then a certificate, both by the
    private key's id (PKCS#11 §4.9: they share it) or, where it has none, its label. An RSA
    private key carries its public one itself.
    """
    for spki in _found(session, key):
        return spki
    raise TokenError("the token has the private key, but not its public one", _HINT)


def _found(session: "Session", key: "PrivateKey") -> Iterator[bytes]:
    from pkcs11 import Attribute, ObjectClass

    wanted: dict[Attribute, object] = {}
    for name in (Attribute.ID, Attribute.LABEL):
        value = attribute(key, name)
        if value and not wanted:
            wanted[name] = value
    if wanted:
        for item in session.get_objects({Attribute.CLASS: ObjectClass.PUBLIC_KEY, **wanted}):
            yield from _of_public_key(item)
        for item in session.get_objects({Attribute.CLASS: ObjectClass.CERTIFICATE, **wanted}):
            yield from _of_certificate(attribute(item, Attribute.VALUE))
    yield from _of_rsa(key)


def _of_public_key(item: object) -> Iterator[bytes]:
    from pkcs11 import KeyType, PublicKey
    from pkcs11.util.ec import encode_ec_public_key

    if isinstance(item, PublicKey) and item.key_type is KeyType.EC:
        try:
            yield encode_ec_public_key(item)
        except (ValueError, TypeError) as error:
            raise TokenError(f"the token's public key cannot be read: {error}", _HINT) from error
    else:
        yield from _of_rsa(item)


def _of_rsa(item: object) -> Iterator[bytes]:
    from pkcs11 import Attribute

    modulus = attribute(item, Attribute.MODULUS)
    exponent = attribute(item, Attribute.PUBLIC_EXPONENT)
    if isinstance(modulus, bytes) and isinstance(exponent, bytes):
        yield rsa_spki(modulus, exponent)


def _of_certificate(octets: object) -> Iterator[bytes]:
    if not isinstance(octets, bytes):
        return
    try:
        yield read_certificate(octets).public_key.spki
    except (CertificateError, DerError):
        return
