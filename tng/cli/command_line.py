"""The command as it was typed, for the ledger: what to run again, without secrets."""

import re
import shlex
from collections.abc import Iterator, Sequence
from datetime import datetime

from tng.errors import without_shared_keys
from tng.ledger_location import has_no_password

_USER_INFO = re.compile(r"//[^/\s]*@")
_QUERY = re.compile(r"(//[^?\s]*)\?\S*")
MAX_COMMAND = 20_000
"""Characters kept: a shell may have expanded a glob to very many names."""


def typed_command(arguments: Sequence[str]) -> str:
    """``tng`` and its arguments, quoted for a shell.

    URLs lose credentials and queries, connection strings their keys. A ledger's URL keeps its
    user and options, by which it is found again; it has no password (`ledger_location`).
    """
    words = map(_without_credentials, arguments)
    command = shlex.join(["tng", *map(without_shared_keys, words)])
    return command if len(command) <= MAX_COMMAND else f"{command[:MAX_COMMAND]} …"


def _without_credentials(word: str) -> str:
    if has_no_password(word.removeprefix("--ledger=")):
        return word
    return _QUERY.sub(r"\1", _USER_INFO.sub("//", word))


_WITHOUT_EFFECT = (
    "--format", "--output", "-o", "--sign", "--jobs", "-j", "--dask", "--fail-on", "--color",
)  # fmt: skip
"""Options with a value that does not decide what a report says."""
_SILENT = re.compile(r"-[qv]+|--(quiet|verbose|traceback|no-remember)")


def repeatable_command(arguments: Sequence[str], at: datetime) -> str:
    """The command that makes the same report again: the words that decide its content alone.

    What says where a report goes, and how fast, is left out; the time of judgment is put in.
    """
    words = list(_deciding(arguments))
    if not any(word == "--at" or word.startswith("--at=") for word in words):
        end = words.index("--") if "--" in words else len(words)
        words[end:end] = ["--at", at.strftime("%Y-%m-%dT%H:%M:%SZ")]
    return typed_command(words)


def _deciding(arguments: Sequence[str]) -> Iterator[str]:
    rest = iter(arguments)
    for word in rest:
        if word == "--":
            yield word
            yield from rest
        elif word in _WITHOUT_EFFECT:
            next(rest, None)
        elif not (_SILENT.fullmatch(word) or _carries_value(word)):
            yield word


def _carries_value(word: str) -> bool:
    """Whether an option without effect and its value are one word."""
    return re.fullmatch(r"-j\d+|-o.+", word) is not None or any(
        word.startswith(f"{name}=") for name in _WITHOUT_EFFECT
    )
