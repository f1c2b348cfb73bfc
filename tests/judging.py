"""Judging bytes in this process, with the test vendors trusted: what many tests begin with."""

import io
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from functools import cache
from pathlib import Path

from tng.models import Outcome, RejectedDevice, Undecodable
from tng.scan import Scan
from tng.testing.manifest import Entry, write_manifest
from tng.testing.microchip import MicrochipVendor
from tng.testing.nxp import NxpVendor
from tng.trust.added import added_material
from tng.trust.builtin import built_in_material
from tng.trust.store import TrustStore
from tng.verify.duplicates import DuplicateIndex, identify
from tng.verify.policy import VerificationPolicy
from tng.verify.verifier import Verifier

ROOT = Path(__file__).resolve().parents[1]
MANIFESTS = ROOT / "manifests"
TRUST = MANIFESTS / "trust"
TODAY = datetime(2026, 11, 21, 12, tzinfo=UTC)

MICROCHIP_TRUST = (
    "--trust-anchor",
    str(TRUST / "root.pem"),
    "--manifest-signer",
    str(TRUST / "manifest-signer.pem"),
)
NXP_TRUST = (
    "--trust-anchor",
    str(TRUST / "nxp-roots.pem"),
    "--intermediate",
    str(TRUST / "nxp-intermediates.pem"),
)


@cache
def microchip() -> MicrochipVendor:
    return MicrochipVendor()


@cache
def nxp() -> NxpVendor:
    return NxpVendor()


@cache
def trusting_store() -> TrustStore:
    """Built in, and both test vendors; without their intermediates."""
    added = added_material(
        [TRUST / "root.pem", TRUST / "nxp-roots.pem"], [TRUST / "manifest-signer.pem"], []
    )
    return TrustStore(built_in_material(), added)


def verifier(
    *, at: datetime = TODAY, strict: bool = False, store: TrustStore | None = None
) -> Verifier:
    return Verifier(store or trusting_store(), VerificationPolicy(at, strict))


def judge(data: bytes, by: Verifier | None = None, *, jobs: int = 1) -> list[Outcome]:
    """The outcomes of one input, whatever kind it is."""
    return list(Scan(["-"], io.BytesIO(data), jobs).outcomes(by or verifier()))


def judge_files(names: Sequence[Path], by: Verifier | None = None) -> list[Outcome]:
    scan = Scan([str(name) for name in names], io.BytesIO(), 1)
    return list(scan.outcomes(by or verifier()))


def without_duplicates(outcomes: Sequence[Outcome], size: int = 100) -> list[Outcome]:
    """The outcomes with later duplicates rejected, looked up by so many at once."""
    judged = list(outcomes)
    with DuplicateIndex() as index:
        for first in range(0, len(judged), size):
            part = list(enumerate(judged))[first : first + size]
            genuine = [(number, identity) for number, o in part if (identity := identify(o))]
            for number, found in index.find(genuine).items():
                outcome = judged[number]
                assert not isinstance(outcome, Undecodable)
                judged[number] = RejectedDevice(outcome.record, (*outcome.findings, found))
    return judged


def manifest(entries: Iterable[Entry]) -> bytes:
    stream = io.BytesIO()
    write_manifest(stream, entries)
    return stream.getvalue()


def codes(outcome: Outcome) -> set[str]:
    return {item.code for item in outcome.findings}
