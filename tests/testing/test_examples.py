import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.judging import without_duplicates
from tests.testing.test_forgeries import microchip, nxp, outcomes, verifier
from tng.testing.generate import example_files, main

__all__ = ["microchip", "nxp", "verifier"]  # fixtures that are used here too

MANIFESTS = Path(__file__).resolve().parents[2] / "manifests"


@pytest.fixture(scope="module")
def files() -> dict[str, bytes]:
    return example_files()


def test_the_files_in_the_repository_are_what_the_module_makes(files):
    found = {
        path.relative_to(MANIFESTS).as_posix(): path.read_bytes()
        for path in MANIFESTS.rglob("*")
        if path.is_file()
    }
    assert sorted(found) == sorted(files)
    assert [name for name in files if found[name] != files[name]] == []


def test_the_command_writes_them(files, tmp_path):
    command = [sys.executable, "-m", "tng.testing.generate", str(tmp_path / "new")]
    listed = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    assert len(listed.splitlines()) == len(files)
    assert (tmp_path / "new" / "trust" / "root.pem").read_bytes() == files["trust/root.pem"]


def test_an_existing_directory_is_written_over(files, tmp_path):
    (tmp_path / "README.md").write_text("old")
    main([str(tmp_path)])
    assert (tmp_path / "README.md").read_bytes() == files["README.md"]


def test_the_readme_names_every_file(files):
    readme = files["README.md"].decode()
    others = set(files) - {"README.md", ".gitattributes"}
    assert [name for name in others if f"`{name}`" not in readme] == []


def test_no_genuine_vendor_is_named_as_maker(files):
    manifests = b"".join(content for name, content in files.items() if name.endswith("json"))
    assert b"Microchip Technology" not in manifests


def test_forged_mixed_gives_what_is_expected_of_it(files, verifier):
    expected = json.loads(files["forged-mixed.expected.json"])
    entries = json.loads(files["forged-mixed.json"])
    found = without_duplicates(list(outcomes(verifier, *entries)))
    assert [o.status.value for o in found] == [item["status"] for item in expected]
    for outcome, item in zip(found, expected, strict=True):
        assert set(item["codes"]) <= {finding.code for finding in outcome.findings}, item["name"]


def test_no_chip_is_in_two_manifests(files):
    seen: dict[str, str] = {}
    for name, content in files.items():
        if name.endswith(".json") and b'"payload"' in content and not name.startswith("forged"):
            entries = json.loads(content)
            for entry in entries if isinstance(entries, list) else [entries]:
                identity = entry["payload"]
                assert identity not in seen, f"{name} and {seen[identity]}"
                seen[identity] = name
