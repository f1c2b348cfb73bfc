"""Strict reading of tables of settings: every key known, every value of its type.

An unknown key is an error that names the nearest known one; a value that looks like
a secret is refused, and never repeated in a message.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path

from tng.errors import ConfigurationError

_SECRET_WORDS = (
    "secret",
    "password",
    "session_token",
    "access_key",
    "credential",
    "private_key",
    "connection_string",
    "shared_access",
)


@dataclass(frozen=True, slots=True)
class Value:
    """One value and where it came from.

    ``origin`` is for messages (``"tng.toml [targets.eu]"``, ``"TNG_REGION"``, ``"--region"``);
    ``folder`` is what a relative path in it is relative to. Text from the environment is
    ``textual``: numbers, lists (by commas) and booleans are read from it.
    """

    content: object
    origin: str
    folder: Path
    textual: bool = False


def refuse_unknown(
    given: Iterable[str], known: Iterable[str], origin: str, what: str = "key"
) -> None:
    """Raise `ConfigurationError` for the first key that is not known, or is a secret's.

    ``what`` is what messages call a key.
    """
    names = tuple(known)
    for key in given:
        if key in names:
            continue
        if any(word in key.lower() for word in _SECRET_WORDS):
            raise ConfigurationError(
                f"{origin} has {key!r}: secrets do not belong there",
                "Remove it and use the cloud's own credentials: a profile, a role or the "
                "environment of its SDK.",
            )
        raise ConfigurationError(f"{origin} has the unknown {what} {key!r}", _nearest(key, names))


def _nearest(key: str, known: tuple[str, ...]) -> str:
    close = get_close_matches(key.lower().replace("-", "_"), known, n=1)
    if close:
        return f"Did you mean {close[0]!r}?"
    return f"Known: {', '.join(sorted(known)) or 'none'}."


class Table:
    """Typed access to merged values; every method raises `ConfigurationError`."""

    def __init__(self, values: Mapping[str, Value]) -> None:
        self._values = values

    def text(self, key: str) -> str | None:
        """A non-empty text, or ``None`` where the key is absent."""
        value = self._values.get(key)
        if value is None:
            return None
        if not isinstance(value.content, str) or not value.content.strip():
            raise _wrong(key, value, "a text")
        return value.content

    def texts(self, key: str) -> tuple[str, ...]:
        """One text or a list of them; empty where the key is absent."""
        value = self._values.get(key)
        if value is None:
            return ()
        content = value.content
        if isinstance(content, str):
            content = content.split(",") if value.textual else [content]
        if not isinstance(content, (list, tuple)):
            raise _wrong(key, value, "a text or a list of texts")
        texts = tuple(item.strip() if isinstance(item, str) else "" for item in content)
        if not all(texts) or len(set(texts)) != len(texts):
            raise _wrong(key, value, "a list of different texts, none of them empty")
        return texts

    def path(self, key: str) -> Path | None:
        """A path, relative ones resolved against the folder of their origin."""
        text = self.text(key)
        return None if text is None else self._values[key].folder / Path(text).expanduser()

    def paths(self, key: str) -> tuple[Path, ...]:
        """One path or a list of them."""
        return tuple(self._values[key].folder / Path(text).expanduser() for text in self.texts(key))

    def number(self, key: str) -> float | None:
        """A number above zero."""
        value = self._values.get(key)
        return None if value is None else _number(key, value, value.content)

    def count(self, key: str) -> int | None:
        """A whole number above zero."""
        number = self.number(key)
        if number is not None and number != int(number):
            raise _wrong(key, self._values[key], "a whole number")
        return None if number is None else int(number)

    def flag(self, key: str) -> bool:
        """A boolean; false where the key is absent."""
        value = self._values.get(key)
        if value is None:
            return False
        words = {"true": True, "1": True, "yes": True, "false": False, "0": False, "no": False}
        if value.textual and str(value.content).lower() in words:
            return words[str(value.content).lower()]
        if not isinstance(value.content, bool):
            raise _wrong(key, value, "true or false")
        return value.content

    def named_texts(self, key: str) -> tuple[tuple[str, str], ...]:
        """A table of texts, as pairs in the order of their names."""
        items = self._table(key)
        if not all(isinstance(text, str) for text in items.values()):
            raise _wrong(key, self._values[key], "a table of texts")
        return tuple(sorted((name, str(text)) for name, text in items.items()))

    def named_numbers(self, key: str) -> tuple[tuple[str, float], ...]:
        """A table of numbers above zero, as pairs in the order of their names."""
        items = self._table(key)
        return tuple(
            (name, _number(f"{key}.{name}", self._values[key], items[name]))
            for name in sorted(items)
        )

    def origin(self, key: str) -> str:
        """Where the value of ``key`` came from, for messages."""
        return self._values[key].origin if key in self._values else "the settings"

    def _table(self, key: str) -> Mapping[str, object]:
        value = self._values.get(key)
        if value is None:
            return {}
        if not isinstance(value.content, dict):
            raise _wrong(key, value, "a table")
        return value.content


def _number(key: str, value: Value, content: object) -> float:
    if value.textual and isinstance(content, str):
        try:
            content = float(content)
        except ValueError:
            raise _wrong(key, value, "a number above zero") from None
    if isinstance(content, bool) or not isinstance(content, (int, float)):
        raise _wrong(key, value, "a number above zero")
    if not 0 < content < float("inf"):
        raise _wrong(key, value, "a number above zero")
    return float(content)


def _wrong(key: str, value: Value, expected: str) -> ConfigurationError:
    return ConfigurationError(
        f"{value.origin}: {key} is {value.content!r}, expected {expected}",
        f"Correct {key} there.",
    )
