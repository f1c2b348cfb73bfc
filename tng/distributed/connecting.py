"""Reaching a cluster, or starting one on this machine, and leaving it again."""

import asyncio
import logging
import os
import re
import signal
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from multiprocessing import resource_tracker
from typing import TYPE_CHECKING

from tng.distributed.errors import ClusterError
from tng.errors import UsageError

if TYPE_CHECKING:
    from distributed import Client

    from tng.distributed.dask_cluster import DaskCluster

LOCAL = "local"
"""Stands for a cluster of this machine's cores, which lasts as long as the run."""

CONNECT_SECONDS = 15.0
"""For a scheduler to answer, and then for it to have a worker."""

_PLAIN: dict[str, object] = {
    "distributed.scheduler.http.routes": [],
    "distributed.worker.http.routes": [],
    "distributed.worker.profile.enabled": False,
}
"""Scheduler and workers serve nothing over HTTP, and look at nothing but their work."""

_ADDRESS = re.compile(r"(?:tcp|tls)://(?:[A-Za-z0-9._-]+|\[[0-9A-Fa-f:.]+\]):[0-9]{1,5}")


@contextmanager
def connected(
    address: str, *, seconds: float = CONNECT_SECONDS, workers: int = 0
) -> "Iterator[DaskCluster]":
    """The cluster of the scheduler at ``address``, or one of ``workers`` processes here.

    ``workers`` counts for `LOCAL` only; 0 is one a core. Raises `UsageError` for what is no
    address, and `ClusterError` if dask is not installed, nobody answers in so many ``seconds``,
    there are no workers, or they are not able to do the work.
    """
    if address != LOCAL and _ADDRESS.fullmatch(address) is None:
        raise UsageError(
            "--dask wants the address of a scheduler",
            "Write tcp://host:8786, tls://host:8786, or local for processes of this machine.",
        )
    try:
        from tng.distributed.dask_cluster import DaskCluster
    except ImportError as error:
        raise ClusterError(
            "--dask needs the package distributed", "Install it: pip install 'tng[dask]'."
        ) from error
    from tng.distributed.facts import refuse_unfit

    with ExitStack() as stack:
        stack.enter_context(_silence())
        if address == LOCAL:
            client = _start(stack, workers or os.cpu_count() or 1)
        else:
            client = stack.enter_context(_reach(address, seconds))
        _wait_for_workers(client, address, seconds)
        refuse_unfit(client)
        yield DaskCluster(client)


@contextmanager
def _silence() -> Iterator[None]:
    """Keep dask's talk about workers that come and go from our stderr."""
    loggers = [
        logging.getLogger(name)
        for name in ("distributed", *logging.root.manager.loggerDict)
        if name.partition(".")[0] == "distributed"
    ]
    before = [logger.level for logger in loggers]
    for logger in loggers:
        logger.setLevel(logging.CRITICAL + 1)
    try:
        yield
    finally:
        for logger, level in zip(loggers, before, strict=True):
            logger.setLevel(level)


def _reach(address: str, seconds: float) -> "Client":
    from distributed import Client

    if address.startswith("tls:"):
        _refuse_without_certificate(address)
    try:
        asyncio.run(_greet(address, seconds))
        return Client(address, timeout=seconds, set_as_default=False, name="tng")
    # RuntimeError: dask's configuration demands tls://. The last three: an answer of other words.
    except (OSError, TimeoutError, RuntimeError, ValueError, EOFError, MemoryError) as error:
        raise ClusterError(
            f"no scheduler answers at {address}",
            "Check address, network and certificates, and that `dask scheduler` runs there.",
        ) from error


async def _greet(address: str, seconds: float) -> None:
    """Meet who listens there: a client waits forever for a greeting from what is no scheduler."""
    from distributed.comm.core import connect
    from distributed.security import Security

    async with asyncio.timeout(seconds):
        greeted = await connect(
            address, timeout=seconds, **Security().get_connection_args("client")
        )
        greeted.abort()


def _refuse_without_certificate(address: str) -> None:
    """Before there is a client: one that fails for this takes half a minute to end."""
    from distributed.security import Security

    try:
        found = Security().get_connection_args("client").get("ssl_context")
    except (OSError, ValueError) as error:
        raise ClusterError(
            f"the certificates for {address} cannot be used: {error}",
            "Check the files that dask's configuration names.",
        ) from error
    if found is None:
        raise ClusterError(
            f"{address} wants a certificate, and dask's configuration names none",
            "Set DASK_DISTRIBUTED__COMM__TLS__CA_FILE, …CLIENT__CERT and …CLIENT__KEY.",
        )


def _start(stack: ExitStack, workers: int) -> "Client":
    """A cluster on this machine that only this user can talk to.

    Ctrl-C goes to every process of a terminal: what is started here inherits that it is blocked,
    save for the resource tracker, which on its start unblocks it. Workers end with this process,
    however that ends.
    """
    import dask.config
    from distributed import Client, LocalCluster

    stack.enter_context(dask.config.set(_PLAIN))
    resource_tracker.ensure_running()
    folder = stack.enter_context(tempfile.TemporaryDirectory(prefix="tng-dask-"))
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        cluster: LocalCluster = stack.enter_context(
            LocalCluster(
                n_workers=workers,
                threads_per_worker=1,
                processes=True,
                host="127.0.0.1",
                dashboard_address=None,
                scheduler_kwargs={"dashboard_address": "127.0.0.1:0"},
                # A scheduler's port lets whoever reaches it run code: this one takes only us.
                security=True,
                local_directory=folder,
                silence_logs=logging.CRITICAL + 1,
            )
        )
        client: Client = stack.enter_context(Client(cluster, set_as_default=False))
    except (OSError, TimeoutError, RuntimeError) as error:
        raise ClusterError(
            f"no cluster can be started on this machine: {error}",
            "Use --jobs instead, which needs none.",
        ) from error
    else:
        return client
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _wait_for_workers(client: "Client", address: str, seconds: float) -> None:
    try:
        client.wait_for_workers(1, timeout=seconds)
    except TimeoutError as error:
        raise ClusterError(
            f"the scheduler at {address} has no workers",
            f"Start some: dask worker {address} --nworkers auto --nthreads 1.",
        ) from error
