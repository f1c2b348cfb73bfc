"""What is in no source: counted in full, named in part, in an order that never changes."""

from tng.audit.extras import FIRST, Extras
from tng.audit.models import UnknownDevice
from tng.clouds.interface import HeldDevice


def key(number):
    return f"{number:064x}"


def held(number, name=""):
    return HeldDevice((key(number),), name, "ACTIVE")


def test_those_that_nobody_knows_come_first_whatever_order_they_were_listed_in():
    with Extras() as extras:
        for number in (5, 1, 3, 1):
            extras.add(held(number))
        extras.record([key(1), key(9)])
        assert extras.first() == (
            UnknownDevice(key(3), "", recorded=False),
            UnknownDevice(key(5), "", recorded=False),
            UnknownDevice(key(1), "", recorded=True),
        )
        assert extras.counts() == (2, 1)


def test_all_are_counted_and_the_first_are_named():
    count = 25 * FIRST
    with Extras() as extras:
        for number in reversed(range(count)):
            extras.add(held(number))
        assert extras.counts() == (count, 0)
        assert [item.key for item in extras.first()] == [key(number) for number in range(FIRST)]


def test_what_has_no_certificate_counts_by_its_name_and_one_certificate_by_each_of_its_names():
    with Extras() as extras:
        for item in (HeldDevice((), "a", ""), HeldDevice((), "b", ""), HeldDevice((), "a", "")):
            extras.add(item)
        extras.add(HeldDevice((key(1), key(2)), "c", ""))
        extras.add(held(1, "d"))
        extras.record([key(1)])
        assert extras.counts() == (2, 2)


def test_nothing_is_nothing():
    with Extras() as extras:
        assert (extras.first(), extras.counts()) == ((), (0, 0))
