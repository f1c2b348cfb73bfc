"""The one root of errors that end a run.

A bad *device* is never an error: it is an outcome with findings. An error here
means that the run as a whole cannot go on, says why, and names the next step.
"""

import re
from collections.abc import Iterator

from tng.exit_codes import ExitCode

_SHARED_KEYS = re.compile(r"(?i)(SharedAccess(?:Key|Signature)[ =:]+)[^\s;'\"]+")
"""What of Azure's connection strings and signatures must not be repeated; the key's name may."""


def without_shared_keys(text: str) -> str:
    """``text`` without the keys of connection strings that somebody put into the wrong place."""
    return _SHARED_KEYS.sub(r"\1…", text)


def causes(error: BaseException) -> Iterator[BaseException]:
    """``error`` and what it came of, the outermost first, each once."""
    seen: set[int] = set()
    following: BaseException | None = error
    while following is not None and id(following) not in seen:
        seen.add(id(following))
        yield following
        following = following.__cause__ or following.__context__


class TngError(Exception):
    """A run cannot go on.

    ``message`` says what happened, ``hint`` the next step; the command line
    prints them as ``error: …`` and ``hint: …`` and exits with ``exit_code``. Both may quote
    what the user gave: the key of a connection string is taken out of them.
    """

    exit_code: ExitCode = ExitCode.UNUSABLE

    def __init__(self, message: str, hint: str = "") -> None:
        self.message = without_shared_keys(message)
        self.hint = without_shared_keys(hint)
        super().__init__(self.message)


class UsageError(TngError):
    """The command's words do not fit together."""

    exit_code = ExitCode.USAGE


class InputError(TngError):
    """A source named by the user cannot be used at all."""


class TrustError(TngError):
    """Trust material (anchor, signer, intermediate) cannot be used."""


class ConfigurationError(TngError):
    """``tng.toml``, an environment variable or a flag has an unusable value."""


class LedgerError(TngError):
    """The ledger cannot be opened, read or written."""


class TargetError(TngError):
    """A cloud target cannot be used as configured, or refused the caller."""

    exit_code = ExitCode.REFUSED


class OutputError(TngError):
    """Something that was asked for cannot be written."""
