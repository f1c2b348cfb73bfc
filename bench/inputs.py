"""Manifests of the test vendor, made once in a temporary folder."""

from dataclasses import dataclass
from pathlib import Path

from tng.testing.manifest import make_entries, write_manifest
from tng.testing.microchip import MicrochipVendor
from tng.testing.trust_files import write_microchip_trust


@dataclass(frozen=True, slots=True)
class Inputs:
    """Manifests by number of entries, and the flags that make `tng` trust their vendor."""

    manifests: dict[int, Path]
    root: Path
    signer: Path

    @property
    def trust_flags(self) -> list[str]:
        """Command-line flags."""
        return ["--trust-anchor", str(self.root), "--manifest-signer", str(self.signer)]


def make_inputs(folder: Path, sizes: tuple[int, ...]) -> Inputs:
    """Write a manifest of full entries (3.7 kB each) for each size."""
    vendor = MicrochipVendor("bench")
    root, signer, _ = write_microchip_trust(folder, vendor)
    manifests = {}
    for size in sizes:
        manifests[size] = folder / f"manifest-{size}.json"
        with manifests[size].open("wb") as stream:
            write_manifest(stream, make_entries(vendor, size))
    return Inputs(manifests, root, signer)
