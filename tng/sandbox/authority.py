"""The sandbox's own certificate authority: what makes its https and its MQTT servers trusted.

One CA and one server certificate, made anew at every start and kept in memory; the private
keys touch the disk only for as long as `ssl` takes to read them. It knows nothing of device
certificates: those are the test vendor's, or real ones.
"""

import datetime
import ipaddress
import ssl
import tempfile
from collections.abc import Sequence
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
)
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

CA_FILE = "sandbox-ca.pem"
"""What the CA's file is called where it is written."""

DEFAULT_NAMES = ("127.0.0.1", "localhost")
"""What a server of the sandbox is always reached by."""

_LIFETIME = datetime.timedelta(days=7)
_SKEW = datetime.timedelta(hours=1)


class SandboxAuthority:
    """A CA and the certificate of the sandbox's servers.

    ``names`` are host names and IP addresses (without ports) the server certificate is to be
    valid for, beside `DEFAULT_NAMES`. ``ca_pem`` is what a client must trust;
    ``certificate_pem`` (the server's leaf) and ``key_pem`` (PKCS #8) are there for servers
    that cannot use `ssl`.
    """

    def __init__(self, names: Sequence[str] = ()) -> None:
        now = datetime.datetime.now(datetime.UTC)
        ca_key = ec.generate_private_key(ec.SECP256R1())
        server_key = ec.generate_private_key(ec.SECP256R1())
        authority = _authority(ca_key, now)
        wanted = tuple(dict.fromkeys((*DEFAULT_NAMES, *names)))
        server = _server(server_key.public_key(), authority, ca_key, wanted, now)
        self.names = wanted
        self.ca_pem: str = authority.public_bytes(Encoding.PEM).decode("ascii")
        self.certificate_pem: str = server.public_bytes(Encoding.PEM).decode("ascii")
        self.key_pem: str = server_key.private_bytes(
            Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()
        ).decode("ascii")

    def server_context(self) -> ssl.SSLContext:
        """A context for a server, TLS 1.2 and newer, which asks for no client certificate."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        # `ssl` reads certificate and key from files only; the folder is readable by us alone.
        with tempfile.TemporaryDirectory(prefix="tng-sandbox-key-") as folder:
            chain = Path(folder) / "server.pem"
            chain.write_text(self.certificate_pem + self.key_pem, encoding="ascii")
            context.load_cert_chain(chain)
        return context


def _authority(key: ec.EllipticCurvePrivateKey, now: datetime.datetime) -> x509.Certificate:
    name = _name("tng sandbox CA")
    public = key.public_key()
    return (
        _builder(name, name, public, now)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(_usage(signs_certificates=True), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(public), critical=False)
        .sign(key, hashes.SHA256())
    )


def _server(
    public: ec.EllipticCurvePublicKey,
    issuer: x509.Certificate,
    issuer_key: ec.EllipticCurvePrivateKey,
    names: Sequence[str],
    now: datetime.datetime,
) -> x509.Certificate:
    # Python 3.13 verifies strictly (RFC 5280): both key identifiers must be there.
    identifier = x509.AuthorityKeyIdentifier.from_issuer_public_key(issuer_key.public_key())
    return (
        _builder(_name("tng sandbox"), issuer.subject, public, now)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(_usage(signs_certificates=False), critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .add_extension(x509.SubjectAlternativeName([_general(n) for n in names]), critical=False)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(public), critical=False)
        .add_extension(identifier, critical=False)
        .sign(issuer_key, hashes.SHA256())
    )


def _builder(
    subject: x509.Name,
    issuer: x509.Name,
    public: ec.EllipticCurvePublicKey,
    now: datetime.datetime,
) -> x509.CertificateBuilder:
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(public)
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - _SKEW)
        .not_valid_after(now + _LIFETIME)
    )


def _name(common_name: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common_name)])


def _general(name: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(name))
    except ValueError:
        return x509.DNSName(name)


def _usage(*, signs_certificates: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not signs_certificates,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=signs_certificates,
        crl_sign=signs_certificates,
        encipher_only=False,
        decipher_only=False,
    )
