"""A vendor like NXP: the SE05x hierarchies, their quirks, and chips with several objects.

Structure as in AN12436: cloud connection (ECC and RSA, three issuers above a leaf),
attestation and connectivity. No subject or authority key identifiers anywhere; NULL
ECDSA parameters in the elliptic-curve roots and in what they sign; the leaf's serial
number is the chip's UID and two octets. How people hold these certificates is in
`tng.testing.dumps`.
"""

from dataclasses import dataclass, replace
from datetime import UTC, datetime
from enum import Enum
from functools import cached_property

from tng.testing import certificates as x509
from tng.testing.certificates import Authority, CertificateRequest
from tng.testing.keys import SigningKey, rsa_key, seeded_key, seeded_octets
from tng.testing.microchip import DEFAULT_SEED

VARIANT_C1 = "0001A200"
"""Configuration of SE050C1, whose elliptic-curve cloud intermediate NXP revoked."""
VARIANT_C2 = "0001A201"
VARIANT_F2 = "0001A92A"

_LEAF_BEGIN = datetime(2023, 12, 1, tzinfo=UTC)
_LEAF_END = datetime(2035, 11, 28, tzinfo=UTC)
_CA_USAGE = x509.key_usage("keyCertSign", "cRLSign")
_RSA_LEAF_KEYS = 4


class Hierarchy(Enum):
    """Which chain an object's certificate hangs under."""

    CLOUD_ECC = "cloud-ecc"
    CLOUD_RSA = "cloud-rsa"
    ATTESTATION = "attestation"
    CONNECTIVITY = "connectivity"


class ChipObject(Enum):
    """Certificate objects: object id, hierarchy, last two octets of the serial number."""

    CLOUD_ECC = ("f0000101", Hierarchy.CLOUD_ECC, "0000")
    CLOUD_ECC_SECOND = ("f0000103", Hierarchy.CLOUD_ECC, "0001")
    CLOUD_RSA = ("f0000111", Hierarchy.CLOUD_RSA, "0000")
    ATTESTATION = ("f0000013", Hierarchy.ATTESTATION, "0002")
    CONNECTIVITY = ("f0000001", Hierarchy.CONNECTIVITY, "0000")

    @property
    def id(self) -> str:
        """The object id as logs print it, eight lower-case hex digits."""
        return self.value[0]

    @property
    def hierarchy(self) -> Hierarchy:
        """The chain above its certificate."""
        return self.value[1]

    @property
    def serial_tail(self) -> str:
        """Four hex digits after the UID in the serial number."""
        return self.value[2]


_FIRST_LEVEL = {
    Hierarchy.CLOUD_ECC: ("Intermediate-4LayerCAvE205", 4, 1),
    Hierarchy.CLOUD_RSA: ("Intermediate-4LayerCAvR406", 4, 1),
    Hierarchy.ATTESTATION: ("Intermediate-AttestationCAvE206", 2, 0),
    Hierarchy.CONNECTIVITY: ("Intermediate-ConnectivityCAvE206", 3, 0),
}
"""Name, serial number and path length of the authority under the root."""


@dataclass(frozen=True, slots=True)
class ChipCertificate:
    """One certificate object of one chip.

    ``uid`` has 36 lower-case hex digits; ``certificate`` is DER, ``issuers`` those above it
    without the root, the direct one first.
    """

    uid: str
    object_id: str
    certificate: bytes
    issuers: tuple[bytes, ...]


class NxpVendor:
    """Roots, intermediates and chips, all made from ``seed`` (RSA keys: always the same).

    ``organization`` and ``prefix`` go into the subject names; ``"NXP"`` for both makes
    look-alikes of the genuine hierarchies. ``unit`` is the organizational unit.
    """

    def __init__(
        self,
        seed: str = DEFAULT_SEED,
        *,
        organization: str = "tng test vendor",
        prefix: str = "tng Test",
        unit: str = "Plug and Trust",
    ) -> None:
        self.seed = seed
        self.organization = organization
        self.prefix = prefix
        self.unit = unit
        self._issuers: dict[tuple[Hierarchy, str], tuple[Authority, ...]] = {}

    @cached_property
    def root_e305(self) -> Authority:
        """P-384 root of the elliptic-curve cloud certificates."""
        key = seeded_key(self.seed, "nxp/root-e305", "P-384", "sha384")
        return _signing_with_sha256(self._root("RootCAvE305", key, null_parameters=True))

    @cached_property
    def root_r406(self) -> Authority:
        """RSA-4096 root of the RSA cloud certificates; it always signs with SHA-384."""
        key = replace(rsa_key("nxp/root-r406", 4096), hash_name="sha384")
        return self._root("RootCAvR406", key, null_parameters=False)

    @cached_property
    def root_e506(self) -> Authority:
        """P-521 root of the attestation and connectivity certificates."""
        key = seeded_key(self.seed, "nxp/root-e506", "P-521", "sha512")
        return _signing_with_sha256(self._root("RootCAvE506", key, null_parameters=True))

    @property
    def roots(self) -> tuple[Authority, ...]:
        """The three roots."""
        return self.root_e305, self.root_r406, self.root_e506

    def issuers(self, hierarchy: Hierarchy, variant: str = VARIANT_F2) -> tuple[Authority, ...]:
        """The intermediates above a leaf, the one that issues it first; without the root.

        ``variant`` is the first four octets of the configuration id in hex; it matters in
        the cloud hierarchies.
        """
        found = self._issuers.get((hierarchy, variant))
        if found is None:
            found = self._make_issuers(hierarchy, variant)
            self._issuers[hierarchy, variant] = found
        return found

    def uid(self, number: int) -> str:
        """UID of chip ``number`` (0 to 2**48-1): 36 lower-case hex digits."""
        batch = seeded_octets(self.seed, "nxp/batch", 7).hex()
        return f"04005001{batch}04{number:012x}"

    def chip(
        self,
        number: int,
        chip_object: ChipObject = ChipObject.CLOUD_ECC,
        variant: str = VARIANT_F2,
    ) -> ChipCertificate:
        """The certificate of that object on chip ``number``.

        There are keys for four RSA chips (0 to 3): `ValueError` beyond.
        """
        issuers = self.issuers(chip_object.hierarchy, variant)
        request = self.leaf_request(
            self.uid(number), chip_object, self.chip_key(number, chip_object)
        )
        return ChipCertificate(
            self.uid(number),
            chip_object.id,
            issuers[0].issue(request),
            tuple(issuer.certificate for issuer in issuers),
        )

    def chip_key(self, number: int, chip_object: ChipObject = ChipObject.CLOUD_ECC) -> SigningKey:
        """The key behind that object, which a chip would never give away.

        There are keys for four RSA chips (0 to 3): `ValueError` beyond.
        """
        if chip_object.hierarchy is not Hierarchy.CLOUD_RSA:
            return seeded_key(self.seed, f"nxp/{self.uid(number)}/{chip_object.id}")
        if number >= _RSA_LEAF_KEYS:
            raise ValueError(f"there are keys for {_RSA_LEAF_KEYS} RSA chips, not for {number}")
        return rsa_key(f"nxp/leaf-{number}", 2048)

    def leaf_request(
        self, uid: str, chip_object: ChipObject, key: SigningKey
    ) -> CertificateRequest:
        """What the issuer certifies of that object; the UID is in CN, serial number, SAN."""
        upper = uid.upper()
        if chip_object.hierarchy is Hierarchy.ATTESTATION:
            common_name = f"Attest-{upper}"
            extensions: tuple[bytes, ...] = (
                x509.basic_constraints(is_ca=False, critical=False),
                x509.key_usage("digitalSignature", critical=False),
            )
        else:
            common_name = upper
            extensions = (
                x509.basic_constraints(is_ca=False),
                x509.key_usage("digitalSignature", "keyAgreement"),
                x509.dns_name(upper),
            )
        return CertificateRequest(
            subject=self.name(common_name),
            spki=key.spki,
            serial=bytes.fromhex(uid + chip_object.serial_tail),
            not_before=_LEAF_BEGIN,
            not_after=_LEAF_END,
            extensions=extensions,
        )

    def name(self, common_name: str) -> bytes:
        """DER name: organizational unit, organization, common name, in NXP's order."""
        return x509.name(
            (x509.ORGANIZATIONAL_UNIT, self.unit),
            (x509.ORGANIZATION, self.organization),
            (x509.COMMON_NAME, common_name),
        )

    def _root(self, short_name: str, key: SigningKey, *, null_parameters: bool) -> Authority:
        request = CertificateRequest(
            subject=self.name(f"{self.prefix} {short_name}"),
            spki=key.spki,
            serial=b"\x01",
            not_before=datetime(2019, 3, 20, 15, 26, 4, tzinfo=UTC),
            not_after=datetime(2037, 3, 20, 15, 26, 4, tzinfo=UTC),
            extensions=(x509.basic_constraints(is_ca=True), _CA_USAGE),
        )
        return x509.self_signed(request, key, null_parameters=null_parameters)

    def _make_issuers(self, hierarchy: Hierarchy, variant: str) -> tuple[Authority, ...]:
        upper = self._first_level(hierarchy)
        common_name = f"CloudConn-Intermediate-04005001{variant}"
        match hierarchy:
            case Hierarchy.CLOUD_ECC:
                key = seeded_key(self.seed, f"nxp/cloud/{variant}")
                return self._cloud(upper, f"{common_name}-ECC", variant, key), upper
            case Hierarchy.CLOUD_RSA:
                key = rsa_key("nxp/cloud-rsa", 4096)
                return self._cloud(upper, f"{common_name}-RSA", variant, key), upper
            case Hierarchy.ATTESTATION | Hierarchy.CONNECTIVITY:
                return (upper,)

    def _first_level(self, hierarchy: Hierarchy) -> Authority:
        short_name, serial, path_length = _FIRST_LEVEL[hierarchy]
        root, key = self.root_e506, seeded_key(self.seed, f"nxp/{hierarchy.value}")
        if hierarchy is Hierarchy.CLOUD_ECC:
            root = self.root_e305
        elif hierarchy is Hierarchy.CLOUD_RSA:
            root, key = self.root_r406, rsa_key("nxp/intermediate-r406", 4096)
        request = CertificateRequest(
            subject=self.name(f"{self.prefix} {short_name}"),
            spki=key.spki,
            serial=bytes((serial,)),
            not_before=datetime(2019, 3, 20, 15, 42, 54, tzinfo=UTC),
            not_after=datetime(2034, 3, 20, 15, 42, 54, tzinfo=UTC),
            extensions=(x509.basic_constraints(is_ca=True, path_length=path_length), _CA_USAGE),
        )
        return x509.subordinate(root, request, key)

    def _cloud(
        self, upper: Authority, common_name: str, variant: str, key: SigningKey
    ) -> Authority:
        request = CertificateRequest(
            subject=self.name(common_name),
            spki=key.spki,
            serial=bytes.fromhex(f"04005001{variant}0000"),
            not_before=datetime(2019, 5, 15, tzinfo=UTC),
            not_after=datetime(2034, 5, 11, tzinfo=UTC),
            extensions=(x509.basic_constraints(is_ca=True, path_length=0),),
        )
        return x509.subordinate(upper, request, key)


def _signing_with_sha256(root: Authority) -> Authority:
    # The genuine elliptic-curve roots sign themselves with the hash of their size, and
    # others with SHA-256.
    return replace(root, key=SigningKey(root.key.private))
