"""What is said when tng itself fails: an exception that nobody expected, which is a defect.

It is told in a line instead of a traceback, with what a report of it needs. Nothing is sent
anywhere.
"""

import platform
import traceback
from pathlib import Path

from tng import __version__

_PACKAGE = Path(__file__).parents[1]
_LONGEST = 300
"""Characters of an exception's own text, which may quote a whole input."""


def describe_defect(error: BaseException) -> str:
    """Which exception it was, and where in tng it was met."""
    text = str(error)[:_LONGEST]
    what = f"{type(error).__name__}: {text}" if text else type(error).__name__
    place = _place(error)
    return f"tng itself failed: {what}" + (f" ({place})" if place else "")


def how_to_report() -> str:
    """The next step: what a report of the defect has to say."""
    return (
        "This is a defect of tng. Please report it with the command, what the same command shows "
        f"with --traceback, and: tng {__version__}, Python {platform.python_version()}, "
        f"{platform.system()}. What was done until now is kept: the same command goes on."
    )


def _place(error: BaseException) -> str:
    """The innermost line of tng's own that the exception passed."""
    frames = traceback.extract_tb(error.__traceback__)
    for frame in reversed(frames):
        file = Path(frame.filename)
        if file.is_relative_to(_PACKAGE):
            return f"{file.relative_to(_PACKAGE.parent)}, line {frame.lineno}"
    return ""
