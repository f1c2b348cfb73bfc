"""docs/performance.md and docs/scale.md are what the last run's JSON and the simulation say."""

import re
import shlex
from xml.etree import ElementTree as Xml

import pytest

import bench.pages
import bench.simulation.pages
from bench.figures import Standing
from bench.markers import filled, markdown_table
from bench.picture import picture
from bench.results import BEFORE_NAME, FOLDER, JSON_NAME, PICTURE_NAME, read_results
from bench.sections import SECTIONS
from bench.simulation.__main__ import main as simulate
from bench.targets import target_rows
from tests.docs.console import shown_commands

PAGES = {
    "python -m bench.pages": (bench.pages, (JSON_NAME, BEFORE_NAME)),
    "python -m bench.simulation.pages": (bench.simulation.pages, (JSON_NAME,)),
}


@pytest.mark.parametrize("command", PAGES)
def test_the_page_says_what_the_last_run_measured(command):
    module, names = PAGES[command]
    page = module.PAGE.read_text("utf-8")
    runs = [read_results(FOLDER, name) for name in names]
    assert page == module.document(page, *runs), f"run: {command}"


def test_every_missed_target_is_explained():
    page = bench.pages.PAGE.read_text("utf-8")
    reasons = page.partition("## Why targets are missed")[2]
    explained = re.findall(r"^\*\*(.+?)\.\*\*", reasons, re.MULTILINE)
    runs = [read_results(FOLDER, name) for name in (JSON_NAME, BEFORE_NAME)]
    missed = [
        f"{row.section}: {row.target.text}"
        for row in target_rows(SECTIONS, *runs)
        if row.standing is Standing.MISSED
    ]
    assert set(missed) <= set(explained)


def test_the_picture_shows_the_last_run():
    drawn = (FOLDER / PICTURE_NAME).read_text("utf-8")
    assert drawn == picture(read_results(FOLDER))
    assert Xml.fromstring(drawn).tag.endswith("svg")  # noqa: S314  # ours


def test_commands_of_the_scale_page_run(capsys):
    commands = [shlex.split(shown.command) for shown in shown_commands(SCALE)]
    assert commands
    for command in commands:
        assert command[:3] == ["python", "-m", "bench.simulation"]
        simulate(command[3:])
        assert "registering, played: " in capsys.readouterr().out


SCALE = bench.simulation.pages.PAGE.read_text("utf-8")


def test_what_stands_around_a_generated_part_is_kept():
    page = "before\n<!-- generated: a -->\nold\n<!-- end: a --> after\n"
    once = filled(page, {"a": "new"})
    assert once == "before\n<!-- generated: a -->\n\nnew\n\n<!-- end: a --> after\n"
    assert filled(once, {"a": "new"}) == once


@pytest.mark.parametrize("page", ["", "<!-- generated: a -->\nopen", "<!-- end: a -->"])
def test_a_page_without_the_markers_is_refused(page):
    with pytest.raises(ValueError, match="no markers for 'a'"):
        filled(page, {"a": "new"})


def test_a_cell_cannot_break_its_table():
    assert markdown_table(("a", "b"), [("x|y", "1\n2")]).splitlines()[-1] == "| x\\|y | 1 2 |"
