"""Seconds, bytes and counts as people read them."""

_TIMES = ((86_400 * 365.25, "years"), (86_400.0, "days"), (3_600.0, "h"), (60.0, "min"))
_SIZES = ((1e15, "PB"), (1e12, "TB"), (1e9, "GB"), (1e6, "MB"))
_COUNTS = ((1e9, "G"), (1e6, "M"), (1e3, "k"))
_AT_LEAST = 2
"""Of a unit: 90 minutes read better than 1.5 hours."""


def duration(seconds: float) -> str:
    """For example ``25 s``, ``6.9 h``, ``11.6 days``."""
    for size, unit in _TIMES:
        if seconds >= _AT_LEAST * size:
            return f"{_short(seconds / size)} {unit}"
    return f"{_short(seconds)} s"


def size(octets: float) -> str:
    """For example ``37.5 GB``."""
    return _scaled(octets, _SIZES, " ", "bytes")


def count(number: float) -> str:
    """For example ``200M``."""
    return _scaled(number, _COUNTS, "", "")


def _scaled(number: float, units: tuple[tuple[float, str], ...], gap: str, otherwise: str) -> str:
    for scale, unit in units:
        if number >= scale:
            return f"{_short(number / scale)}{gap}{unit}"
    return f"{_short(number)}{gap}{otherwise}".rstrip()


def _short(number: float) -> str:
    """Three digits, without zeros behind a point."""
    return f"{number:,.0f}" if number >= 100 else f"{number:.3g}"
