"""``docs/commands.md``: what ``--help`` says of every command, for readers without a shell.

``python -m tng.cli.pages > docs/commands.md`` brings the document up to date.
"""

import sys
from collections.abc import Iterator
from typing import Any

import typer
from typer.core import TyperGroup

from tng.cli.app import app

WIDTH = 90
"""Columns of the page."""

_INTRODUCTION = """# Commands

What `--help` says of each command; this page is made from it, and a test keeps the two
together. Exit codes are in the [README](../README.md#exit-codes), the keys of `tng.toml` and
the variables in [configuration.md](configuration.md), plans and registrations in
[registering.md](registering.md).
"""


def command_pages() -> dict[str, str]:
    """Full name of each command (``"tng trust list"``) → its help."""
    return dict(_pages(typer.main.get_command(app), "tng", None))


def document() -> str:
    """The whole page in Markdown."""
    blocks = [f"## {name}\n\n```text\n{text}\n```\n" for name, text in command_pages().items()]
    return "\n".join((_INTRODUCTION, *blocks))


# typer names no type of its own for commands: it is click's, of another package by version.
def _pages(command: Any, name: str, parent: typer.Context | None) -> Iterator[tuple[str, str]]:  # noqa: ANN401
    context = typer.Context(
        command,
        info_name=name.rpartition(" ")[2],
        parent=parent,
        terminal_width=WIDTH,
        **command.context_settings,
    )
    yield name, command.get_help(context)
    if isinstance(command, TyperGroup):
        for child in command.list_commands(context):
            found = command.get_command(context, child)
            if found is not None:
                yield from _pages(found, f"{name} {child}", context)


if __name__ == "__main__":
    sys.stdout.write(document())
