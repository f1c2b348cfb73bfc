"""The emulator's process: it is there when it should be, and only then."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tng.sandbox.emulator import Emulator, EmulatorProcess

_PARENT = """
import sys, time
from tng.sandbox.emulator import Emulator, EmulatorProcess
with EmulatorProcess(Emulator(sys.argv[1])) as process:
    print(process.process_id, flush=True)
    time.sleep(60)
"""


def _is_alive(process_id: int) -> bool:
    try:
        os.kill(process_id, 0)
    except ProcessLookupError:
        return False
    state = Path(f"/proc/{process_id}/stat")
    # An orphan may stay a zombie where process 1 reaps nobody, as in some containers.
    return not state.exists() or state.read_text().rpartition(")")[2].split()[0] != "Z"


def _is_gone_within(process_id: int, seconds: float) -> bool:
    deadline = time.monotonic() + seconds
    while _is_alive(process_id) and time.monotonic() < deadline:
        time.sleep(0.02)
    return not _is_alive(process_id)


def test_it_is_gone_after_the_context(aws_emulator: Emulator):
    with EmulatorProcess(aws_emulator) as process:
        assert process.running
    assert not process.running
    assert not _is_alive(process.process_id)


def test_it_ends_when_its_parent_is_killed_and_leaves_no_file(
    aws_emulator: Emulator, tmp_path: Path
):
    environment = {**os.environ, "TMPDIR": str(tmp_path)}
    with subprocess.Popen(
        [sys.executable, "-c", _PARENT, aws_emulator], stdout=subprocess.PIPE, env=environment
    ) as parent:
        assert parent.stdout is not None
        child = int(parent.stdout.readline())
        assert list(tmp_path.iterdir())
        parent.send_signal(signal.SIGKILL)
        parent.wait(10)
        assert _is_gone_within(child, 5)
    assert not list(tmp_path.iterdir())


@pytest.mark.skipif(not Path("/proc/net/tcp").exists(), reason="reads Linux's /proc")
def test_it_opens_one_port_on_the_loopback_and_no_other(aws_emulator: Emulator):
    with EmulatorProcess(aws_emulator) as process:
        assert _listening(process.process_id) == [("127.0.0.1", process.port)]


def test_two_run_side_by_side_and_know_nothing_of_each_other(aws_emulator: Emulator):
    with EmulatorProcess(aws_emulator) as one, EmulatorProcess(aws_emulator) as two:
        assert one.port != two.port
        assert one.running
        assert two.running


def _listening(process_id: int) -> list[tuple[str, int]]:
    """Addresses a process listens on (proc(5): state 0A; address in hex, bytes reversed)."""
    inodes = set()
    for descriptor in Path(f"/proc/{process_id}/fd").iterdir():
        try:
            target = str(descriptor.readlink())
        except FileNotFoundError:  # closed since it was listed
            continue
        if target.startswith("socket:["):
            inodes.add(target[8:-1])
    found = []
    for table in ("tcp", "tcp6"):
        for line in Path(f"/proc/net/{table}").read_text().splitlines()[1:]:
            fields = line.split()
            if fields[3] == "0A" and fields[9] in inodes:
                address, _, port = fields[1].partition(":")
                octets = bytes.fromhex(address)[::-1]
                found.append((".".join(map(str, octets)), int(port, 16)))
    return found


def test_a_missing_emulator_is_an_error_that_says_how_to_install_it(aws_emulator: Emulator):
    # A process of its own, in which the module cannot be found.
    code = (
        "import sys; sys.modules[sys.argv[1]] = None\n"
        "from tng.errors import ConfigurationError\n"
        "from tng.sandbox.emulator import Emulator, EmulatorProcess\n"
        "try: EmulatorProcess(Emulator(sys.argv[1])).__enter__()\n"
        "except ConfigurationError as error: print(error.message, '|', error.hint)"
    )
    said = subprocess.check_output([sys.executable, "-c", code, aws_emulator], text=True)
    assert f"{aws_emulator} is not installed" in said
    assert "pip install" in said
