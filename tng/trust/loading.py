"""The trust store of a run: built in, then ``tng.toml``, then flags."""

from collections.abc import Sequence
from pathlib import Path

from tng.config import TrustSettings
from tng.trust.added import added_material
from tng.trust.builtin import built_in_material
from tng.trust.store import TrustStore


def load_store(
    settings: TrustSettings,
    anchors: Sequence[Path] = (),
    manifest_signers: Sequence[Path] = (),
    intermediates: Sequence[Path] = (),
) -> TrustStore:
    """Read every file named; raises `TrustError` for one that cannot be used."""
    return TrustStore(
        built_in_material(),
        added_material(
            (*settings.anchors, *anchors),
            (*settings.manifest_signers, *manifest_signers),
            (*settings.intermediates, *intermediates),
        ),
    )
