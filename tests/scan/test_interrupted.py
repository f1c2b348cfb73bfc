"""Ctrl-C in the middle of a large input, as a terminal sends it: to every process."""

import os
import signal
import subprocess
import time
from pathlib import Path

import orjson
import pytest

from tests.cli.processes import TNG, environment
from tests.judging import MICROCHIP_TRUST, microchip
from tng.testing.manifest import BARE_STYLE, make_entries


def _group(leader: int) -> set[int]:
    """The processes of a session that still run."""
    found = set()
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                fields = (entry / "stat").read_text().rpartition(")")[2].split()
            except OSError:
                continue
            if int(fields[2]) == leader and fields[0] != "Z":
                found.add(int(entry.name))
    return found


@pytest.mark.skipif(not Path("/proc").is_dir(), reason="looks for processes in /proc")
@pytest.mark.parametrize("by", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_no_process_is_left_behind(tmp_path: Path, by: signal.Signals):
    entries = make_entries(microchip(), 300, style=BARE_STYLE, start=80_000)
    source = tmp_path / "manifest.json"
    # Long enough to be interrupted: duplicates are judged as well.
    source.write_bytes(b"[" + b",".join([orjson.dumps(entry) for entry in entries] * 100) + b"]")
    report = tmp_path / "report.jsonl"
    command = [*TNG, "verify", str(source), *MICROCHIP_TRUST, "--jobs", "2"]
    with subprocess.Popen(
        [*command, "--format", "jsonl", "--output", str(report)],
        start_new_session=True,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        env=environment(),
    ) as process:
        deadline = time.monotonic() + 90
        while len(_group(process.pid)) < 3:
            assert process.poll() is None
            assert time.monotonic() < deadline
            time.sleep(0.01)
        os.killpg(process.pid, by) if by is signal.SIGINT else process.send_signal(by)
        talk = process.communicate(timeout=30)[1].decode()
    while _group(process.pid):
        assert time.monotonic() < deadline + 10, _group(process.pid)
        time.sleep(0.05)
    assert process.returncode == (130 if by is signal.SIGINT else -by)
    assert "Traceback" not in talk, talk
    assert not report.exists()
