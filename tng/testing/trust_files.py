"""The test vendors' trust material as PEM files, for the command line's trust options."""

from pathlib import Path

from tng.testing.certificates import pem
from tng.testing.microchip import MicrochipVendor


def write_microchip_trust(directory: Path, vendor: MicrochipVendor) -> tuple[Path, ...]:
    """Write ``root.pem``, ``manifest-signer.pem`` and ``expired-manifest-signer.pem``.

    The first is for ``--trust-anchor``, the others for ``--manifest-signer``. The
    directory is made where it is missing; returns the paths.
    """
    return _write(
        directory,
        {
            "root.pem": vendor.root.certificate,
            "manifest-signer.pem": vendor.manifest_signer.certificate,
            "expired-manifest-signer.pem": vendor.expired_manifest_signer.certificate,
        },
    )


def _write(directory: Path, certificates: dict[str, bytes]) -> tuple[Path, ...]:
    directory.mkdir(parents=True, exist_ok=True)
    paths = []
    for name, certificate in certificates.items():
        path = directory / name
        path.write_text(pem(certificate), encoding="ascii", newline="\n")
        paths.append(path)
    return tuple(paths)
