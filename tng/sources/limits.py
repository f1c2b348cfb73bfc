"""How far compressed inputs may expand, and the account that is kept of it."""

from dataclasses import dataclass

from tng.sources.errors import InputLimitError

_MIB = 1024 * 1024
_GIB = 1024 * _MIB


@dataclass(frozen=True, slots=True)
class Limits:
    """Bounds on one compressed input; sizes in bytes.

    ``expanded``: a manifest of a million chips is 4 GB of JSON, so this is room for
    sixteen of them. ``ratio``: manifests (base64) compress 4:1, serial logs and hex dumps
    up to about 30:1; deflate reaches 1032:1, which only a bomb does. The ratio counts from
    ``free`` expanded bytes on, because the beginning of a log may be one repeated line.
    ``members`` and ``directory`` bound a zip's table of contents, which is held in memory.
    ``piped_archive`` bounds the temporary copy of a zip that cannot be seeked.
    """

    expanded: int = 64 * _GIB
    ratio: int = 100
    free: int = 16 * _MIB
    members: int = 50_000
    directory: int = 8 * _MIB
    piped_archive: int = 8 * _GIB


DEFAULT_LIMITS = Limits()


class Budget:
    """What one input on disk has taken and given so far.

    A zip's members share one budget, so that overlapping members cannot multiply it.
    """

    def __init__(self, limits: Limits, compressed: int = 0) -> None:
        self._limits = limits
        self._compressed = compressed
        self._expanded = 0

    def consume(self, count: int) -> None:
        """Note ``count`` compressed bytes read."""
        self._compressed += count

    def expand(self, count: int) -> None:
        """Note ``count`` expanded bytes; `InputLimitError` beyond the limits."""
        self._expanded += count
        limits = self._limits
        if self._expanded > limits.expanded:
            raise InputLimitError(
                f"expands to more than {limits.expanded} bytes", "Expand it and pass a part of it."
            )
        if self._expanded > max(limits.free, limits.ratio * self._compressed):
            raise InputLimitError(
                f"{self._compressed} bytes expand to more than {self._expanded}, "
                f"genuine inputs to at most {limits.ratio} times their size",
                "If the file is genuine, expand it yourself and pass the result.",
            )
