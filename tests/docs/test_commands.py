"""docs/commands.md is what ``--help`` says."""

from pathlib import Path

import pytest

from tests.commands import run_tng
from tng.cli.pages import command_pages, document

PAGE = Path(__file__).parents[2] / "docs" / "commands.md"


def test_page_is_up_to_date():
    assert PAGE.read_text("utf-8") == document(), "run: make docs"


def test_every_command_that_help_lists_has_its_block():
    listed = run_tng("--help", expect=0).output.partition("Commands:")[2].split("\n")
    names = {line.split()[0] for line in listed if line.startswith("  ") and line[2] != " "}
    assert names >= {"decode", "verify", "register", "status", "sandbox"}
    assert names == {name.split()[1] for name in command_pages() if " " in name}


@pytest.mark.parametrize("name", [name for name in command_pages() if name != "tng"])
def test_block_has_the_words_of_the_command(name):
    # The runner breaks lines elsewhere, and calls the program by another name.
    _, _, *shown = run_tng(*name.split()[1:], "--help", expect=0).output.split()
    assert "".join(["Usage:", "tng", *shown]) == "".join(command_pages()[name].split())
