"""One of several parts of the devices of a target, for processes that share the work. Pure.

Which part a device belongs to depends on its certificate and the number of parts alone, so that
every process that is given the same sources cuts them alike.
"""

import re
from dataclasses import dataclass

from tng.errors import UsageError

MOST_SHARDS = 256
"""Parts of one target; a quota of 10 calls a second leaves each a call in 26 seconds."""

_FORM = re.compile(r"([1-9]\d{0,2})/([1-9]\d{0,2})", re.ASCII)


@dataclass(frozen=True, slots=True)
class Shard:
    """Part ``index`` (from 1) of ``count``."""

    index: int
    count: int

    def __str__(self) -> str:
        return f"{self.index}/{self.count}"

    def holds(self, key: str) -> bool:
        """Whether the device of the certificate ``key`` (SHA-256 of its DER, hex) is part of it.

        The digest as a number modulo ``count`` is ``index - 1``.
        """
        return int(key, 16) % self.count == self.index - 1


def parse_shard(text: str) -> Shard | None:
    """The shard that ``text`` (``i/n``) names, ``None`` for the only one of 1.

    Raises `UsageError`.
    """
    match = _FORM.fullmatch(text)
    index, count = (int(match[1]), int(match[2])) if match else (0, 0)
    if not 1 <= index <= count <= MOST_SHARDS:
        raise UsageError(
            f"{text[:40]!r} is no shard",
            f"Write i/n: the i-th of n parts, such as 1/4; n is at most {MOST_SHARDS}.",
        )
    return None if count == 1 else Shard(index, count)
