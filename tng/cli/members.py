"""One result as names and values: a line for each, or one JSON object."""

from collections.abc import Mapping

import typer

_ON_STDERR = ("message", "hint", "warnings")


def print_members(schema: str, members: Mapping[str, object], *, as_json: bool) -> None:
    """Write ``members`` to stdout; columns leave out what is empty or told on stderr already."""
    from tng.report.json_text import to_json
    from tng.report.text import printable

    if as_json:
        typer.echo(to_json({"schema": schema, **members}).decode())
        return
    for name, value in members.items():
        if name not in _ON_STDERR and value not in (None, "", False):
            shown = "yes" if value is True else value
            typer.echo(f"{name.replace('_', ' '):<20} {printable(shown)}")
