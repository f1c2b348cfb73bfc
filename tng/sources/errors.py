"""Errors that surface in the middle of reading one input.

They end that input, never the run: whoever consumes the stream turns
`InputStreamError.finding` into an `Undecodable` and goes on with the next input.
"""

from typing import ClassVar

from tng.errors import TngError
from tng.findings import Finding, finding


class InputStreamError(TngError):
    """The rest of an input cannot be had; what was read before it stays valid."""

    code: ClassVar[str] = "input-unreadable"

    @property
    def finding(self) -> Finding:
        """The finding that a report shows for it."""
        return finding(self.code, self.message)


class InputReadError(InputStreamError):
    """The file cannot be read, or its compression is damaged."""


class InputChangedError(InputStreamError):
    """The bytes at a place are not those that were counted there."""

    code: ClassVar[str] = "input-changed"


class InputLimitError(InputStreamError):
    """A compressed input expands beyond the limits."""

    code: ClassVar[str] = "input-too-large"
