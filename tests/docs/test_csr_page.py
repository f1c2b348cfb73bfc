"""docs/csr.md: its commands are run with a token of SoftHSM2, and its tables name what there is."""

import re
import shutil
from pathlib import Path

import pytest

from tests.docs.console import ROOT, assert_ends_as_shown, shown_commands
from tng.csr.subject import SubjectFields
from tng.report.requests import STATUSES

PAGE = (ROOT / "docs" / "csr.md").read_text("utf-8")
PROGRAMS = ("softhsm2-util", "pkcs11-tool", "openssl")
MODULE = "/usr/lib/softhsm/libsofthsm2.so"


def first_cells(heading: str) -> list[str]:
    section = PAGE.partition(f"{heading}\n")[2].partition("\n#")[0]
    return re.findall(r"^\| `([^`]+)` \|", section, re.MULTILINE)


def test_commands_of_the_page_end_as_it_says(tmp_path, monkeypatch):
    missing = [name for name in PROGRAMS if not shutil.which(name)]
    if missing or not Path(MODULE).exists():
        pytest.skip(f"not installed: {', '.join(missing) or MODULE}")
    (tmp_path / "tokens").mkdir()
    configuration = tmp_path / "softhsm2.conf"
    configuration.write_text(f"directories.tokendir = {tmp_path / 'tokens'}\n")
    monkeypatch.setenv("SOFTHSM2_CONF", str(configuration))
    assert_ends_as_shown(shown_commands(PAGE), tmp_path)
    assert "BEGIN CERTIFICATE REQUEST" in (tmp_path / "device.csr").read_text()


def test_tables_name_all_there_is():
    fields = SubjectFields("", "", "", "").values()
    assert first_cells("### The subject") == [f"{{{name}}}" for name in fields]
    assert first_cells("## Checking requests") == list(STATUSES)
