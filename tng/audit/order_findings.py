"""What is to be said of order lines after they were filled."""

from collections.abc import Iterable, Iterator, Sequence

from tng.audit.models import GeneralFinding, LineResult, Subject
from tng.audit.serial_index import Conflict
from tng.findings import finding

_NAMED = 3


def line_findings(
    results: Sequence[LineResult], names: Sequence[str], conflicts: Iterable[Conflict]
) -> Iterator[GeneralFinding]:
    """The findings of all lines in the order of the file, then those of pairs of lines."""
    for result, name in zip(results, names, strict=True):
        yield from _of_line(result, name)
    for conflict in conflicts:
        yield _on_two(conflict, names)


def _of_line(result: LineResult, name: str) -> Iterator[GeneralFinding]:
    ordered = result.line.quantity
    if result.short:
        more = _not_accepted(result.not_genuine)
        message = f"{result.delivered} of {ordered} came, {result.short} did not{more}"
        yield _about(name, "order-short", message)
    if result.over:
        message = f"{ordered} were ordered, and {result.delivered} came"
        yield _about(name, "order-over", message)
    if result.missing_count:
        listed = ", ".join(result.missing[:_NAMED])
        rest = result.missing_count - len(result.missing[:_NAMED])
        more = f" and {rest} more" if rest else ""
        message = f"{result.missing_count} listed did not come as genuine chips: {listed}{more}"
        yield _about(name, "serial-not-delivered", message)


def _not_accepted(count: int) -> str:
    if not count:
        return ""
    return f"; {count} more came that {'is' if count == 1 else 'are'} not accepted"


def _on_two(conflict: Conflict, names: Sequence[str]) -> GeneralFinding:
    first, second = names[conflict.first], names[conflict.second]
    count = f"{conflict.serials} serial numbers are" if conflict.serials > 1 else "one is"
    message = f"{count} on {first} and on {second}, the first is {conflict.example}"
    return _about(second, "serial-on-two-orders", message)


def _about(name: str, code: str, message: str) -> GeneralFinding:
    return GeneralFinding(Subject("order", name), finding(code, message))
