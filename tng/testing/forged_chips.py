"""NXP-like chips that must not be registered, each with what a verifier should say of it.

The vendor's three roots are taken as trusted and `ForgedChip.chip.issuers` as offered
(``--intermediate``); the certificate reaches the verifier in any dump that carries the
UID (`tng.testing.dumps`).
"""

from collections.abc import Callable
from dataclasses import dataclass, replace

from tng.models import Status
from tng.testing import certificates as x509
from tng.testing.certificates import subordinate
from tng.testing.keys import seeded_key
from tng.testing.nxp import VARIANT_C1, ChipCertificate, ChipObject, Hierarchy, NxpVendor

DEMO_UNIT = "NXP Plug Trust CA"
"""Organizational unit of NXP's demonstration authorities, whose keys are public."""


@dataclass(frozen=True, slots=True)
class ForgedChip:
    """A chip's certificate, and the outcome that it should have.

    ``codes`` must be among its findings; there may be more.
    """

    name: str
    description: str
    chip: ChipCertificate
    status: Status
    codes: frozenset[str]


ChipForger = Callable[[NxpVendor, int], ForgedChip]
"""Makes a forged chip from chip ``number``, and where it needs a second one, ``number + 1``."""


def wrong_uid(vendor: NxpVendor, number: int = 0) -> ForgedChip:
    """The dump pairs the certificate with the UID of the next chip."""
    chip = replace(vendor.chip(number), uid=vendor.uid(number + 1))
    return _forged(wrong_uid, chip, "uid-serial-mismatch")


def revoked_issuer(vendor: NxpVendor, number: int = 0) -> ForgedChip:
    """A chip of SE050C1, whose elliptic-curve cloud intermediate was revoked."""
    chip = vendor.chip(number, ChipObject.CLOUD_ECC, VARIANT_C1)
    return _forged(revoked_issuer, chip, "issuer-revoked")


def demo_authority(vendor: NxpVendor, number: int = 0) -> ForgedChip:
    """Issued by an authority that is called like NXP's demonstration CA."""
    demo = NxpVendor(
        vendor.seed + "/demo",
        organization=vendor.organization,
        prefix=vendor.prefix,
        unit=DEMO_UNIT,
    )
    return _forged(demo_authority, demo.chip(number), "demo-ca")


def look_alike_hierarchy(vendor: NxpVendor, number: int = 0) -> ForgedChip:
    """The whole chain again, root included, with the same names and other keys."""
    impostor = NxpVendor(
        "look-alike", organization=vendor.organization, prefix=vendor.prefix, unit=vendor.unit
    )
    # Without key identifiers a look-alike cannot be told from a signature that does not fit.
    return _forged(look_alike_hierarchy, impostor.chip(number), "certificate-signature-invalid")


def missing_issuer(vendor: NxpVendor, number: int = 0) -> ForgedChip:
    """Genuine, but the intermediate of its variant is not at hand."""
    chip = replace(vendor.chip(number), issuers=())
    return _forged(missing_issuer, chip, "issuer-unknown", status=Status.UNVERIFIED)


def attestation_object(vendor: NxpVendor, number: int = 0) -> ForgedChip:
    """Genuine, but an attestation certificate: no identity for a cloud."""
    chip = vendor.chip(number, ChipObject.ATTESTATION)
    return _forged(attestation_object, chip, "nxp-attestation-object", status=Status.VERIFIED)


def connectivity_object(vendor: NxpVendor, number: int = 0) -> ForgedChip:
    """Genuine, but meant for EdgeLock 2GO."""
    chip = vendor.chip(number, ChipObject.CONNECTIVITY)
    return _forged(connectivity_object, chip, "nxp-connectivity-object", status=Status.VERIFIED)


def intermediate_below_path(vendor: NxpVendor, number: int = 0) -> ForgedChip:
    """The cloud intermediate, whose path length is 0, has another authority below it."""
    issuers = vendor.issuers(Hierarchy.CLOUD_ECC)
    key = seeded_key(vendor.seed, "nxp/below")
    genuine = vendor.leaf_request(vendor.uid(number), ChipObject.CLOUD_ECC, key)
    request = replace(
        genuine,
        subject=vendor.name("tng Test Authority Below"),
        serial=b"\x11",
        extensions=(x509.basic_constraints(is_ca=True),),
    )
    below = subordinate(issuers[0], request, key)
    leaf_key = seeded_key(vendor.seed, f"nxp/below/{number}")
    leaf = below.issue(vendor.leaf_request(vendor.uid(number), ChipObject.CLOUD_ECC, leaf_key))
    chip = ChipCertificate(
        vendor.uid(number),
        ChipObject.CLOUD_ECC.id,
        leaf,
        (below.certificate, *(issuer.certificate for issuer in issuers)),
    )
    return _forged(intermediate_below_path, chip, "path-length-exceeded")


CHIP_FORGERIES: tuple[ChipForger, ...] = (
    wrong_uid,
    revoked_issuer,
    demo_authority,
    look_alike_hierarchy,
    missing_issuer,
    attestation_object,
    connectivity_object,
    intermediate_below_path,
)
"""Every forger of this module."""


def _forged(
    forger: ChipForger, chip: ChipCertificate, code: str, *, status: Status = Status.REJECTED
) -> ForgedChip:
    description = (forger.__doc__ or "").strip().splitlines()[0]
    return ForgedChip(forger.__name__, description, chip, status, frozenset({code}))
