"""A little PKI for servers and devices: any validity, any name, any key; also on a token."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from tng.device.link import FileCredentials
from tng.x509.certificate import read_certificate

YEAR = timedelta(days=365)


def now():
    return datetime.now(UTC)


@dataclass(frozen=True)
class Issued:
    """A certificate and, if it was made here, its key."""

    certificate: x509.Certificate
    key: object = None

    @property
    def der(self):
        return self.certificate.public_bytes(Encoding.DER)

    @property
    def pem(self):
        return self.certificate.public_bytes(Encoding.PEM).decode()

    @property
    def key_pem(self):
        return self.key.private_bytes(
            Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()
        ).decode()  # fmt: skip

    @property
    def credentials(self):
        return FileCredentials(read_certificate(self.der), self.key)

    def write(self, folder: Path, name: str):
        """The files of the certificate and of the key."""
        folder.mkdir(parents=True, exist_ok=True)
        certificate, key = folder / f"{name}.pem", folder / f"{name}.key"
        certificate.write_text(self.pem)
        if self.key is not None:
            key.write_text(self.key_pem)
        return certificate, key


class Authority:
    """A CA that signs whatever a test needs."""

    def __init__(self, name="test CA"):
        self.key = ec.generate_private_key(ec.SECP256R1())
        self.name = _name(name)
        builder = _builder(self.name, self.name, self.key.public_key(), now() - YEAR, now() + YEAR)
        self.certificate = (
            builder.add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
            .add_extension(_usage(signs=True), critical=True)
            .add_extension(
                x509.SubjectKeyIdentifier.from_public_key(self.key.public_key()), critical=False
            )
            .sign(self.key, hashes.SHA256())
        )

    @property
    def pem(self):
        return self.certificate.public_bytes(Encoding.PEM).decode()

    def server(self, *names, begin=None, end=None):
        """A server's certificate for host names and IP addresses."""
        general = [_general(name) for name in names]
        return self._issue(
            f"server {names[0]}", ec.generate_private_key(ec.SECP256R1()), None, begin, end,
            x509.SubjectAlternativeName(general),
        )  # fmt: skip

    def device(self, common_name, begin=None, end=None):
        """A device's certificate with its key."""
        key = ec.generate_private_key(ec.SECP256R1())
        return self._issue(common_name, key, None, begin, end)

    def device_of(self, common_name, public_key):
        """A device's certificate for a key that is elsewhere."""
        return self._issue(common_name, None, public_key, None, None)

    def revoking(self, *certificates):
        """A CRL in PEM."""
        builder = (
            x509.CertificateRevocationListBuilder()
            .issuer_name(self.name)
            .last_update(now() - timedelta(hours=1))
            .next_update(now() + YEAR)
        )
        for issued in certificates:
            builder = builder.add_revoked_certificate(
                x509.RevokedCertificateBuilder()
                .serial_number(issued.certificate.serial_number)
                .revocation_date(now() - timedelta(hours=1))
                .build()
            )
        return builder.sign(self.key, hashes.SHA256()).public_bytes(Encoding.PEM).decode()

    def _issue(self, common_name, key, public_key, begin, end, *extensions):
        public = public_key or key.public_key()
        begin, end = begin or now() - timedelta(days=1), end or now() + YEAR
        builder = _builder(_name(common_name), self.name, public, begin, end)
        builder = builder.add_extension(
            x509.BasicConstraints(ca=False, path_length=None), critical=True
        )
        identifier = x509.AuthorityKeyIdentifier.from_issuer_public_key(self.key.public_key())
        builder = builder.add_extension(identifier, critical=False)
        for extension in extensions:
            builder = builder.add_extension(extension, critical=False)
        return Issued(builder.sign(self.key, hashes.SHA256()), key)


def _general(name):
    try:
        return x509.IPAddress(ip_address(name))
    except ValueError:
        return x509.DNSName(name)


def _name(text):
    return x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, text)])


def _usage(signs):
    return x509.KeyUsage(
        digital_signature=True, content_commitment=False, key_encipherment=False,
        data_encipherment=False, key_agreement=False, key_cert_sign=signs, crl_sign=signs,
        encipher_only=False, decipher_only=False,
    )  # fmt: skip


def _builder(subject, issuer, public, begin, end):
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(public)
        .serial_number(x509.random_serial_number())
        .not_valid_before(begin)
        .not_valid_after(end)
    )
