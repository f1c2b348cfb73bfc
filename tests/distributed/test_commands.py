"""The commands with ``--dask``: the same bytes, plain errors, flat memory, and no process left."""

import gzip
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from tests.cli.processes import TNG, environment, start
from tests.distributed.entries import array, damaged, entries
from tests.distributed.processes import scheduler, workers
from tests.judging import MANIFESTS, MICROCHIP_TRUST
from tng.distributed import ClusterError, connected

AT = ("--at", "2026-11-21T12:00:00Z")
slow = [pytest.mark.slow, pytest.mark.timeout(300)]


def _spread(cluster) -> tuple[tuple[str, ...], ...]:
    return (("--jobs", "1"), ("--jobs", "2"), ("--jobs", "7"), ("--dask", cluster.address))


@pytest.fixture
def sources(tmp_path: Path) -> tuple[str, ...]:
    (tmp_path / "reel.json").write_bytes(damaged())
    (tmp_path / "reel.json.gz").write_bytes(gzip.compress(array(*entries()[:400]), 1))
    return str(MANIFESTS), "reel.json", "reel.json.gz"


class TestOnWorkers:
    pytestmark = slow

    @pytest.mark.parametrize("form", ["json", "csv", "columns"])
    def test_reports_are_the_same_bytes(self, tmp_path: Path, cluster, sources, form: str):
        reports = {}
        for way in _spread(cluster):
            done = start(
                "verify", *sources, *MICROCHIP_TRUST, *AT, *way, "--format", form, cwd=tmp_path
            )
            assert done.returncode == 1, done.stderr
            assert b"Traceback" not in done.stderr
            reports[way] = done.stdout
        assert len(set(reports.values())) == 1
        assert reports[_spread(cluster)[0]].count(b"duplicate-certificate") > 500

    def test_the_other_commands_give_the_same(self, tmp_path: Path, cluster, sources):
        target = ("--cloud", "aws", "--region", "eu-central-1", "--policy", "fleet", "--offline")
        commands = {
            "decode": ("decode", *sources, "-o", "files", "--format", "json"),
            "audit": ("audit", *sources, *MICROCHIP_TRUST, *AT, "--format", "json"),
            "plan": ("plan", *sources, *MICROCHIP_TRUST, *AT, *target),
            "register": ("register", *sources, *MICROCHIP_TRUST, *AT, *target, "--dry-run"),
        }
        for name, command in commands.items():
            found = {}
            for way in (("--jobs", "2"), ("--dask", cluster.address)):
                shutil.rmtree(tmp_path / "files", ignore_errors=True)
                done = start(*command, *way, cwd=tmp_path)
                assert b"Traceback" not in done.stderr, done.stderr
                assert done.stdout, (name, done.stderr)
                written = sorted(path.name for path in (tmp_path / "files").glob("*"))
                found[way] = (done.returncode, done.stdout, written)
            assert len(set(map(repr, found.values()))) == 1, name

    def test_local_workers_are_started_and_ended(self, tmp_path: Path, sources):
        here = start("verify", *sources, *MICROCHIP_TRUST, *AT, "--format", "json", cwd=tmp_path)
        with _session(
            "verify", *sources, *MICROCHIP_TRUST, *AT, "--format", "json", "--dask", "local",
            cwd=tmp_path,
        ) as run:  # fmt: skip
            stdout, stderr = run.communicate(timeout=100)
        assert (run.returncode, stdout) == (1, here.stdout)
        assert b"Traceback" not in stderr
        _wait_for_none_of(run.pid)

    @pytest.mark.parametrize("seconds", [None, 0.7, 1.5])
    def test_ctrl_c_leaves_no_process(self, tmp_path: Path, seconds: float | None):
        """While results come, and at two moments while the workers are being started."""
        (tmp_path / "long.json").write_bytes(array(*entries() * 20))
        with _session(
            "verify", "long.json", *MICROCHIP_TRUST, "--format", "jsonl", "--dask", "local",
            cwd=tmp_path,
        ) as run:  # fmt: skip
            if seconds is None:
                assert run.stdout.read(20_000)
            else:
                time.sleep(seconds)
            os.killpg(run.pid, signal.SIGINT)
            _, stderr = run.communicate(timeout=60)
        assert run.returncode == 130
        assert stderr.splitlines()[-2:] == [
            b"error: interrupted", b"hint: run the same command again",
        ]  # fmt: skip
        assert b"Traceback" not in stderr
        _wait_for_none_of(run.pid)

    def test_a_plan_that_is_interrupted_says_so_and_nothing_else(self, tmp_path: Path):
        """Its handler of signals lets the scan end at the next device, in the middle of it."""
        (tmp_path / "long.json").write_bytes(array(*entries() * 20))
        target = ("--cloud", "aws", "--region", "eu-central-1", "--policy", "fleet", "--offline")
        with _session("plan", "long.json", *target, "--dask", "local", cwd=tmp_path) as run:
            deadline = time.monotonic() + 60
            while len(_of_session(run.pid)) < 2 + (os.cpu_count() or 1):
                assert time.monotonic() < deadline
                time.sleep(0.1)
            time.sleep(1)
            os.killpg(run.pid, signal.SIGINT)
            _, stderr = run.communicate(timeout=60)
        assert run.returncode == 130
        assert b"Traceback" not in stderr
        assert b"error: interrupted" in stderr
        _wait_for_none_of(run.pid)

    def test_workers_end_with_a_coordinator_that_is_killed(self, tmp_path: Path):
        (tmp_path / "long.json").write_bytes(array(*entries() * 20))
        with _session(
            "verify", "long.json", *MICROCHIP_TRUST, "--format", "jsonl", "--dask", "local",
            cwd=tmp_path,
        ) as run:  # fmt: skip
            assert run.stdout.read(20_000)
            run.kill()
            run.communicate(timeout=60)
        _wait_for_none_of(run.pid)

    def test_memory_does_not_grow_with_the_input(self, tmp_path: Path, cluster):
        """Of who coordinates and of the scheduler, whether it is the pipe (gzip) or not."""
        small, large = array(*entries() * 3), array(*entries() * 30)
        peaks = {}
        for name, data in (("small.json", small), ("large.json", large)):
            (tmp_path / name).write_bytes(data)
            (tmp_path / f"{name}.gz").write_bytes(gzip.compress(data, 1))
            for file in (name, f"{name}.gz"):
                peaks[file] = _peak("verify", file, "--dask", cluster.address, cwd=tmp_path)
        assert len(large) > 90_000_000
        assert peaks["large.json"] < peaks["small.json"] + 15_000, peaks
        assert peaks["large.json.gz"] < peaks["small.json.gz"] + 80_000, peaks
        assert _status(cluster.process.pid, "VmHWM") < 200_000

    def test_a_worker_of_another_version_is_refused(self, tmp_path: Path):
        other = tmp_path / "other" / "tng-0.0.1.dist-info"
        other.mkdir(parents=True)
        (other / "METADATA").write_text("Metadata-Version: 2.1\nName: tng\nVersion: 0.0.1\n")
        env = environment(PYTHONPATH=str(other.parent))
        with scheduler(tmp_path) as running, workers(running, 1, env):
            done = start("verify", str(MANIFESTS), "--dask", running.address)
        assert done.returncode == 3
        assert b"has tng 0.0.1, and this is tng" in done.stderr
        assert b"hint: Install the same version" in done.stderr

    def test_a_scheduler_without_workers_is_told(self, tmp_path: Path):
        expected = pytest.raises(ClusterError, match="has no workers")
        with (
            scheduler(tmp_path) as running,
            expected as raised,
            connected(running.address, seconds=1),
        ):
            pass
        assert f"dask worker {running.address}" in raised.value.hint


def test_a_scheduler_that_is_not_there_is_told(tmp_path: Path):
    expected = pytest.raises(ClusterError, match=r"no scheduler answers at tcp://127\.0")
    with expected as raised, connected("tcp://127.0.0.1:9", seconds=0.5):
        pass
    assert "dask scheduler" in raised.value.hint


@pytest.mark.parametrize("words", [b"", b"HTTP/1.0 400 Bad Request\r\n\r\n"])
def test_something_else_that_listens_there_is_told(words: bytes):
    with socket.create_server(("127.0.0.1", 0)) as listening:
        port = listening.getsockname()[1]
        threading.Thread(target=_answer, args=(listening, words), daemon=True).start()
        with (
            pytest.raises(ClusterError, match="no scheduler answers"),
            connected(f"tcp://127.0.0.1:{port}", seconds=1),
        ):
            pass


def _answer(listening: socket.socket, words: bytes) -> None:
    accepted, _ = listening.accept()
    with accepted:
        accepted.sendall(words)
        while accepted.recv(1 << 16):
            pass


_WITHOUT_DASK = """
import sys
import threading
sys.modules["distributed"] = None
from tng.cli import main
main()
"""


def test_that_the_package_is_missing_is_told():
    done = subprocess.run(
        [sys.executable, "-c", _WITHOUT_DASK, "verify", str(MANIFESTS), "--dask", "local"],
        env=environment(),
        capture_output=True,
        check=False,
    )
    assert done.returncode == 3
    assert b"error: --dask needs the package distributed" in done.stderr
    assert b"pip install 'tng[dask]'" in done.stderr


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (("--dask", "scheduler.example"), b"--dask wants the address of a scheduler"),
        (("--dask", "inproc://x"), b"--dask wants the address of a scheduler"),
        (("--dask", "local", "--jobs", "2"), b"--dask and --jobs exclude each other"),
    ],
)
def test_words_that_do_not_fit_together_are_refused(options: tuple[str, ...], message: bytes):
    done = start("verify", str(MANIFESTS), *options)
    assert done.returncode == 2
    assert message in done.stderr


def _session(*arguments: str, cwd: Path) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [*TNG, *arguments],
        cwd=cwd,
        env=environment(TMPDIR=str(cwd)),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        start_new_session=True,
    )


def _wait_for_none_of(session: int) -> None:
    deadline = time.monotonic() + 60
    while running := _of_session(session):
        assert time.monotonic() < deadline, running
        time.sleep(0.1)


def _of_session(session: int) -> list[str]:
    found = []
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = stat.read_text().rpartition(")")[2].split()
            if int(fields[3]) == session and fields[0] != "Z":
                found.append((stat.parent / "cmdline").read_text())
        except OSError:
            continue
    return found


_MEASURE = """
import json, resource, subprocess, sys
done = subprocess.run(sys.argv[1:], stdout=subprocess.DEVNULL)
print(json.dumps([done.returncode, resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss]))
"""


def _peak(*arguments: str, cwd: Path) -> int:
    """Peak of resident memory, in KiB; a small process starts it, whose own would count."""
    done = subprocess.run(
        [sys.executable, "-c", _MEASURE, *TNG, *arguments],
        cwd=cwd,
        env=environment(),
        capture_output=True,
        check=True,
    )
    code, peak = json.loads(done.stdout)
    assert code == 1, done.stderr
    return peak


def _status(process: int, name: str) -> int:
    lines = Path(f"/proc/{process}/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith(f"{name}:"))
