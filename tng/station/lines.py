"""Bytes of a serial port as lines, however a device ends them: LF, CR LF, CR CR LF or a lone CR.

Pure and bounded. Nothing is interpreted here.
"""

import re

from tng.decode.text.lines import Line, clean

MAX_LINE_BYTES = 16 * 1024
"""A request in base64 on one line has a tenth of that. What is longer is cut."""
UNENDED_SECONDS = 5.0
_UNENDED_BYTES = 160
"""More than any line of the protocol has, and than the prompt that a shell leaves standing."""

_END = re.compile(rb"\r{0,2}\n|\r")
_MAX_OPEN_RETURNS = 2
"""Carriage returns at the end of what came that may still belong to one line feed."""


class LineBuffer:
    """Bytes in, lines out, with the rest of an overlong line left out."""

    def __init__(self) -> None:
        self._bytes = bytearray()
        self._number = 0
        self._is_feed_due = False

    def put(self, data: bytes) -> None:
        """Take what came."""
        if self._is_feed_due and data:
            self._is_feed_due = False
            data = data.removeprefix(b"\n")
        self._bytes += data

    def clear(self) -> None:
        """Forget a line that was begun; the numbers go on."""
        self._bytes.clear()
        self._is_feed_due = False

    @property
    def is_unended(self) -> bool:
        """Whether more stands there without a line end than a line has."""
        return len(self._bytes) > _UNENDED_BYTES

    def take(self, *, is_quiet: bool = False) -> Line | None:
        """The next whole line, without colours; ``None`` where there is none yet.

        A CR that came last may be followed by its LF; when the port ``is_quiet``, it ends the line.
        """
        found = _END.search(self._bytes)
        if found is None:
            # Its beginning is given when its end has come; the rest of it is left out.
            del self._bytes[MAX_LINE_BYTES:]
            return None
        start, end = found.span()
        if self._may_go_on(start):
            if not is_quiet:
                return None
            self._is_feed_due = end == len(self._bytes)
        raw = bytes(self._bytes[: min(end, MAX_LINE_BYTES)])
        del self._bytes[:end]
        self._number += 1
        return clean(self._number, raw)

    def _may_go_on(self, start: int) -> bool:
        rest = self._bytes[start : start + _MAX_OPEN_RETURNS + 1]
        return len(rest) <= _MAX_OPEN_RETURNS and not rest.strip(b"\r")


class UnendedWatch:
    """Says once that bytes come, and no line ends."""

    def __init__(self) -> None:
        self._since: float | None = None
        self._is_told = False

    def is_due(self, now: float, *, is_unended: bool) -> bool:
        """True once: when it has been so for `UNENDED_SECONDS`."""
        if not is_unended:
            self._since = None
            return False
        if self._since is None:
            self._since = now
        if self._is_told or now - self._since < UNENDED_SECONDS:
            return False
        self._is_told = True
        return True
