"""What is wrong with a file of orders: collected cell by cell, told all at once."""

from dataclasses import dataclass
from typing import Final

from tng.errors import InputError
from tng.sources.names import printable

MAX_TOLD: Final = 20
_MAX_SHOWN = 60


class OrderFileError(InputError):
    """A file of orders cannot be used; the message names each row and column."""


@dataclass(frozen=True, slots=True)
class Problem:
    """One cell that cannot be used: ``place`` is ``"line 3"``, ``hint`` may be empty."""

    place: str
    column: str
    found: str
    expected: str
    hint: str = ""

    def __str__(self) -> str:
        column = f", {self.column}" if self.column else ""
        return f"{self.place}{column}: found {self.found}, expected {self.expected}"


class CellError(ValueError):
    """A cell cannot be read; whoever knows its place makes a `Problem` of it."""

    def __init__(self, found: str, expected: str, hint: str = "") -> None:
        self.found = found
        self.expected = expected
        self.hint = hint
        super().__init__(f"found {found}, expected {expected}")


class Problems:
    """Collects problems; keeps the first ones and counts the rest."""

    def __init__(self, file: str) -> None:
        self._file = file
        self._told: list[Problem] = []
        self._count = 0

    def add(self, problem: Problem) -> None:
        """Note one more."""
        self._count += 1
        if len(self._told) < MAX_TOLD:
            self._told.append(problem)

    def raise_any(self) -> None:
        """Raise `OrderFileError` with all of them, if there are any."""
        if not self._count:
            return
        lines = [f"{self._file} cannot be used as a list of orders:"]
        lines += [f"  {problem}" for problem in self._told]
        if self._count > len(self._told):
            lines.append(f"  and {self._count - len(self._told)} more")
        hints = dict.fromkeys(problem.hint for problem in self._told if problem.hint)
        raise OrderFileError("\n".join(lines), " ".join(hints) or "Correct these cells.")


def shown(value: object) -> str:
    """A cell as a message shows it: quoted, on one line, cut to a bearable length."""
    if value is None or value == "":
        return "nothing"
    text = str(value)
    cut = f"{text[:_MAX_SHOWN]}…" if len(text) > _MAX_SHOWN else text
    return f'"{printable(cut)}"' if isinstance(value, str) else printable(cut)
