"""``make demo`` is run for real: it counts for itself, and leaves nothing running."""

import csv
import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
DEMO = ROOT / "examples" / "demo.py"
REFUSALS = {"manifest-signature-invalid", "duplicate-certificate", "issuer-revoked"}


def start(folder, **options):
    """Start the demonstration in a folder that is still to be made."""
    return subprocess.Popen(
        [sys.executable, DEMO, folder], text=True, stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, **options,
    )  # fmt: skip


def endpoint_is_closed(output):
    """The sandbox's port, which the output names, refuses connections."""
    port = int(re.search(r"http://127\.0\.0\.1:(\d+)", output)[1])
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) != 0


@pytest.mark.slow
@pytest.mark.timeout(240)
def test_demo_ends_well_and_leaves_its_reports(tmp_path):
    folder = tmp_path / "demo"
    with start(folder) as process:
        output, _ = process.communicate()
    assert process.returncode == 0, output
    assert output.count("✓ ") == 13
    assert "unassigned → assign" in output
    assert re.search(r"^status +assigned$", output, re.MULTILINE)
    assert endpoint_is_closed(output)
    report = json.loads((folder / "reports/verify.json").read_bytes())
    rejected = [device for device in report["devices"] if device["status"] == "rejected"]
    codes = {item["code"] for device in rejected for item in device["findings"]}
    assert codes >= REFUSALS
    with (folder / "reports/registered.csv").open(newline="") as stream:
        rows = list(csv.DictReader(stream))
    assert len(rows) == 900
    assert {row["state"] for row in rows} == {"done"}
    audit = json.loads((folder / "reports/audit.json").read_bytes())
    assert audit["verdict"]["decision"] == "do-not-accept"
    assert [line["short"] for line in audit["reconciliation"]["lines"]] == [2, 1]
    page = (folder / "reports/audit.html").read_text("utf-8")
    assert all(device["device_id"] in page.partition("In numbers")[0] for device in rejected)
    assert f"{folder}" in output.partition("What is left to look at")[2]
    assert "reports/audit.html" in output.partition("What is left to look at")[2]


@pytest.mark.slow
@pytest.mark.timeout(120)
def test_ctrl_c_stops_the_demo_and_its_clouds(tmp_path):
    folder = tmp_path / "demo"
    # Where the tests run in the background, Ctrl-C is ignored, and that would be inherited.
    heeded = {"preexec_fn": lambda: signal.signal(signal.SIGINT, signal.SIG_DFL)}
    with start(folder, start_new_session=True, **heeded) as process:
        deadline = time.monotonic() + 60
        while not (folder / "tng-ledger.db").exists() and time.monotonic() < deadline:
            time.sleep(0.1)
        os.killpg(process.pid, signal.SIGINT)
        output, _ = process.communicate()
    assert process.returncode == 130, output
    assert "the local clouds are stopped" in output
    assert endpoint_is_closed(output)
    with pytest.raises(ProcessLookupError):
        os.killpg(process.pid, 0)
