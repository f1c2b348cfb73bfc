"""Genuine artefacts that lie beside the checkout on some machines and are not ours to ship."""

from pathlib import Path

import pytest

_SHARED = Path(__file__).resolve().parents[2] / "shared"


def shared(*parts: str) -> Path:
    """The path of a genuine artefact; the test that asks is skipped where it is absent."""
    path = _SHARED.joinpath(*parts)
    if not path.exists():
        pytest.skip(f"genuine material is absent: ../shared/{'/'.join(parts)}")
    return path
