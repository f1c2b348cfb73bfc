"""What the README shows is run: every ``$`` line of its console blocks, in one shell."""

import re

import pytest

from tests.docs.console import ROOT, assert_ends_as_shown, shown_commands, stocked_folder
from tng.exit_codes import ExitCode

README = (ROOT / "README.md").read_text("utf-8")


@pytest.fixture
def folder(tmp_path):
    with stocked_folder(tmp_path) as stocked:
        yield stocked


def test_readme_shows_each_command():
    text = " ".join(shown.command for shown in shown_commands(README))
    for command in ("decode", "verify", "trust", "checks", "plan", "register", "status", "audit"):
        assert f"tng {command} " in f"{text} "
    assert "tng sandbox" in README


def test_commands_of_the_readme_end_as_it_says(folder):
    assert_ends_as_shown(shown_commands(README), folder)
    assert (folder / "report.json").exists()
    assert len(list((folder / "certificates").iterdir())) == 10
    assert [path.name for path in (folder / "issued").iterdir()] == ["01230000b0a4d00101.pem"]


def test_table_of_exit_codes_is_complete():
    table = README.partition("## Exit codes")[2].partition("\n## ")[0]
    assert {int(code) for code in re.findall(r"^\| (\d+) \|", table, re.MULTILINE)} == set(ExitCode)
