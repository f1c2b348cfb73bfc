"""Where the commands print: data on stdout, talk on stderr.

Consoles are made when asked for, so that a redirected stream (tests, pipes) is the
one that is used. `NO_COLOR` and ``--color`` are honoured by both.
"""

import os
import sys
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rich.console import Console


class ColorChoice(StrEnum):
    """The values of ``--color``."""

    AUTO = "auto"
    ALWAYS = "always"
    NEVER = "never"


class Verbosity:
    """How much is said on stderr; set once from ``-q`` and ``-v``."""

    color: ColorChoice = ColorChoice.AUTO
    level: int = 0
    traceback: bool = False


def talk() -> "Console":
    """Console for progress, hints and summaries: stderr, silent with ``-q``."""
    return _console(stderr=True, quiet=Verbosity.level < 0)


def complain() -> "Console":
    """Console for errors: stderr, never silent."""
    return _console(stderr=True, quiet=False)


def data() -> "Console":
    """Console for results: stdout; when piped, lines are as long as they need to be."""
    return _console(stderr=False, quiet=False)


def _console(*, stderr: bool, quiet: bool) -> "Console":
    from rich.console import Console

    stream = sys.stderr if stderr else sys.stdout
    forced = {ColorChoice.ALWAYS: True, ColorChoice.NEVER: False}.get(Verbosity.color)
    width = None if stream.isatty() or "COLUMNS" in os.environ else 4096
    return Console(
        file=stream,
        quiet=quiet,
        force_terminal=forced,
        no_color=True if Verbosity.color is ColorChoice.NEVER else None,
        width=width,
        highlight=False,
        soft_wrap=True,
        emoji=False,
        markup=False,
    )
