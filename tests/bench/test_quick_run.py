"""``python -m bench --quick`` brings every figure that the tables, targets and pages need.

What the figures are is no test's business: machines differ and are noisy.
"""

import subprocess
import sys
from collections.abc import Mapping

import pytest

from bench.results import JSON_NAME, PICTURE_NAME, read_results
from bench.sections import SECTIONS, section
from tests.judging import ROOT

pytestmark = pytest.mark.slow


def run_bench(*arguments: str) -> str:
    done = subprocess.run(
        [sys.executable, "-m", "bench", "--quick", *arguments],
        cwd=ROOT, capture_output=True, text=True, timeout=110, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-2000:]
    return done.stdout


def targets_of(name: str) -> Mapping[str, object]:
    return {target.figure: target for target in section(name).targets}


@pytest.fixture(scope="module")
def results(tmp_path_factory):
    folder = tmp_path_factory.mktemp("results")
    names = ("local", "peers", "million", "ledger")
    text = run_bench(*(word for name in names for word in ("--only", name)), "--results", folder)
    assert (folder / JSON_NAME).exists()
    assert (folder / PICTURE_NAME).read_text("utf-8").startswith("<svg ")
    found = read_results(folder)
    assert tuple(found) == names
    assert "targets" in text
    return found


@pytest.mark.parametrize("name", ["local", "peers", "million", "ledger"])
def test_every_target_of_the_section_was_measured(results, name):
    assert set(targets_of(name)) <= set(results[name].figures)


def test_the_local_section_has_speed_start_up_and_memory(results):
    assert {
        "entries", "cores", "limit_us_per_device", "one_core_us_per_device",
        "one_core_ratio_to_limit", "all_cores_us_per_device", "all_cores_speed_up",
        "help_seconds", "bare_python_seconds", "ten_entries_seconds",
        "peak_mb_one_800", "peak_mb_all_800", "peak_mb_one_1600", "peak_mb_all_1600",
    } <= set(results["local"].figures)  # fmt: skip


def test_every_repeated_device_is_found(results):
    figures = results["million"].figures
    assert figures["million_found_repeated"] == figures["million_repeated"] > 0
    assert figures["million_exact"] == 1


def test_machine_date_and_commit_are_recorded(results):
    for result in results.values():
        assert {"processor", "cores", "python", "openssl", "cryptography"} <= set(result.machine)
        assert set(result.run) == {"date", "commit"}
        assert result.settings == {"quick": 1.0}


def test_a_quick_run_leaves_the_documented_one_alone():
    before = {path: path.read_bytes() for path in (ROOT / "bench" / "results").iterdir()}
    run_bench("--only", "ledger")
    assert before == {path: path.read_bytes() for path in (ROOT / "bench" / "results").iterdir()}


def test_the_sections_have_names_of_their_own():
    names = [each.name for each in SECTIONS]
    assert len(names) == len(set(names))
