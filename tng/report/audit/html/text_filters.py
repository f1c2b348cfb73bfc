"""How values become words in the templates; `inert` makes all of them harmless."""

from datetime import UTC, date, datetime

from markupsafe import Markup

from tng.report.text import printable


def inert(value: object) -> object:
    """Jinja's last step before escaping: control and direction characters become visible."""
    return value if isinstance(value, Markup) else printable(value)


def thousands(number: int) -> str:
    """``12,345``."""
    return f"{number:,}"


def plural(number: int, noun: str) -> str:
    """``1 device``, ``2 devices``, ``3 entries``."""
    if number == 1:
        return f"1 {noun}"
    many = f"{noun[:-1]}ies" if noun.endswith("y") else f"{noun}s"
    return f"{number:,} {many}"


def shortened(text: str, longest: int) -> str:
    """The text, or its beginning and an ellipsis."""
    shown = printable(text)
    return shown if len(shown) <= longest else f"{shown[: longest - 1]}…"


def words(value: str) -> str:
    """``in-place`` as ``in place``."""
    return value.replace("-", " ")


def share(part: int, whole: int) -> str:
    """Percent; never ``0 %`` or ``100 %`` for what is a little more or less."""
    if not whole:
        return ""
    if part in (0, whole):
        return f"{100 * part // whole} %"
    return f"{min(99.9, max(0.1, 100 * part / whole)):.1f} %"


def day(moment: datetime | date | None) -> str:
    """``2026-11-21``, in UTC."""
    if isinstance(moment, datetime):
        moment = moment.astimezone(UTC)
    return "" if moment is None else f"{moment.year:04}-{moment.month:02}-{moment.day:02}"


def minute(moment: datetime) -> str:
    """``2026-11-21 12:00 UTC``."""
    moment = moment.astimezone(UTC)
    return f"{day(moment)} {moment.hour:02}:{moment.minute:02} UTC"
