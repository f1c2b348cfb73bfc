"""Inputs larger than the memory that the system grants: a limit, not a hope."""

import json
import resource
import subprocess
from pathlib import Path

import orjson
import pytest

from tests.cli.processes import TNG
from tests.judging import MICROCHIP_TRUST, microchip
from tng.testing.manifest import BARE_STYLE, make_entries

GENUINE = 200
FORGED = 150_000
LIMIT = 400 * 1024 * 1024
"""Bytes of address space for each process; most of it is the interpreter and its libraries."""


@pytest.fixture(scope="module")
def large_manifest(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Larger than the limit: genuine entries, and many that were signed by nobody."""
    path = tmp_path_factory.mktemp("large") / "manifest.json"
    genuine = [
        orjson.dumps(entry)
        for entry in make_entries(microchip(), GENUINE, style=BARE_STYLE, start=60_000)
    ]
    forged = genuine[0].replace(b'"signature":"', b'"signature":"AA', 1)
    with path.open("wb") as stream:
        stream.write(b"[")
        for entry in genuine:
            stream.write(entry + b",\n")
        for _ in range(FORGED // 100):
            stream.write((forged + b",\n") * 100)
        stream.write(forged + b"]")
    assert path.stat().st_size > LIMIT
    return path


@pytest.mark.slow
@pytest.mark.timeout(300)
@pytest.mark.parametrize("jobs", ["1", "7"])
def test_a_manifest_larger_than_the_memory_is_verified(large_manifest: Path, jobs: str):
    report = large_manifest.with_name(f"report-{jobs}.jsonl")
    command = [*TNG, "verify", str(large_manifest), *MICROCHIP_TRUST, "--jobs", jobs]
    done = subprocess.run(
        [*command, "--format", "jsonl", "--output", str(report)],
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_AS, (LIMIT, LIMIT)),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1, done.stderr
    with report.open() as lines:
        for line in lines:
            last = line
    outcomes = json.loads(last)["outcomes"]
    assert outcomes["verified"] == GENUINE
    assert sum(outcomes.values()) == GENUINE + FORGED + 1
    report.unlink()
