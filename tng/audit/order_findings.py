"""What is to be said of order lines after they were filled."""

from collections.abc import Iterable, Iterator, Sequence

from tng.audit.models import GeneralFinding, LineResult, Subject
from tng.audit.serial_index import Conflict
from tng.findings import finding
from tng.orders import OrderLine

_NAMED = 3


def line_findings(
    results: Sequence[LineResult], names: Sequence[str], conflicts: Iterable[Conflict]
) -> Iterator[GeneralFinding]:
    """The findings of all lines in the order of the file, then those of pairs of lines."""
    for result, name in zip(results, names, strict=True):
        yield from _of_line(result, name)
    yield from _repeated([result.line for result in results], names)
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


def _repeated(lines: Sequence[OrderLine], names: Sequence[str]) -> Iterator[GeneralFinding]:
    """Lines that say nothing but what an earlier one says; listed serial numbers have their own."""
    seen: dict[tuple[object, ...], int] = {}
    for index, line in enumerate(lines):
        if line.serials:
            continue
        group = line.group_id.casefold() if line.group_id else None
        part = line.part_number.casefold()
        first = seen.setdefault((line.order, part, group, line.date, line.quantity), index)
        if first != index:
            message = (
                f"found {line.quantity} of {line.part_number} in {line.source} as in "
                f"{lines[first].source} ({names[first]}), expected each line once; both count"
            )
            yield _about(names[index], "order-line-repeated", message)


def _about(name: str, code: str, message: str) -> GeneralFinding:
    return GeneralFinding(Subject("order", name), finding(code, message))
