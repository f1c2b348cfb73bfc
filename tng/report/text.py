"""Making text from the input harmless for terminals, tables and spreadsheets."""

import re

_UNPRINTABLE = re.compile(
    "[\x00-\x1f\x7f-\x9f\xad\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f"
    "\ufeff\ufff9-\ufffb\ufffe\uffff\ud800-\udfff\U000e0000-\U000e007f]"
)
_FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\uff1d", "\uff0b", "\uff0d", "\uff20")
"""The last four are wide forms of the first four, which Excel takes for them in East Asia."""
_NEXT_CELL = re.compile(r"(?<=;)([\"' ]*)(?=[=+\-@\uff1d\uff0b\uff0d\uff20])")
"""Where Excel parts cells at semicolons (most of Europe), text goes on in a cell of its own."""


def printable(value: object) -> str:
    """The value's text; control, direction and invisible characters are shown as escapes."""
    text = "" if value is None else str(value)
    # Holds for nearly every text, and for none with one of the characters looked for.
    if text.isprintable():
        return text
    return _UNPRINTABLE.sub(_escaped, text)


def _escaped(match: re.Match[str]) -> str:
    code = ord(match[0])
    return f"\\u{code:04x}" if code <= 0xFFFF else f"\\U{code:08x}"


def shortened(text: str, length: int) -> str:
    """The text, with its end replaced by an ellipsis if it is longer than that."""
    return text if len(text) <= length else f"{text[: length - 1]}…"


def bounded(value: object, length: int) -> str:
    """`printable`, and `shortened` to so many characters; of a long text no more is looked at."""
    text = "" if value is None else str(value)
    return shortened(printable(text[: length + 1]), length)


def without_surrogates(text: str) -> str:
    """The text with lone surrogates (undecodable bytes of a path) as visible escapes."""
    return text.encode("utf-8", "backslashreplace").decode()


def spreadsheet_cell(value: object) -> str:
    """`printable`, and never a formula (OWASP: CSV injection)."""
    text = _NEXT_CELL.sub(r"\1'", printable(value))
    return f"'{text}" if text.startswith(_FORMULA_STARTS) else text


def markdown_cell(value: object) -> str:
    """`printable`, with what Markdown or HTML would take for markup escaped."""
    return re.sub(r"([\\`*_~&{}\[\]<>|#])", r"\\\1", printable(value))
