"""Decode and verify, against the time of two bare P-256 verifications a device.

The limit is measured between the runs, in the same process and with the same library:
nothing can be faster without skipping a signature. It is measured in as many processes as there
are cores as well: more than that is not to be had from this machine.
"""

import io
import multiprocessing
import os
import statistics
import time
from collections.abc import Callable
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

SIGNATURES_A_DEVICE = 2


@dataclass(frozen=True, slots=True)
class Speed:
    """Medians: seconds a device for the limit, on one core, and on all cores.

    The ratios are medians of those of each round, in which all were measured one after
    another: on a machine whose speed changes from minute to minute they change less than
    the times do. ``bare_speed_up`` is by how much bare verifications are faster on all cores.
    """

    entries: int
    cores: int
    limit: float
    one_core: float
    all_cores: float
    to_limit: float
    speed_up: float
    bare_speed_up: float


def one_core(inputs: Inputs, entries: int) -> Callable[[], None]:
    """Decode and verify, in this process alone; for a profiler."""
    manifest, verifier = inputs.manifests[entries], _verifier(inputs)
    return lambda: _verify(manifest, verifier, 1, entries)


def measure_speed(inputs: Inputs, entries: int, rounds: int) -> Speed:
    """Time limit, one core and all cores in turn, ``rounds`` times."""
    manifest = inputs.manifests[entries]
    verifier = _verifier(inputs)
    bare = bare_verification()
    cores = os.cpu_count() or 1
    signatures = entries * SIGNATURES_A_DEVICE
    took = [
        (
            _time(lambda: _repeat(bare, signatures)),
            _time(lambda: _verify(manifest, verifier, 1, entries)),
            _time(lambda: _verify(manifest, verifier, 0, entries)),
            _time_together(bare, signatures, cores),
        )
        for _ in range(rounds)
    ]
    limit, one, spread, _ = (
        statistics.median(times) / entries for times in zip(*took, strict=True)
    )
    return Speed(
        entries,
        cores,
        limit,
        one,
        spread,
        statistics.median(limit / one for limit, one, _, _ in took),
        statistics.median(one / spread for _, one, spread, _ in took),
        statistics.median(cores * limit / together for limit, _, _, together in took),
    )


def verified_devices(inputs: Inputs, entries: int) -> list[VerifiedDevice]:
    """The devices of the manifest of so many entries, for what comes after verifying."""
    outcomes = Scan([str(inputs.manifests[entries])], io.BytesIO(), 1).outcomes(_verifier(inputs))
    devices = [outcome for outcome in outcomes if isinstance(outcome, VerifiedDevice)]
    _check(len(devices), entries)
    return devices


def status_of(outcome: Outcome) -> Status:
    """The least that can be asked of each device, so that nothing but judging is measured."""
    return outcome.status


def _verify(manifest: Path, verifier: Verifier, jobs: int, expected: int) -> None:
    found = Scan([str(manifest)], io.BytesIO(), jobs).results(verifier, status_of)
    _check(sum(status is Status.VERIFIED for status in found), expected)


def _verifier(inputs: Inputs) -> Verifier:
    return Verifier(_store(inputs), VerificationPolicy(datetime.now(UTC)))


def _check(verified: int, expected: int) -> None:
    if verified != expected:
        raise AssertionError(f"{verified} of {expected} entries were verified")


def _store(inputs: Inputs) -> TrustStore:
    return TrustStore(built_in_material(), added_material([inputs.root], [inputs.signer], []))


def bare_verification() -> Callable[[], None]:
    """One verification with nothing around it."""
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


def _time_together(bare: Callable[[], None], times: int, processes: int) -> float:
    """Seconds for so many verifications in each of so many processes at once."""
    context = multiprocessing.get_context("fork")
    workers = [context.Process(target=_repeat, args=(bare, times)) for _ in range(processes)]

    def run() -> None:
        for worker in workers:
            worker.start()
        for worker in workers:
            worker.join()

    return _time(run)


def _time(action: Callable[[], None]) -> float:
    start = time.perf_counter()
    action()
    return time.perf_counter() - start
