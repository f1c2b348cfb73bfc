"""Which chip counts for which order line: the rules one by one."""

from dataclasses import replace

import pytest

from tests.audit.arriving import (
    AS,
    NOT_GENUINE,
    NOT_LISTED,
    NOT_ORDERED,
    OVER,
    arrival,
    came,
    codes,
    deliveries,
    line,
)
from tng.audit.arrivals import arrival_of, chip_of
from tng.audit.models import UnorderedPart
from tng.audit.reconcile import reconcile
from tng.models import Source

A, B, C = ("0a", "A"), ("0b", "A"), ("0c", "A")


@pytest.mark.parametrize(
    ("lines", "devices", "expected"),
    [
        # As many as were ordered, and more; in the order in which they came.
        ([line(quantity=2)], [A, B], [(AS, 0), (AS, 0)]),
        ([line(quantity=2)], [A, B, C], [(AS, 0), (AS, 0), (OVER, 0)]),
        # What nobody ordered.
        ([line("B")], [A], [(NOT_ORDERED, None)]),
        ([line("B")], [("0a", None)], [(NOT_ORDERED, None)]),
        ([], [A], [(NOT_ORDERED, None)]),
        # Parts without regard to case; * and ? alone are wildcards.
        ([line("atecc608*")], [("0a", "ATECC608C-SSH8Q")], [(AS, 0)]),
        ([line("ATECC608?")], [("0a", "ATECC608")], [(NOT_ORDERED, None)]),
        ([line("ATECC608[AB]")], [("0a", "ATECC608A")], [(NOT_ORDERED, None)]),
        ([line("ATECC608[AB]")], [("0a", "ATECC608[AB]")], [(AS, 0)]),
        # The exact part before patterns, whatever the dates say.
        ([line("A*", day="2026-01-01"), line("A", day="2026-02-01")], [A], [(AS, 1)]),
        ([line("A*", 1), line("A", 1)], [A, B, C], [(AS, 1), (AS, 0), (OVER, 0)]),
        # The earlier date first, no date last, then the order of the file.
        ([line(day="2026-02-01"), line(day="2026-01-01")], [A, B], [(AS, 1), (AS, 0)]),
        ([line(), line(day="2026-01-01")], [A, B], [(AS, 1), (AS, 0)]),
        ([line(), line()], [A, B, C], [(AS, 0), (AS, 1), (OVER, 1)]),
        # The group's own line first, then those of any group; never those of another.
        ([line(), line(group="g")], [("0a", "A", "G")], [(AS, 1)]),
        ([line(), line(group="g")], [("0a", "A", "g"), ("0b", "A", "g")], [(AS, 1), (AS, 0)]),
        ([line(), line(group="g")], [("0a", "A", "h")], [(AS, 0)]),
        ([line(group="g")], [("0a", "A", "h")], [(NOT_ORDERED, None)]),
        ([line(group="g")], [A], [(NOT_ORDERED, None)]),
        # A listed serial belongs to its line, whatever else would fit.
        ([line(), line(serials="0a")], [A, B], [(AS, 1), (AS, 0)]),
        ([line(), line(serials="0a", group="g")], [("0a", "A", "h")], [(AS, 1)]),
        ([line(serials="0a", part="B"), line()], [A], [(NOT_ORDERED, None)]),
        ([line(serials="0a")], [B], [(NOT_LISTED, None)]),
        ([line(serials="0a"), line(group="g")], [B], [(NOT_LISTED, None)]),
        ([line(serials="0a", group="g")], [("0b", "A", "h")], [(NOT_ORDERED, None)]),
        ([line(quantity=2, serials="0a..0f")], [A, B, C], [(AS, 0), (AS, 0), (OVER, 0)]),
        # A part that is unknown.
        ([line("SE050*", serials="0a")], [("0a", None)], [(AS, 0)]),
        ([line("*"), line("SE*")], [("0a", None)], [(AS, 0)]),
        # A line with wildcards is kept for those that have no other.
        (
            [line("A*", day="2026-01-01"), line("AB*", day="2026-02-01")],
            [("0a", "ABx"), ("0b", "ACx")],
            [(AS, 1), (AS, 0)],
        ),
    ],
)
def test_a_chip_counts_for_its_line(lines, devices, expected):
    found, _ = deliveries(lines, came(*devices))
    assert list(found.values()) == expected


def test_several_certificates_of_a_chip_are_one_chip():
    arrivals = [arrival(1, "0a"), arrival(2, "0b"), arrival(3, "0a"), arrival(4, "0a")]
    found, result = deliveries([line(quantity=1)], arrivals)
    assert found == {1: (AS, 0), 2: (OVER, 0), 3: (AS, 0), 4: (AS, 0)}
    assert (result.lines[0].delivered, result.lines[0].over) == (2, 1)


def test_what_is_not_accepted_never_counts_as_delivered():
    arrivals = came((*A, None, "forged"), (*B, None, "genuine"))
    found, result = deliveries([line(quantity=2)], arrivals)
    assert found == {1: (NOT_GENUINE, 0), 2: (AS, 0)}
    (each,) = result.lines
    assert (each.delivered, each.not_genuine, each.short) == (1, 1, 1)


def test_a_forged_entry_in_the_name_of_a_genuine_chip_pushes_it_out_of_nothing():
    arrivals = [arrival(1, "0a", how="forged"), arrival(2, "0a")]
    found, result = deliveries([line(serials="0a")], arrivals)
    assert found == {1: (NOT_GENUINE, 0), 2: (AS, 0)}
    assert (result.lines[0].delivered, result.lines[0].not_genuine) == (1, 0)


def test_a_duplicate_counts_where_it_stands_first():
    arrivals = [arrival(1, "0a"), arrival(2, "0a", how="again"), arrival(3, "0b", how="again")]
    found, result = deliveries([line(quantity=1)], arrivals)
    assert found == {1: (AS, 0), 2: None, 3: None}
    assert (result.lines[0].delivered, result.lines[0].not_genuine) == (1, 0)


def test_chips_of_no_line_are_counted_by_part_and_group():
    devices = [
        ("0a", "X"),
        ("0b", "X"),
        ("0c", "X", "g"),
        ("0d", None),
        ("0e", "Y", None, "forged"),
    ]
    _, result = deliveries([line()], came(*devices))
    assert set(result.unordered) == {
        UnorderedPart("X", None, 2), UnorderedPart("X", "g", 1), UnorderedPart(None, None, 1),
    }  # fmt: skip


@pytest.mark.parametrize(
    ("lines", "devices", "on_devices", "on_lines"),
    [
        ([line(quantity=1)], [A], [[]], []),
        ([line(quantity=2)], [A], [[]], [("PO line 1", "order-short")]),
        ([line(quantity=1)], [A, B], [[], ["order-over"]], [("PO line 1", "order-over")]),
        ([line("B")], [A], [["part-not-ordered"]], [("PO line 1", "order-short")]),
        ([line(group="g")], [A], [["group-not-ordered"]], [("PO line 1", "order-short")]),
        (
            [line(serials="0a")],
            [B],
            [["serial-not-listed"]],
            [("PO line 1", "order-short"), ("PO line 1", "serial-not-delivered")],
        ),
        (
            [line(serials="0a"), line("B", serials="0a", order="PO-2")],
            [A],
            [[]],
            [("PO-2 line 1", "order-short"), ("PO-2 line 1", "serial-on-two-orders")],
        ),
    ],
)
def test_what_does_not_fit_is_a_finding(lines, devices, on_devices, on_lines):
    found, of_lines = codes(lines, came(*devices))
    assert list(found.values()) == on_devices
    assert of_lines == on_lines


def test_a_line_that_repeats_another_counts_and_is_told():
    elsewhere = replace(line("a", 2, group="G"), source=Source("copy.csv", line=7))
    lines = [line(quantity=2, group="g"), elsewhere]
    with reconcile(lines, came(*[(each, "A", "g") for each in ("0a", "0b", "0c")])) as result:
        delivered = [each.delivered for each in result.reconciliation.lines]
        repeated = [item for item in result.findings if item.finding.code == "order-line-repeated"]
    assert delivered == [2, 1]
    assert [item.subject.name for item in repeated] == ["PO line 2"]
    assert "copy.csv line 7 as in orders.csv line 2 (PO line 1)" in repeated[0].finding.message


@pytest.mark.parametrize(
    "other",
    [
        line(quantity=3),
        line(quantity=2, order="PO-2"),
        line("B", 2),
        line(quantity=2, group="g"),
        line(quantity=2, day="2026-01-01"),
        line(quantity=2, serials="0a 0b"),
    ],
)
def test_a_line_that_differs_repeats_none(other):
    _, of_lines = codes([line(quantity=2), other], [])
    assert "order-line-repeated" not in [code for _, code in of_lines]


def test_a_chip_is_of_the_part_that_any_of_its_accepted_certificates_tells():
    arrivals = [
        arrival(1, "0a", None),
        arrival(2, "0b", None),
        arrival(3, "0a", "SE050C2"),
        arrival(4, "0b", "SE050C2", how="forged"),
    ]
    found, result = deliveries([line("SE050C2", 1)], arrivals)
    assert found == {
        1: (AS, 0), 2: (NOT_ORDERED, None), 3: (AS, 0), 4: (NOT_GENUINE, 0)
    }  # fmt: skip
    assert set(result.unordered) == {UnorderedPart(None, None, 1)}


def _message(lines, devices):
    with reconcile(lines, came(*devices)) as result:
        (matched,) = result.matches()
        return matched.findings[0].message


def test_findings_name_both_sides():
    wrong_part = _message([line("B", serials="0a", order="PO-9")], [A])
    assert wrong_part == "the serial number is listed on PO-9 line 1 as B, but the part is A"
    assert _message([line("B")], [A]) == "no order line orders A"
    groups = _message([line(group=each) for each in "ghijk"], [("0a", "A", "z")])
    assert groups == "A is ordered in group g, h, i and 2 more, this one is of z"
    listed = _message([line(serials="0b"), line(serials="0c")], [A])
    assert (
        listed == "A is ordered by serial numbers (PO line 1, PO line 2), and this is none of them"
    )


@pytest.mark.parametrize(
    ("serials", "quantity", "devices", "missing", "count"),
    [
        ("0a 0b 0c", 3, ["0b"], ("0a", "0c"), 2),
        ("0a..0f", 6, ["0a", "0c", "0f"], ("0b", "0d", "0e"), 3),
        ("0a..0f", 6, [], ("0a", "0b", "0c", "0d", "0e", "0f"), 6),
        ("0a 00a0..00a2", 4, ["00a1"], ("0a", "00a0", "00a2"), 3),
        ("00000000..0000ffff", 65536, ["00000000"], None, 65535),
        # Nobody knows which numbers of a longer range were meant.
        ("0a..0f", 2, ["0a"], (), 0),
    ],
)
def test_listed_serials_that_did_not_come(serials, quantity, devices, missing, count):
    arrivals = came(*((serial, "A") for serial in devices))
    _, result = deliveries([line(quantity=quantity, serials=serials)], arrivals)
    (each,) = result.lines
    assert each.missing_count == count
    if missing is None:
        assert (each.missing[0], each.missing[-1], len(each.missing)) == (
            "00000001",
            "00000014",
            20,
        )
    else:
        assert each.missing == missing


def test_a_forged_chip_does_not_bring_a_listed_serial():
    _, result = deliveries([line(serials="0a")], came(("0a", "A", None, "forged")))
    assert result.lines[0].missing == ("0a",)


def test_a_serial_on_two_orders_counts_for_the_first_and_is_missed_by_neither():
    lines = [line(quantity=3, serials="0a..0c"), line(quantity=3, serials="0c..0e", order="PO-2")]
    arrivals = came(*((f"0{digit}", "A") for digit in "abcde"))
    found, result = deliveries(lines, arrivals)
    assert list(found.values()) == [(AS, 0)] * 3 + [(AS, 1)] * 2
    assert [(each.short, each.missing_count) for each in result.lines] == [(0, 0), (1, 0)]
    with reconcile(lines, arrivals) as outcome:
        (message,) = [
            item.finding.message
            for item in outcome.findings
            if item.finding.code == "serial-on-two-orders"
        ]
    assert message == "one is on PO line 1 and on PO-2 line 1, the first is 0c"


def test_devices_may_be_walked_again_and_come_by_number():
    arrivals = [arrival(7, "0b"), arrival(3, "0a"), arrival(5, "0c", how="forged")]
    with reconcile([line(quantity=2)], arrivals) as result:
        first, second = list(result.matches()), list(result.matches())
    assert [item.number for item in first] == [3, 5, 7]
    assert first == second


@pytest.mark.parametrize("text", ["", "\ud800", "a\0b", "x" * 100_000, "'; DROP TABLE arrivals"])
def test_texts_of_the_input_harm_nothing(text):
    arrivals = [arrival(1, text, part=text, group=text)]
    found, result = deliveries([line("*", quantity=1)], arrivals)
    assert found == {1: (AS, 0)}
    assert result.lines[0].delivered == 1


def test_a_pattern_of_many_stars_takes_no_time():
    lines = [line("*a" * 90 + "*b")]
    found, _ = deliveries(lines, came(("0a", "a" * 5000)))
    assert found == {1: (NOT_ORDERED, None)}


def test_a_device_becomes_an_arrival():
    from tests.audit.sample import sample_device

    genuine, rejected, unreadable = sample_device(1), sample_device(3), sample_device(7)
    assert arrival_of(genuine).accepted
    assert not arrival_of(rejected).accepted
    assert arrival_of(unreadable) is None
    assert chip_of(genuine) == f"microchip:{genuine.device_id}"


def test_a_certificate_of_another_vendor_is_named_with_its_issuer():
    from dataclasses import replace

    from tests.audit.sample import sample_device

    device = replace(sample_device(1), vendor="other", device_id="01")
    elsewhere = replace(device, certificate=replace(device.certificate, issuer="Another CA"))
    assert chip_of(device) != chip_of(elsewhere)
