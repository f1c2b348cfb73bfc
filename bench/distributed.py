"""Verifying on the workers of a dask cluster, against the same on this machine's own processes.

Both have two workers, and both read the manifest that the other one reads. What a cluster costs
is CPU time, which is told for all processes together and for the one that coordinates; its wall
clock is worth looking at only where nothing else runs.
"""

import io
import multiprocessing
import resource
import time
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from pathlib import Path

from rich.table import Table

from bench.figures import Figures, Settings, plain_table
from bench.inputs import Inputs, make_inputs
from bench.verifying import status_of
from tng.distributed import LOCAL, connected
from tng.models import Status
from tng.scan import Scan
from tng.scan.cluster import Cluster
from tng.trust.store import TrustStore, added_material, built_in_material
from tng.verify.policy import VerificationPolicy
from tng.verify.verifier import Verifier

ENTRIES = 20_000
_QUICK = 2_000
_WORKERS = 2
_LOOK_SECONDS = 0.01


def measure_distributed(settings: Settings) -> Figures:
    """Seconds and CPU seconds of ``--jobs 2``, of ``--dask local``, and of starting the latter."""
    entries = _QUICK if settings.quick else ENTRIES
    inputs = make_inputs(settings.folder, (entries,))
    manifest, verifier = inputs.manifests[entries], _verifier(inputs)
    settings.say(f"verifying {entries:,} entries in processes and on a cluster …")

    def verify(jobs: int, cluster: Cluster | None) -> None:
        _verify(manifest, verifier, entries, jobs, cluster)

    def verify_on_cluster() -> None:
        with connected(LOCAL, workers=_WORKERS) as cluster:
            verify(0, cluster)

    jobs = _timed(lambda: verify(_WORKERS, None))
    # Once for loading the libraries, which a second cluster finds loaded.
    _start_and_stop()
    start = _timed(_start_and_stop)
    dask = _timed(verify_on_cluster)
    return {
        "distributed_entries": float(entries),
        **{f"distributed_jobs_{name}": figure for name, figure in jobs.items()},
        **{f"distributed_start_{name}": figure for name, figure in start.items()},
        **{f"distributed_dask_{name}": figure - start[name] for name, figure in dask.items()},
    }


def distributed_tables(figures: Figures) -> Iterable[Table]:
    """What was measured, a line for each way."""
    rows = [
        (
            words,
            f"{figures[f'distributed_{way}_wall_seconds']:.2f} s",
            f"{figures[f'distributed_{way}_cpu_seconds']:.2f} s",
            f"{figures[f'distributed_{way}_coordinator_cpu_seconds']:.2f} s",
        )
        for way, words in (
            ("jobs", f"--jobs {_WORKERS}"),
            ("dask", f"--dask local, {_WORKERS} workers, without starting them"),
            ("start", "starting and ending them"),
        )
    ]
    yield plain_table(
        f"{figures['distributed_entries']:,.0f} entries, verified",
        ("way", "wall", "CPU, all processes", "CPU, coordinator"),
        rows,
    )


def _start_and_stop() -> None:
    with connected(LOCAL, workers=_WORKERS):
        pass


def _timed(action: Callable[[], None]) -> dict[str, float]:
    """Wall and CPU seconds, of its processes as well."""
    began, own, others = time.perf_counter(), time.process_time(), _cpu_of_children()
    action()
    wall, coordinator = time.perf_counter() - began, time.process_time() - own
    # Only what has ended is counted.
    while multiprocessing.active_children():
        time.sleep(_LOOK_SECONDS)
    return {
        "wall_seconds": wall,
        "cpu_seconds": coordinator + _cpu_of_children() - others,
        "coordinator_cpu_seconds": coordinator,
    }


def _cpu_of_children() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def _verify(
    manifest: Path, verifier: Verifier, entries: int, jobs: int, cluster: Cluster | None
) -> None:
    scan = Scan([str(manifest)], io.BytesIO(), jobs, cluster=cluster)
    verified = sum(found is Status.VERIFIED for found in scan.results(verifier, status_of))
    if verified != entries:
        raise AssertionError(f"{verified} of {entries} entries were verified")


def _verifier(inputs: Inputs) -> Verifier:
    store = TrustStore(built_in_material(), added_material([inputs.root], [inputs.signer], []))
    return Verifier(store, VerificationPolicy(datetime.now(UTC)))
