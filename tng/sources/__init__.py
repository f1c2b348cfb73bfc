"""Opening what users name: files, directories, globs, stdin, gzip and zip.

It gives bounded streams and hashes of what lies on disk. It does not know what the
bytes mean, and it never writes anything but a temporary copy of a zip that comes
through a pipe.
"""

from tng.sources.errors import (
    InputChangedError,
    InputLimitError,
    InputReadError,
    InputStreamError,
)
from tng.sources.limits import DEFAULT_LIMITS, Limits
from tng.sources.opening import open_inputs, open_located
from tng.sources.types import Archive, Input, Opened

__all__ = [
    "DEFAULT_LIMITS",
    "Archive",
    "Input",
    "InputChangedError",
    "InputLimitError",
    "InputReadError",
    "InputStreamError",
    "Limits",
    "Opened",
    "open_inputs",
    "open_located",
]
