"""Text of the input in Markdown, where it must become neither markup, link nor mention.

GitHub and GitLab make links of bare addresses and notify people of ``@name``, which no
backslash prevents (GitHub Flavored Markdown §6.9); within code spans they do neither.
"""

import re

from tng.report.text import bounded

MAX_TEXT = 240
"""Characters of one value; the other forms of the report have it whole."""

_HARMLESS = re.compile(r"""[("']*[^\W_](?:[^\W_]|[-.,;:!?()'"%/+=…])*""")
_MEANINGFUL = re.compile(r"://|:\w+:|\d+[.)]$|[\w.+-]+\.\w+/.*|www\.|xmpp:|mailto:", re.IGNORECASE)
_IN_CODE = re.compile(r"[`|]")


def code(value: object, length: int = MAX_TEXT) -> str:
    """The value as a code span, also within a table; empty text stays empty.

    What would end the span or the table's cell is shown as an escape.
    """
    text = bounded(value, length).strip()
    escaped = _IN_CODE.sub(lambda match: f"\\u{ord(match[0]):04x}", text)
    return f"`{escaped}`" if escaped else ""


def prose(value: object, length: int = MAX_TEXT) -> str:
    """A sentence: words as they are, and every other thing as a code span."""
    return " ".join(map(_word, bounded(value, length).split()))


def _word(word: str) -> str:
    if _is_harmless(word):
        return word
    core = word.rstrip(",.;:!?")
    # What ends a clause belongs to the sentence, unless it is what makes the word a list's number.
    return code(word) if not core or _is_harmless(core) else f"{code(core)}{word[len(core) :]}"


def counted(count: int, noun: str) -> str:
    """The number and its noun."""
    return f"{count:,} {noun}" if count == 1 else f"{count:,} {noun}s"


def _is_harmless(word: str) -> bool:
    if not _HARMLESS.fullmatch(word):
        return False
    # The end of a list's number, an address, an emoji: anywhere in the word.
    return not (
        _MEANINGFUL.match(word) or "://" in word or re.search(r":\w+:|www\.", word, re.IGNORECASE)
    )
