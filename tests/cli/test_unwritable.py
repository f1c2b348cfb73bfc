"""Outputs that cannot be written, and what else is refused before anything is asked or done."""

from pathlib import Path

import pytest

from tests.commands import run_tng
from tests.judging import MANIFESTS

MANIFEST = str(MANIFESTS / "tngtls-10.json")
REQUEST = str(MANIFESTS / "csr" / "board-1.csr")
AWS = ("--cloud", "aws", "--region", "eu-central-1", "--policy", "fleet")


@pytest.fixture(autouse=True)
def _own_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "folder").mkdir()
    (tmp_path / "file").write_text("a file")


@pytest.mark.parametrize(
    "command",
    [
        ("register", MANIFEST, *AWS, "--offline", "--yes", "--output"),
        ("plan", MANIFEST, *AWS, "--offline", "--output"),
        ("plan", MANIFEST, *AWS, "--offline", "-o"),
        ("deregister", *AWS[:4], "-o"),
        ("watch", "-o"),
        ("status", "-o"),
        ("csr", "--port", "/dev/absent", "-o"),
    ],
)
@pytest.mark.parametrize(
    ("name", "told"),
    [("folder", "folder is a folder"), ("absent/a.json", "no folder absent")],
)
def test_an_output_that_cannot_be_written_is_told_before_anything_is_done(command, name, told):
    result = run_tng(*command, name, expect=3)
    error, hint = result.stderr.splitlines()
    assert error.startswith("error: ")
    assert told in error
    assert hint.startswith("hint: ")
    assert sorted(path.name for path in Path().iterdir()) == ["file", "folder"]


@pytest.mark.parametrize(
    "command",
    [
        ("register", REQUEST, "--csr", *AWS, "--certificates", "file"),
        ("fleet-provision", REQUEST, "--certificates", "file"),
        ("station", "--port", "/dev/absent", "--certificates", "file"),
    ],
)
def test_a_file_is_no_folder_for_certificates(command):
    assert "file is a file, expected a folder" in run_tng(*command, expect=2).stderr


@pytest.mark.parametrize("module", ["nobody", "/absent/module.so"])
def test_nobody_is_asked_for_the_pin_of_a_module_that_is_not_there(module):
    words = ("--pkcs11", module, "--token", "t", "--key", "k")
    told = run_tng("csr", *words, expect=3).stderr
    assert "PKCS#11 module" in told
    assert "PIN" not in told


def test_a_source_without_a_name_is_told_so():
    assert "a source without a name does not exist" in run_tng("verify", "", expect=3).stderr
