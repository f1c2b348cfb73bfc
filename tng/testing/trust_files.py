"""The test vendors' trust material as PEM files, for the command line's trust options."""

from collections.abc import Mapping
from pathlib import Path

from tng.testing.certificates import pem
from tng.testing.microchip import MicrochipVendor
from tng.testing.nxp import VARIANT_C1, VARIANT_F2, Hierarchy, NxpVendor


def microchip_trust(vendor: MicrochipVendor) -> dict[str, bytes]:
    """File name → PEM. The root is for ``--trust-anchor``, the rest for ``--manifest-signer``."""
    return {
        "root.pem": pem(vendor.root.certificate).encode(),
        "manifest-signer.pem": pem(vendor.manifest_signer.certificate).encode(),
        "expired-manifest-signer.pem": pem(vendor.expired_manifest_signer.certificate).encode(),
    }


def nxp_trust(vendor: NxpVendor) -> dict[str, bytes]:
    """File name → PEM. The roots are for ``--trust-anchor``, the rest for ``--intermediate``.

    The intermediates are those of variant F2, and the revoked one of C1 in a file of its own.
    """
    intermediates = [
        authority.certificate
        for hierarchy in Hierarchy
        for authority in vendor.issuers(hierarchy, VARIANT_F2)
    ]
    revoked = vendor.issuers(Hierarchy.CLOUD_ECC, VARIANT_C1)[0].certificate
    return {
        "nxp-roots.pem": pem(*(root.certificate for root in vendor.roots)).encode(),
        "nxp-intermediates.pem": pem(*intermediates).encode(),
        "nxp-revoked-intermediate.pem": pem(revoked).encode(),
    }


def write_microchip_trust(directory: Path, vendor: MicrochipVendor) -> tuple[Path, ...]:
    """Write `microchip_trust` into ``directory``, made where missing; returns the paths."""
    return write_files(directory, microchip_trust(vendor))


def write_nxp_trust(directory: Path, vendor: NxpVendor) -> tuple[Path, ...]:
    """Write `nxp_trust` into ``directory``, made where missing; returns the paths."""
    return write_files(directory, nxp_trust(vendor))


def write_files(directory: Path, files: Mapping[str, bytes]) -> tuple[Path, ...]:
    """Write each file under ``directory`` by its relative name; returns the paths."""
    paths = tuple(directory / name for name in files)
    for path, content in zip(paths, files.values(), strict=True):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    return paths
