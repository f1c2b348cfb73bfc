"""Every ``tng`` line that a page shows has words that ``tng`` takes, and every command is shown."""

import re
from functools import cache
from typing import Any

import pytest
import typer

from tests.docs.shell import PAGES, calls_of_tng, page
from tng.cli.app import app

_INLINE = re.compile(r"`(tng [a-z][^`]*)`")
_LINK = re.compile(r"\]\(((?:docs|examples)/[\w/-]+\.md)")
CALLS = [
    pytest.param(call, id=f"{name}: {' '.join(call)[:60]}")
    for name in PAGES
    for call in dict.fromkeys(calls_of_tng(page(name)))
]


@cache
def parser() -> Any:
    """The app as it is, but nothing is done when the words have been read.

    Options are not followed either: whether an output can be written, say.
    """
    command: Any = typer.main.get_command(app)
    waiting = [command]
    while waiting:
        found = waiting.pop()
        for item in (found, *(param for param in found.params if not param.is_eager)):
            item.callback = None
        waiting += getattr(found, "commands", {}).values()
    return command


def names(command: Any, prefix: str = "") -> list[str]:
    """Full names of all commands below one, ``trust list`` for example."""
    children = getattr(command, "commands", {})
    if not children:
        return [prefix.strip()]
    return [name for child in children for name in names(children[child], f"{prefix} {child}")]


@pytest.mark.parametrize("call", CALLS)
def test_words_are_taken(call):
    parser().main(list(call), prog_name="tng", standalone_mode=False)


@pytest.mark.parametrize(
    "call", [("verify", "--no-such-option", "x"), ("verify",), ("nothing",), ("sandbox", "extra"),
             ("verify", "x", "--format", "word"), ("sandbox", "--rate", "fast")],
)  # fmt: skip
def test_other_words_are_not_taken(call):
    with pytest.raises(Exception, match=r"(?i)no such|missing|unexpected|is not|invalid"):
        parser().main(list(call), prog_name="tng", standalone_mode=False)


def test_all_pages_with_commands_are_read():
    found = {param.id.partition(":")[0] for param in CALLS}
    assert found >= {"README.md", "docs/commands.md", "docs/devices.md", "manifests/README.md"}


def options(command: Any) -> set[str]:
    """Its own and those of the commands below it."""
    own = {name for item in command.params for name in (*item.opts, *item.secondary_opts)}
    return own.union({"--help"}, *map(options, getattr(command, "commands", {}).values()))


@pytest.mark.parametrize("name", PAGES)
def test_options_named_in_the_text_exist(name):
    whole = parser()
    everywhere = {option for item in whole.params for option in item.opts}
    for shown in _INLINE.findall(page(name)):
        command = shown.split()[1]
        assert command in whole.commands, shown
        named = set(re.findall(r"(?<!\S)--[\w-]+", shown))
        assert named <= options(whole.commands[command]) | everywhere, shown


def test_readme_or_a_page_that_it_links_shows_each_command():
    """All but commands.md, which is made of the commands themselves."""
    readme = page("README.md")
    pages = {"README.md", *_LINK.findall(readme)} - {"docs/commands.md"}
    shown = [" ".join(call) + " " for name in pages for call in calls_of_tng(page(name))]
    missing = [
        name for name in names(parser()) if not any(call.startswith(f"{name} ") for call in shown)
    ]
    assert not missing
