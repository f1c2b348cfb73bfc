"""Devices come back from the spool as they went in, with what was found of them."""

import pytest

from tests.audit.outcomes import duplicate, outcomes, undecodable
from tng.audit.intake import intake_of
from tng.audit.models import Delivery, DeviceStanding, OrderMatch, Overlap, Standing
from tng.audit.rows import audited, read_row, row_of
from tng.audit.spool import Spool
from tng.findings import finding
from tng.models import Source


@pytest.fixture
def spool():
    with Spool() as opened:
        yield opened


def filled(spool, items):
    for item in items:
        spool.add(intake_of(item).shelved)
    spool.close_intake()
    return list(items)


@pytest.mark.parametrize("count", [0, 1, 511, 512, 513, 1300])
def test_what_went_in_comes_out_in_order_again_and_again(spool, count):
    items = filled(spool, outcomes(count))
    expected = [audited(item, number) for number, item in enumerate(items, 1)]
    assert list(spool) == expected
    assert list(spool) == expected
    assert len(spool) == count


def test_rows_there_and_back():
    for number, item in enumerate([*outcomes(20), undecodable()], 1):
        device = audited(item, number)
        assert read_row(row_of(device)) == device


def test_findings_orders_and_standings_come_back_with_their_device(spool):
    items = filled(spool, outcomes(3))
    match = OrderMatch(Delivery.OVER, "PO-1", None)
    spool.note([(2, finding("order-over", "one")), (2, finding("registered-elsewhere", "two"))])
    spool.match([(3, match)])
    sha256 = items[0].record.leaf.sha256
    standings = [
        DeviceStanding("eu", Standing.INCOMPLETE, "thing", ("no policy", "no group")),
        DeviceStanding("us", Standing.MISSING, "", ()),
    ]
    spool.stand(sha256, standings[1])
    spool.stand(sha256, standings[0])
    first, second, third = spool
    assert [item.target for item in first.standings] == ["us", "eu"]
    assert set(first.standings) == set(standings)
    assert [item.code for item in second.findings][-2:] == ["order-over", "registered-elsewhere"]
    assert third.order == match
    assert (first.order, second.standings) == (None, ())
    assert spool.device(2) == second


def test_two_devices_of_one_certificate_stand_alike(spool):
    (item,) = outcomes(1)
    filled(spool, [item, duplicate(item, "again.json")])
    sha256 = item.record.leaf.sha256
    spool.stand(sha256, DeviceStanding("eu", Standing.IN_PLACE, "n", ()))
    assert [len(device.standings) for device in spool] == [1, 1]


def test_chips_are_counted_once_and_overlaps_by_pair_of_inputs(spool):
    items = outcomes(5)
    again = [duplicate(item, "b.json") for item in items[:2]]
    filled(spool, [*items, *again, duplicate(items[0], "c.json"), undecodable()])
    assert spool.chips() == (5, 5)
    assert spool.overlaps() == (
        Overlap("manifest.json", "b.json", 2),
        Overlap("manifest.json", "c.json", 1),
    )


def test_a_repetition_within_one_input_is_no_overlap(spool):
    (item,) = outcomes(1)
    filled(spool, [item, duplicate(item, item.record.source.file)])
    assert spool.overlaps() == ()


def test_lone_surrogates_go_in_and_come_out_visible(spool):
    (item,) = outcomes(1)
    filled(spool, [undecodable(Source("f\udcff", line=1)), duplicate(item, "g\udcff")])
    spool.note([(1, finding("order-over", "m\udcff"))])
    spool.match([(1, OrderMatch(Delivery.OVER, "o\udcff", None))])
    first, second = spool
    assert first.source.file == "f\\udcff"
    assert first.findings[-1].message == "m\\udcff"
    assert first.order.order == "o\\udcff"
    assert second.source.file == "g\\udcff"


def test_a_certificate_is_that_of_the_genuine_device_even_if_a_forged_one_came_first(spool):
    (item,) = outcomes(1)
    filled(spool, [duplicate(item, "forged.json"), item])
    assert spool.number(item.record.leaf.sha256) == 2
    with pytest.raises(LookupError):
        spool.number("00" * 32)
