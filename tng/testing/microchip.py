"""A vendor like Microchip: root, signers, manifest signer, and chips with certificates.

Everything follows from the seed: the same seed makes the same bytes on every machine.
The subject names say that they are a test's; `MicrochipVendor` can be given others to
make look-alikes. Manifests are made in `tng.testing.manifest`.
"""

from base64 import urlsafe_b64encode
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from hashlib import sha1, sha256

from tng.testing import certificates as x509
from tng.testing.certificates import Authority, CertificateRequest
from tng.testing.keys import SigningKey, seeded_key, seeded_octets, seeded_point
from tng.testing.parts import TNGTLSU_608C, Part

DEFAULT_SEED = "tng"
NEVER = datetime(9999, 12, 31, 23, 59, 59, tzinfo=UTC)
"""The end of certificates that do not expire (RFC 5280 §4.1.2.5)."""

_SERIAL_PREFIX = "0123"
_MIDDLE_VALUES = 2**48
_SCRAMBLER = 0x5DEECE66D
"""Odd, so that multiplying by it modulo 2**48 gives every chip another serial number."""
_SPKI_PREFIX = bytes.fromhex("3059301306072a8648ce3d020106082a8648ce3d03010703420004")
_DEVICE_YEARS = 28
_DEVICE_FIXED_EXTENSIONS = (
    x509.basic_constraints(is_ca=False),
    x509.key_usage("digitalSignature", "keyAgreement"),
)


@dataclass(frozen=True, slots=True)
class Device:
    """One chip as its manufacturer knows it.

    ``unique_id`` is the serial number in lower-case hex; ``point`` the coordinates X‖Y of
    the key that ``certificate`` (DER) certifies; ``signer`` the issuer's certificate (DER).
    ``number`` is the one it was asked for with.
    """

    number: int
    part: Part
    unique_id: str
    point: bytes
    certificate: bytes
    signer: bytes


@dataclass(frozen=True, slots=True)
class ManifestSigner:
    """The self-signed certificate and key that sign manifest entries; it is no CA."""

    certificate: bytes
    key: SigningKey

    @property
    def key_id(self) -> str:
        """``kid``: base64url of the subject key identifier."""
        return base64url(self.key.identifier)

    @property
    def thumbprint(self) -> str:
        """``x5t#S256``: base64url of the SHA-256 of the certificate (RFC 7515 §4.1.8)."""
        return base64url(sha256(self.certificate).digest())


def base64url(data: bytes) -> str:
    """Base64url without padding (RFC 7515 §2)."""
    return urlsafe_b64encode(data).rstrip(b"=").decode()


class MicrochipVendor:
    """Root, signers, manifest signer and chips, all made from ``seed``.

    ``root_common_name`` and ``organization`` are the root's subject; two vendors with
    another seed and the same names are look-alikes.
    """

    def __init__(
        self,
        seed: str = DEFAULT_SEED,
        *,
        root_common_name: str = "tng Test Root CA 002",
        organization: str = "tng test vendor",
    ) -> None:
        self.seed = seed
        self.root_common_name = root_common_name
        self.organization = organization
        self._signers: dict[int, Authority] = {}

    @cached_property
    def root(self) -> Authority:
        """Self-signed P-256 root, 2018 to 2058, without keyUsage, like the genuine one."""
        key = seeded_key(self.seed, "root")
        request = CertificateRequest(
            subject=self.name(self.root_common_name),
            spki=key.spki,
            serial=self.serial("root"),
            not_before=datetime(2018, 11, 8, 19, 12, 19, tzinfo=UTC),
            not_after=datetime(2058, 11, 8, 19, 12, 19, tzinfo=UTC),
            extensions=(
                x509.subject_key_identifier(key.identifier),
                x509.authority_key_identifier(key.identifier),
                x509.basic_constraints(is_ca=True),
            ),
        )
        return x509.self_signed(request, key)

    def signer(self, index: int = 0) -> Authority:
        """The intermediate number ``index`` that issues chips: path length 0, 2018 to 2049."""
        if index not in self._signers:
            key = seeded_key(self.seed, f"signer/{index}")
            request = self.signer_request(
                key, f"tng Test Authentication Signer {0x2A00 + index:04X}"
            )
            self._signers[index] = x509.subordinate(self.root, request, key)
        return self._signers[index]

    def signer_request(self, key: SigningKey, common_name: str) -> CertificateRequest:
        """What the root certifies of a signer."""
        return CertificateRequest(
            subject=self.name(common_name),
            spki=key.spki,
            serial=self.serial(common_name),
            not_before=datetime(2018, 12, 14, 20, 0, 0, tzinfo=UTC),
            not_after=datetime(2049, 12, 14, 20, 0, 0, tzinfo=UTC),
            extensions=(
                x509.key_usage("digitalSignature", "keyCertSign", "cRLSign"),
                x509.basic_constraints(is_ca=True, path_length=0),
                x509.subject_key_identifier(key.identifier),
                x509.authority_key_identifier(self.root.key.identifier),
            ),
            generalized_end=True,
        )

    @cached_property
    def manifest_signer(self) -> ManifestSigner:
        """Signs manifests; valid from 2018-12 and never expiring."""
        begin = datetime(2018, 12, 1, 0, 0, 0, tzinfo=UTC)
        return self.make_manifest_signer("tng Test Manifest Signer 005", begin, NEVER)

    @cached_property
    def expired_manifest_signer(self) -> ManifestSigner:
        """Signs manifests too; valid for one month of 2019 only."""
        begin = datetime(2019, 1, 18, 20, 29, 41, tzinfo=UTC)
        end = datetime(2019, 2, 18, 20, 29, 41, tzinfo=UTC)
        return self.make_manifest_signer("tng Test Log Signer", begin, end)

    def make_manifest_signer(
        self, common_name: str, not_before: datetime, not_after: datetime
    ) -> ManifestSigner:
        """A manifest signer of that name and validity: self-signed, CA:FALSE, SKI, AKI."""
        key = seeded_key(self.seed, f"manifest-signer/{common_name}")
        request = CertificateRequest(
            subject=self.name(common_name),
            spki=key.spki,
            serial=self.serial(common_name),
            not_before=not_before,
            not_after=not_after,
            extensions=(
                x509.subject_key_identifier(key.identifier),
                x509.authority_key_identifier(key.identifier),
                x509.basic_constraints(is_ca=False),
            ),
        )
        return ManifestSigner(x509.self_signed(request, key).certificate, key)

    def device(
        self,
        number: int,
        part: Part = TNGTLSU_608C,
        *,
        signer: Authority | None = None,
        short_coordinate: bool = False,
    ) -> Device:
        """Chip ``number`` (0 to 2**48-1) of that part, certified by ``signer`` (signer 0).

        ``short_coordinate`` gives it a key whose X begins with a zero octet.
        """
        unique_id = self._unique_id(number, part)
        point = self._point(unique_id, short=short_coordinate)
        issuer = signer or self.signer()
        certificate = issuer.issue(self.device_request(unique_id, part, point, issuer))
        return Device(number, part, unique_id, point, certificate, issuer.certificate)

    def device_key(self, number: int, part: Part = TNGTLSU_608C) -> SigningKey:
        """The private key of that chip, which a real one gives to nobody: to simulate it."""
        return seeded_key(self.seed, f"device/{self._unique_id(number, part)}")

    def device_request(
        self, unique_id: str, part: Part, point: bytes, issuer: Authority
    ) -> CertificateRequest:
        """What ``issuer`` certifies of a chip with that id and key."""
        serial = unique_id.upper()
        eui = sha256(unique_id.encode()).hexdigest().upper()
        fields = {"serial": serial, "deveui": f"0004A310{eui[:8]}", "mac": f"682719{eui[:6]}"}
        extensions: tuple[bytes, ...] = (
            *_DEVICE_FIXED_EXTENSIONS,
            x509.subject_key_identifier(sha1(b"\4" + point, usedforsecurity=False).digest()),
            x509.authority_key_identifier(issuer.key.identifier),
        )
        if part.alternative_name:
            text = part.alternative_name.format(**fields)
            extensions = (x509.directory_serial_number(text), *extensions)
        return CertificateRequest(
            subject=self.name(part.common_name.format(**fields)),
            spki=_SPKI_PREFIX + point,
            serial=self.serial(unique_id),
            not_before=part.issued,
            not_after=part.issued.replace(year=part.issued.year + _DEVICE_YEARS),
            extensions=extensions,
            generalized_end=True,
        )

    def name(self, common_name: str) -> bytes:
        """DER name with the vendor's organization and that common name."""
        return x509.name((x509.ORGANIZATION, self.organization), (x509.COMMON_NAME, common_name))

    def serial(self, label: str) -> bytes:
        """Content octets of a serial number of 16 octets, positive, from the label."""
        octets = seeded_octets(self.seed, f"serial/{label}", 16)
        return bytes((octets[0] & 0x3F | 0x40,)) + octets[1:]

    def _unique_id(self, number: int, part: Part) -> str:
        start = int.from_bytes(seeded_octets(self.seed, f"ids/{part.part_number}", 6), "big")
        middle = (start + number * _SCRAMBLER) % _MIDDLE_VALUES
        return f"{_SERIAL_PREFIX}{middle:012x}{part.tail}"

    def _point(self, unique_id: str, *, short: bool) -> bytes:
        attempt = 0
        point = seeded_point(self.seed, f"device/{unique_id}")
        while short and point[0]:
            attempt += 1
            point = seeded_point(self.seed, f"device/{unique_id}/{attempt}")
        return point
