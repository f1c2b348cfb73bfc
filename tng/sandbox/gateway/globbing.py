"""The wildcards of AWS IoT policies: ``*`` any text, ``?`` any one character.

Patterns are compiled to tokens, so that what a variable stands for is taken literally. The
match is the two-pointer one: it never takes longer than the product of both lengths.
"""

from collections.abc import Sequence
from enum import Enum, auto


class Wild(Enum):
    """A wildcard of a pattern."""

    ANY = auto()
    ONE = auto()


Token = str | Wild
"""A single character, or a wildcard."""

_WILDCARDS = {"*": Wild.ANY, "?": Wild.ONE}


def literal(text: str) -> list[Token]:
    """Tokens that match this text alone."""
    return list(text)


def pattern(text: str) -> list[Token]:
    """Tokens of a text with wildcards."""
    return [_WILDCARDS.get(character, character) for character in text]


def matches(tokens: Sequence[Token], text: str) -> bool:
    """Whether the whole text is what the tokens describe."""
    position = at = 0
    star, resumed = -1, 0
    while at < len(text):
        token = tokens[position] if position < len(tokens) else None
        if token is Wild.ANY:
            star, resumed = position, at
            position += 1
        elif token is Wild.ONE or token == text[at]:
            position += 1
            at += 1
        elif star >= 0:
            # Let the last star take one character more.
            resumed += 1
            position, at = star + 1, resumed
        else:
            return False
    return all(token is Wild.ANY for token in tokens[position:])
