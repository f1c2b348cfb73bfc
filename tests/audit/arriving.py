"""Orders and arrivals for the tests of the reconciliation."""

from collections import Counter
from datetime import date

from tng.audit.arrivals import Arrival
from tng.audit.models import Delivery
from tng.audit.reconcile import reconcile
from tng.models import Source
from tng.orders import OrderLine, SerialRange

SOURCE = Source("orders.csv", line=2)


def line(part="A", quantity=1, serials="", group=None, day=None, order="PO"):
    """An order line; ``serials`` as ``"0a 0c..0f"``, ``day`` as ``"2026-01-02"``."""
    ranges = []
    for text in serials.split():
        first, _, last = text.partition("..")
        ranges.append(SerialRange(first, last or first))
    when = date.fromisoformat(day) if day else None
    return OrderLine(order, part, quantity, tuple(ranges), group, when, SOURCE)


def came(*devices):
    """Arrivals numbered from 1; each is (serial, part, group, "genuine"/"forged"/"again")."""
    return [arrival(number, *device) for number, device in enumerate(devices, 1)]


def arrival(number, serial, part="A", group=None, how="genuine"):
    return Arrival(
        number, f"microchip:{serial}", part, group, serial, how == "genuine", how == "again"
    )


def deliveries(lines, arrivals):
    """How each device stands, as (delivery, line), by number; and the reconciliation."""
    with reconcile(lines, arrivals) as result:
        found = {
            item.number: (item.match.delivery, item.match.line) if item.match else None
            for item in result.matches()
        }
        return found, result.reconciliation


def codes(lines, arrivals):
    """(codes found on devices by number, (subject, code) of lines)."""
    with reconcile(lines, arrivals) as result:
        devices = {item.number: [each.code for each in item.findings] for item in result.matches()}
        return devices, [(item.subject.name, item.finding.code) for item in result.findings]


def counts(result):
    """Everything of a reconciliation that must not depend on the order of the devices."""
    rows = [
        (each.delivered, each.over, each.not_genuine, each.missing, each.missing_count)
        for each in result.lines
    ]
    return rows, Counter(
        {(each.part_number, each.group_id): each.chips for each in result.unordered}
    )


AS, OVER = Delivery.AS_ORDERED, Delivery.OVER
NOT_ORDERED, NOT_LISTED = Delivery.NOT_ORDERED, Delivery.NOT_LISTED
NOT_GENUINE = Delivery.NOT_GENUINE
