"""The cluster that a command was told to use, for as long as it reads its sources."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from tng.errors import UsageError

if TYPE_CHECKING:
    from tng.scan.cluster import Cluster


@contextmanager
def chosen_cluster(address: str | None, jobs: int) -> "Iterator[Cluster | None]":
    """What ``--dask`` names; ``None`` without it. Raises `UsageError` together with ``--jobs``."""
    if address is None:
        yield None
        return
    if jobs:
        raise UsageError(
            "--dask and --jobs exclude each other",
            "The workers of a cluster decide for themselves how many they are.",
        )
    from tng.distributed import connected

    with connected(address) as cluster:
        yield cluster
