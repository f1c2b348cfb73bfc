"""Values as PostgreSQL can store them: its texts have no NUL and no lone surrogate."""

from collections.abc import Sequence


def storable(values: Sequence[object]) -> tuple[object, ...]:
    """The values, or lists of them; what PostgreSQL has no place for in texts becomes escapes."""
    return tuple(_storable(value) for value in values)


def _storable(value: object) -> object:
    if isinstance(value, str):
        return _text(value)
    return [_storable(item) for item in value] if isinstance(value, list) else value


def _text(text: str) -> str:
    if text.isascii() and "\0" not in text:
        # StrEnum's members, too, become plain texts.
        return str(text)
    return text.replace("\0", "\\x00").encode("utf-8", "backslashreplace").decode()
