"""``--shard`` on the command line: wrong ones are refused, and all together are the whole."""

import json
import subprocess
import sys

import pytest

from tng.testing.manifest import make_entries, write_manifest
from tng.testing.microchip import MicrochipVendor
from tng.testing.trust_files import write_microchip_trust

pytestmark = pytest.mark.slow

TARGET = ("--cloud", "aws", "--region", "eu-central-1", "--offline", "--rate", "12")


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    made = tmp_path_factory.mktemp("shards")
    vendor = MicrochipVendor()
    write_microchip_trust(made, vendor)
    with (made / "manifest.json").open("wb") as stream:
        write_manifest(stream, make_entries(vendor, 20))
    return made


def tng(folder, *arguments):
    trust = ("--trust-anchor", "root.pem", "--manifest-signer", "manifest-signer.pem")
    return subprocess.run(
        [sys.executable, "-m", "tng", *arguments, *trust],
        cwd=folder, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False,
    )  # fmt: skip


def planned(folder, *arguments):
    file = folder / f"plan{len(arguments)}.json"
    done = tng(folder, "plan", "manifest.json", *TARGET, *arguments, "-o", file.name)
    assert done.returncode == 0, done.stderr
    document = json.loads(file.read_text())
    (target,) = document["targets"]
    return document, {device["certificate_sha256"] for device in target["devices"]}


@pytest.mark.parametrize("command", ["plan", "register"])
@pytest.mark.parametrize("shard", ["0/4", "5/4", "half"])
def test_what_is_no_shard_is_a_usage_error(tmp_path, command, shard):
    done = tng(tmp_path, command, "manifest.json", *TARGET, "--shard", shard)
    assert done.returncode == 2
    assert f"'{shard}' is no shard" in done.stderr
    assert "hint: Write i/n" in done.stderr


def test_the_plans_of_all_shards_are_that_of_the_whole_in_the_same_time(folder):
    whole, everything = planned(folder)
    parts = [planned(folder, "--shard", f"{index}/2") for index in (1, 2)]
    first, second = (keys for _, keys in parts)
    assert first | second == everything
    assert not first & second
    assert [document["options"]["shard"] for document, _ in parts] == ["1/2", "2/2"]
    seconds = [document["targets"][0]["duration_seconds"] for document, _ in parts]
    # Half the rate for about half of the devices.
    assert max(seconds) >= whole["targets"][0]["duration_seconds"] == pytest.approx(20 / 12)


def test_a_saved_plan_says_itself_which_shard_it_is_of(folder):
    planned(folder, "--shard", "1/2")
    done = tng(folder, "register", "--plan", "plan2.json", "--shard", "2/2", "--dry-run")
    assert done.returncode == 2
    assert "--plan was given together with --shard" in done.stderr


def test_a_plan_that_was_saved_before_there_were_shards_is_of_all(folder):
    document, _ = planned(folder)
    del document["options"]["shard"]
    (folder / "older.json").write_text(json.dumps(document))
    done = tng(folder, "register", "--plan", "older.json", "--dry-run", "--offline")
    assert done.returncode == 0, done.stderr
    assert "20  to register" in done.stdout
