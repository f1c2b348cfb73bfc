"""Decode and verify, against the time of two bare P-256 verifications a device.

The limit is measured between the runs, in the same process and with the same library:
nothing can be faster without skipping a signature.
"""

import io
import os
import statistics
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec

from bench.inputs import Inputs
from tng.models import Outcome, Status, VerifiedDevice
from tng.scan import Scan
from tng.trust.store import TrustStore, added_material, built_in_material
from tng.verify.policy import VerificationPolicy
from tng.verify.verifier import Verifier

_LIMIT_ROUNDS = 10_000
SIGNATURES_A_DEVICE = 2


@dataclass(frozen=True, slots=True)
class Speed:
    """Medians: seconds a device for the limit, on one core, and on all cores."""

    entries: int
    cores: int
    limit: float
    one_core: float
    all_cores: float


def measure_speed(inputs: Inputs, entries: int, rounds: int) -> Speed:
    """Time limit, one core and all cores in turn, ``rounds`` times."""
    manifest = inputs.manifests[entries]
    store = _store(inputs)
    bare = _bare_verification()
    samples: dict[str, list[float]] = {"limit": [], "one": [], "all": []}
    for _ in range(rounds):
        samples["limit"].append(_time(lambda: _repeat(bare, _LIMIT_ROUNDS)) / _LIMIT_ROUNDS)
        samples["one"].append(_time(lambda: _verify(manifest, store, 1, entries)) / entries)
        samples["all"].append(_time(lambda: _verify(manifest, store, 0, entries)) / entries)
    median = {name: statistics.median(values) for name, values in samples.items()}
    limit = median["limit"] * SIGNATURES_A_DEVICE
    return Speed(entries, os.cpu_count() or 1, limit, median["one"], median["all"])


def verified_devices(inputs: Inputs, entries: int) -> list[VerifiedDevice]:
    """The devices of the manifest of so many entries, for what comes after verifying."""
    outcomes = _scan(inputs.manifests[entries], _store(inputs), 1)
    devices = [outcome for outcome in outcomes if isinstance(outcome, VerifiedDevice)]
    _check(len(devices), entries)
    return devices


def _verify(manifest: Path, store: TrustStore, jobs: int, expected: int) -> None:
    _check(sum(o.status is Status.VERIFIED for o in _scan(manifest, store, jobs)), expected)


def _scan(manifest: Path, store: TrustStore, jobs: int) -> Iterator[Outcome]:
    verifier = Verifier(store, VerificationPolicy(datetime.now(UTC)))
    return Scan([str(manifest)], io.BytesIO(), jobs).outcomes(verifier)


def _check(verified: int, expected: int) -> None:
    if verified != expected:
        raise AssertionError(f"{verified} of {expected} entries were verified")


def _store(inputs: Inputs) -> TrustStore:
    return TrustStore(built_in_material(), added_material([inputs.root], [inputs.signer], []))


def _bare_verification() -> Callable[[], None]:
    key = ec.generate_private_key(ec.SECP256R1())
    algorithm = ec.ECDSA(hashes.SHA256())
    # As long as the signed part of a device certificate.
    message = bytes(450)
    signature = key.sign(message, algorithm)
    public = key.public_key()
    return lambda: public.verify(signature, message, algorithm)


def _repeat(action: Callable[[], None], times: int) -> None:
    for _ in range(times):
        action()


def _time(action: Callable[[], None]) -> float:
    start = time.perf_counter()
    action()
    return time.perf_counter() - start
