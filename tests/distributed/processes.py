"""A scheduler and workers as processes of their own, started with dask's commands."""

import json
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from distributed import Client, Security

from tests.cli.processes import environment

_DASK = (sys.executable, "-m", "dask")
_LOCAL = ("--host", "127.0.0.1", "--no-dashboard")


@dataclass(frozen=True)
class Running:
    """A scheduler that listens, and the folder in which workers put their files."""

    address: str
    folder: Path
    process: subprocess.Popen[bytes]


@contextmanager
def _process(*arguments: str, env: Mapping[str, str] | None = None):
    with subprocess.Popen(
        [*_DASK, *arguments],
        env=env or environment(),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    ) as process:
        try:
            yield process
        finally:
            process.terminate()
            try:
                process.wait(10)
            except subprocess.TimeoutExpired:
                process.kill()


@contextmanager
def scheduler(
    folder: Path, *options: str, env: Mapping[str, str] | None = None
) -> Iterator[Running]:
    """A scheduler without workers."""
    note = folder / "scheduler.json"
    file = ("--scheduler-file", str(note))
    with _process("scheduler", *_LOCAL, "--port", "0", *file, *options, env=env) as process:
        deadline = time.monotonic() + 60
        while not note.exists() or not note.read_text():
            assert process.poll() is None
            assert time.monotonic() < deadline
            time.sleep(0.05)
        yield Running(json.loads(note.read_text())["address"], folder, process)


@contextmanager
def workers(
    running: Running,
    count: int = 2,
    env: Mapping[str, str] | None = None,
    security: Security | None = None,
):
    """Workers of one thread each, which are started again when they die."""
    place = ("--local-directory", str(running.folder))
    number = ("--nworkers", str(count), "--nthreads", "1")
    with (
        _process("worker", running.address, *_LOCAL, *number, *place, env=env),
        Client(running.address, timeout=30, set_as_default=False, security=security) as client,
    ):
        client.wait_for_workers(count, timeout=60)
        yield running
