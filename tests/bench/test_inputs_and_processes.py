"""What the benchmark stands on: manifests made on all cores, and processes that are watched."""

import sys

import orjson
import pytest

from bench.inputs import make_inputs, make_manifest
from bench.peers import verify_jws, verify_jws_and_chain
from bench.processes import elapsed, has_proc, run_to_end
from tng.errors import OutputError
from tng.testing.manifest import make_entries
from tng.testing.microchip import MicrochipVendor


@pytest.mark.slow
def test_a_manifest_made_on_all_cores_has_every_chip_once_and_in_order(tmp_path):
    make_manifest(tmp_path / "many.json", 5_003, start=7)
    entries = orjson.loads((tmp_path / "many.json").read_bytes())
    made = make_entries(MicrochipVendor("bench"), 5_003, start=7)
    assert [entry["header"] for entry in entries] == [entry["header"] for entry in made]
    assert [path.name for path in tmp_path.iterdir()] == ["many.json"]


def test_a_manifest_that_finds_no_room_is_not_begun(tmp_path):
    with pytest.raises(OutputError, match="entries and the report on them need"):
        make_manifest(tmp_path / "many.json", 10**12)
    assert list(tmp_path.iterdir()) == []


def test_peers_take_what_is_signed_and_refuse_what_is_not(tmp_path):
    inputs = make_inputs(tmp_path, (3,))
    manifest = inputs.manifests[3]
    assert verify_jws(manifest, inputs.signer) == 3
    assert verify_jws_and_chain(manifest, inputs.signer, inputs.root) == 3
    # The root did not sign the entries, nor the manifest's signer the chips' issuers.
    with pytest.raises(Exception, match=r"(?i)signature"):
        verify_jws(manifest, inputs.root)
    with pytest.raises(Exception, match=r"(?i)issuer|signature"):
        verify_jws_and_chain(manifest, inputs.signer, inputs.signer)


def test_memory_of_children_counts():
    if not has_proc():
        pytest.skip("the system does not tell a process' memory")
    child = "import time; kept = b'x' * 60_000_000; time.sleep(0.4)"
    parent = (
        f"import subprocess, sys; subprocess.run([sys.executable, '-c', {child!r}], check=True)"
    )
    finished = run_to_end([sys.executable, "-c", parent])
    assert finished.peak > 60e6
    assert finished.seconds > 0.4


@pytest.mark.parametrize("program", ["raise SystemExit(3)", "raise ValueError('why')"])
def test_a_command_that_fails_is_told_with_its_last_words(program):
    # A crash has the exit code 1 that findings have.
    with pytest.raises(RuntimeError, match=r"ended with 3|ValueError: why"):
        run_to_end([sys.executable, "-c", program], expect=(0, 1))


def test_each_command_is_timed():
    quick, slow = elapsed(
        [[sys.executable, "-c", "pass"], [sys.executable, "-c", "import time; time.sleep(0.3)"]], 1
    )
    assert 0 < quick < slow
    assert slow > 0.3
