"""What holds for any orders and any devices."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.audit.arriving import SOURCE, arrival, counts, deliveries
from tng.audit.models import Delivery
from tng.audit.serial_index import SerialIndex
from tng.orders import OrderLine, SerialRange

pytestmark = pytest.mark.slow

PARTS = st.sampled_from(["A", "AB", "ABC", "B"])
GROUPS = st.sampled_from([None, "g", "h"])
SERIALS = st.integers(0, 60).map(lambda number: f"{number:02x}")


@st.composite
def ranges(draw, most=4):
    """Ranges that do not overlap, sorted."""
    ends = sorted(draw(st.sets(st.integers(0, 60), max_size=2 * most)))
    pairs = zip(ends[::2], ends[1::2], strict=False)
    return tuple(SerialRange(f"{first:02x}", f"{last:02x}") for first, last in pairs)


@st.composite
def order_lines(draw):
    serials = draw(st.just(()) | ranges())
    most = sum(item.size for item in serials) or 8
    return OrderLine(
        draw(st.sampled_from(["PO-1", "PO-2"])),
        draw(st.sampled_from(["A", "A*", "AB", "AB?", "*", "B"])),
        draw(st.integers(1, most)),
        serials,
        draw(GROUPS),
        draw(st.none() | st.dates()),
        SOURCE,
    )


LINES = st.lists(order_lines(), max_size=5)


@st.composite
def arrivals(draw):
    """Devices; all accepted ones of a chip are alike, since the vendor signed for them."""
    chips = draw(st.dictionaries(SERIALS, st.tuples(PARTS | st.none(), GROUPS), max_size=25))
    if not chips:
        return []
    named = st.sampled_from(sorted(chips))
    how = st.sampled_from(["genuine", "genuine", "forged", "again"])
    came = draw(st.lists(st.tuples(named, how), max_size=40))
    return [
        arrival(number, serial, *chips[serial], how) for number, (serial, how) in enumerate(came, 1)
    ]


def accepted_chips(devices):
    return {item.chip for item in devices if item.accepted}


@given(LINES, arrivals())
def test_every_genuine_chip_counts_exactly_once(lines, devices):
    found, result = deliveries(lines, devices)
    total = sum(each.delivered for each in result.lines)
    total += sum(each.chips for each in result.unordered)
    assert total == len(accepted_chips(devices))
    assert set(found) == {item.number for item in devices}


@given(LINES, arrivals())
def test_the_counts_of_lines_are_those_of_their_devices(lines, devices):
    found, result = deliveries(lines, devices)
    chips = {}
    for item in devices:
        if item.accepted:
            chips[item.chip] = found[item.number]
    for index, each in enumerate(result.lines):
        mine = [delivery for delivery, line in chips.values() if line == index]
        assert each.delivered == len(mine)
        assert each.over == mine.count(Delivery.OVER) == max(0, each.delivered - each.line.quantity)


@given(LINES, arrivals())
def test_all_accepted_devices_of_a_chip_stand_alike(lines, devices):
    found, _ = deliveries(lines, devices)
    stand = {}
    for item in devices:
        if item.accepted:
            assert stand.setdefault(item.chip, found[item.number]) == found[item.number]
            assert found[item.number][0] is not Delivery.NOT_GENUINE
        elif item.duplicate:
            assert found[item.number] is None
        else:
            assert found[item.number][0] is Delivery.NOT_GENUINE


@given(LINES, arrivals(), st.randoms(use_true_random=False))
def test_the_order_of_the_devices_changes_no_count(lines, devices, random):
    shuffled = list(devices)
    random.shuffle(shuffled)
    renumbered = [
        arrival(number, item.serial, item.part_number, item.group_id, _how(item))
        for number, item in enumerate(shuffled, 1)
    ]
    assert counts(deliveries(lines, renumbered)[1]) == counts(deliveries(lines, devices)[1])


def _how(item):
    return "genuine" if item.accepted else "again" if item.duplicate else "forged"


@settings(max_examples=300)
@given(st.lists(ranges(), min_size=1, max_size=5), SERIALS)
def test_a_serial_belongs_to_the_first_line_that_lists_it(all_ranges, serial):
    lines = [OrderLine("PO", "A", 1, each, None, None, SOURCE) for each in all_ranges]
    listing = [
        number
        for number, each in enumerate(all_ranges)
        if any(item.first <= serial <= item.last for item in each)
    ]
    index = SerialIndex(lines)
    assert index.line_of(serial) == (listing[0] if listing else None)
    assert index.line_of(f"00{serial}") is None
    if len(listing) > 1:
        named = {number for each in index.conflicts for number in (each.first, each.second)}
        assert set(listing) <= named


@settings(max_examples=300)
@given(st.lists(ranges(), min_size=1, max_size=4), st.sets(SERIALS), st.integers(0, 5))
def test_missing_serials_are_those_of_the_line_that_did_not_come(all_ranges, came, named):
    lines = [OrderLine("PO", "A", 1, each, None, None, SOURCE) for each in all_ranges]
    index = SerialIndex(lines)
    for number in range(len(lines)):
        own = [f"{each:02x}" for each in range(61) if index.line_of(f"{each:02x}") == number]
        wanted = [serial for serial in own if serial not in came]
        missing = index.missing(number, sorted(came), named)
        assert (missing.count, list(missing.first)) == (len(wanted), wanted[:named])


@given(st.text(max_size=40))
def test_what_is_no_serial_is_on_no_list(text):
    index = SerialIndex([OrderLine("PO", "A", 1, (SerialRange("00", "ff"),), None, None, SOURCE)])
    is_serial = len(text) == 2 and all(digit in "0123456789abcdef" for digit in text)
    assert (index.line_of(text) is not None) == is_serial
