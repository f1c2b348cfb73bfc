"""Single cells: names, quantities and dates out of text, numbers and dates of a spreadsheet."""

import math
import re
import unicodedata
from datetime import date, datetime

from tng.orders.limits import MAX_CELL_CHARACTERS, MAX_QUANTITY
from tng.orders.problems import CellError, shown

_DIGITS = re.compile(r"[0-9]{1,12}")
_GROUPED = tuple(
    map(
        re.compile,
        (
            "([0-9]{1,3}(?:[ '\u2019\u00a0\u202f][0-9]{3})+)(?:[.,]0{1,3})?",
            r"([0-9]{1,3}(?:,[0-9]{3})+)\.0{1,3}",
            r"([0-9]{1,3}(?:\.[0-9]{3})+),0{1,3}",
            r"([0-9]{1,3}(?:,[0-9]{3}){2,3}|[0-9]{1,3}(?:\.[0-9]{3}){2,3})",
            r"([0-9]{1,12})[.,]0{1,2}",
        ),
    )
)
"""Whole numbers with separators that can be read in one way only."""
_DATE = re.compile(r"([0-9]{4}-[0-9]{2}-[0-9]{2})(?:[T ][0-9:.]+(?:Z|[+-][0-9:]{4,6})?)?")
UNREAD = "\ufffd"
"""Stands for a byte of a file that is not in UTF-8 (Unicode §3.9, REPLACEMENT CHARACTER)."""
ENCODING_HINT = 'Save it as "CSV UTF-8", or as XLSX.'
_INVISIBLE = frozenset({"Cc", "Cf", "Cs", "Co", "Zl", "Zp"})
"""Unicode categories of characters that one does not see, and that no name needs."""
_EXACT = 2**53
"""Up to here a spreadsheet's numbers (IEEE 754 doubles) are exact."""
_MAX_NAME = 200

_WHOLE = f"a whole number from 1 to {MAX_QUANTITY:,}".replace(",", " ")
_DIGITS_HINT = "Write quantities with digits alone: 10,000 may be ten thousand, or ten."
_EMPTY_HINT = "Fill the cell in every row; of merged cells the first alone holds the value."
_DAY = "a day as 2026-11-21"
_DOTTED = re.compile(r"([0-9]{1,2})\.([0-9]{1,2})\.([0-9]{4})")
"""Day, month and year; no country writes the month first with full stops (Unicode CLDR)."""
_ISO_HINT = "Write dates as year-month-day: 11/12/2026 may be two different days."


def is_blank(value: object) -> bool:
    """Whether nothing stands in the cell."""
    return value is None or (isinstance(value, str) and not value.strip())


def text_of(value: object, *, limit: int = MAX_CELL_CHARACTERS) -> str:
    """The text of a cell, trimmed; whole numbers are written without a point.

    Raises `CellError` for anything else.
    """
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        raise CellError(shown(value), "text")
    if isinstance(value, str):
        if len(value) > limit:
            raise CellError(f"{len(value)} characters", f"at most {limit}")
        return value.strip()
    if not math.isfinite(value) or value != int(value) or abs(value) > _EXACT:
        raise CellError(shown(value), "text", "Format the cell as text and type it again.")
    return str(int(value))


def name_of(value: object) -> str:
    """A name (order, part, group): visible characters, single spaces, at most 200.

    Raises `CellError`, also where nothing stands.
    """
    text = text_of(value)
    if UNREAD in text:
        raise CellError(shown(text), "characters in UTF-8", ENCODING_HINT)
    for character in "" if text.isprintable() else text:
        if character != "\t" and unicodedata.category(character) in _INVISIBLE:
            raise CellError(
                shown(text),
                f"no invisible character (there is a U+{ord(character):04X})",
                "Type the cell again: what was copied brought invisible characters along.",
            )
    if not text:
        raise CellError("nothing", "a name", _EMPTY_HINT)
    if len(text) > _MAX_NAME:
        raise CellError(f"{len(text)} characters", f"at most {_MAX_NAME}")
    return " ".join(text.split())


def quantity_of(value: object) -> int:
    """How many chips. Raises `CellError`, also for 1.000, which may be one or a thousand."""
    number: float = math.nan
    if isinstance(value, str):
        number = _number(value.strip())
    elif isinstance(value, int | float) and not isinstance(value, bool):
        number = value
    if not 1 <= number <= MAX_QUANTITY or number != int(number):
        raise CellError(shown(value), _WHOLE, _DIGITS_HINT)
    return int(number)


def _number(text: str) -> float:
    if _DIGITS.fullmatch(text):
        return int(text)
    found = next(filter(None, (pattern.fullmatch(text) for pattern in _GROUPED)), None)
    return math.nan if found is None else int("".join(filter(str.isdecimal, found[1])))


def date_of(value: object) -> date:
    """A day: year-month-day, or day.month.year with full stops. Raises `CellError`.

    Days and months in an order that may be another are refused.
    """
    if isinstance(value, datetime):
        return value.date()
    if isinstance(value, date):
        return value
    text = value.strip() if isinstance(value, str) else ""
    try:
        if dotted := _DOTTED.fullmatch(text):
            return date(*map(int, reversed(dotted.groups())))
        if matched := _DATE.fullmatch(text):
            return date.fromisoformat(matched[1])
    except ValueError:
        pass
    raise CellError(shown(value), _DAY, _ISO_HINT)
