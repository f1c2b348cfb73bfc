"""A private PostgreSQL server; who asks is skipped where its programs are not installed."""

import atexit
import ctypes
import os
import pwd
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from functools import cache
from itertools import count
from pathlib import Path

import pytest

USER = "tng"
LOCKED_USER, LOCKED_PASSWORD = "locked", "s3cret/w@rd"
"""A user who is let in with a password alone."""

_DEBIAN = Path("/usr/lib/postgresql")
"""Debian keeps the server's programs out of PATH, in a folder for each version."""
_PR_SET_PDEATHSIG = 1
"""prctl(2), linux/prctl.h."""
_ACCESS = f"""
local all all trust
host all {LOCKED_USER} 127.0.0.1/32 scram-sha-256
host all all 127.0.0.1/32 trust
"""


def programs() -> Path | None:
    """The folder of ``initdb`` and ``postgres``, or ``None``."""
    found = shutil.which("initdb")
    folders = [Path(found).parent] if found else []
    if _DEBIAN.is_dir():
        versions = sorted(_DEBIAN.iterdir(), key=lambda item: (len(item.name), item.name))
        folders += [version / "bin" for version in reversed(versions)]
    return next((item for item in folders if (item / "postgres").exists()), None)


class Cluster:
    """A server on a socket in a temporary folder and on a free port of 127.0.0.1.

    ``synced`` is how it is used in earnest: a commit is on disk before it is answered.
    """

    def __init__(self, folder: Path, *, synced: bool = False) -> None:
        self.folder = folder
        self.port = _free_port()
        self._synced = synced
        self._names = (f"ledger_{number}" for number in count(1))
        self._process: subprocess.Popen[bytes] | None = None
        self._owner = _owner()
        if self._owner is not None:
            os.chown(folder, *self._owner)
        data = folder / "data"
        self._run(
            "initdb", "-D", str(data), "-U", USER, "-A", "trust", "-E", "UTF8",
            "--locale=C.UTF-8", "--no-sync",
        )  # fmt: skip
        (data / "pg_hba.conf").write_text(_ACCESS)

    def start(self) -> None:
        """Start the server and wait until it answers."""
        settings = {
            "port": self.port,
            "listen_addresses": "127.0.0.1",
            "unix_socket_directories": self.folder,
            "fsync": "on" if self._synced else "off",
        }
        with (self.folder / "log").open("ab") as log:
            self._process = subprocess.Popen(
                [
                    str(_programs() / "postgres"), "-D", str(self.folder / "data"),
                    *(f"--{name}={value}" for name, value in settings.items()),
                ],
                stdout=log, stderr=log, stdin=subprocess.DEVNULL, cwd=self.folder,
                preexec_fn=_end_with_parent, **_as(self._owner),
            )  # fmt: skip
        deadline = time.monotonic() + 60
        while not self._answers():
            assert self._process.poll() is None, (self.folder / "log").read_text()
            assert time.monotonic() < deadline, (self.folder / "log").read_text()
            time.sleep(0.05)

    def stop(self, number: int = signal.SIGINT) -> None:
        """End every connection and the server: at once, or as a crash with ``SIGQUIT``."""
        if self._process is not None:
            self._process.send_signal(number)
            self._process.wait(60)
            self._process = None

    def create(self) -> str:
        """A new database; gives its URL."""
        name = next(self._names)
        self.sql(f"CREATE DATABASE {name}", "postgres")
        return self.url(name)

    def url(self, database: str, user: str = USER) -> str:
        """The URL of a database by TCP."""
        return f"postgresql://{user}@127.0.0.1:{self.port}/{database}"

    def local_url(self, database: str) -> str:
        """The URL of a database by the server's socket."""
        return f"postgresql://{USER}@/{database}?host={self.folder}&port={self.port}"

    def sql(self, statement: str, database: str) -> list[tuple[object, ...]]:
        """Run a statement past the ledger."""
        import psycopg

        with psycopg.connect(self.url(database), autocommit=True) as connection:
            cursor = connection.execute(statement.encode())
            return cursor.fetchall() if cursor.description else []

    def _answers(self) -> bool:
        import psycopg

        try:
            psycopg.connect(self.url("postgres"), connect_timeout=2).close()
        except psycopg.OperationalError:
            return False
        return True

    def _run(self, program: str, *arguments: str) -> None:
        subprocess.run(
            [str(_programs() / program), *arguments],
            check=True, capture_output=True, cwd=self.folder, **_as(self._owner),
        )  # fmt: skip


def cluster() -> Cluster:
    """The running server of this process."""
    if programs() is None:
        pytest.skip("PostgreSQL's server is not installed (apt-get install postgresql)")
    pytest.importorskip("psycopg", reason="psycopg is not installed")
    return _running()


def own_cluster() -> Iterator[Cluster]:
    """A server that a test may stop: the body of a fixture."""
    cluster()
    with tempfile.TemporaryDirectory(prefix="tng-postgres-") as own:
        made = Cluster(Path(own))
        made.start()
        try:
            yield made
        finally:
            made.stop()


@cache
def _running() -> Cluster:
    folder = Path(tempfile.mkdtemp(prefix="tng-postgres-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    made = Cluster(folder)
    atexit.register(made.stop)
    made.start()
    made.sql(f"CREATE ROLE {LOCKED_USER} LOGIN PASSWORD '{LOCKED_PASSWORD}'", "postgres")
    return made


def _programs() -> Path:
    found = programs()
    assert found is not None
    return found


def _owner() -> tuple[int, int] | None:
    """Whom to be instead of root, whom PostgreSQL refuses."""
    if os.geteuid() != 0:
        return None
    for name in ("postgres", "nobody"):
        try:
            entry = pwd.getpwnam(name)
        except KeyError:
            continue
        return entry.pw_uid, entry.pw_gid
    raise LookupError("neither postgres nor nobody is a user here")


def _as(owner: tuple[int, int] | None) -> dict[str, object]:
    return {} if owner is None else {"user": owner[0], "group": owner[1], "extra_groups": []}


def _end_with_parent() -> None:
    """Tests may be killed, too: on Linux the server is told when they are gone."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGINT)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
