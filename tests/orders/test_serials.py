"""Serial numbers in every notation, and none that is only nearly one."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tng.orders import SerialRange
from tng.orders.problems import CellError
from tng.orders.serials import serials_of

MICROCHIP = "01238ebe20080bd527"
NXP = "04005001a1b2c3d4e5f6a7049f6a1b2c3d80"


@pytest.mark.parametrize(
    "text",
    [
        MICROCHIP, MICROCHIP.upper(), f"sn{MICROCHIP}", f"SN{MICROCHIP.upper()}",
        f"0x{MICROCHIP}", "01:23:8E:BE:20:08:0B:D5:27", "01 23 8e be 20 08 0b d5 27",
        "SN: 01238EBE20080BD527", f"  {MICROCHIP}\n",
    ],
)  # fmt: skip
def test_one_serial_in_many_notations(text):
    assert serials_of(text) == (SerialRange(MICROCHIP, MICROCHIP),)


@pytest.mark.parametrize("text", [NXP, "0400 5001 a1b2 c3d4 e5f6 a704 9f6a 1b2c 3d80"])
def test_an_nxp_uid(text):
    assert serials_of(text) == (SerialRange(NXP, NXP),)


@pytest.mark.parametrize("between", [" ", ",", ";", "\n", ", ", "\r\n", " ; "])
def test_several_are_separated_by_what_people_use(between):
    found = serials_of(between.join([MICROCHIP, "0a0b0c", "sn0d0e0f"]))
    assert [item.first for item in found] == [MICROCHIP, "0a0b0c", "0d0e0f"]


@pytest.mark.parametrize("until", ["..", "...", "-", " - ", " .. ", "\u2013", "\u2026"])
def test_a_range_in_many_notations(until):
    last = "01238EBE20080BD5FF"
    assert serials_of(f"{MICROCHIP}{until}sn{last}") == (SerialRange(MICROCHIP, last.lower()),)
    assert SerialRange(MICROCHIP, last.lower()).size == 0xFF - 0x27 + 1


def test_a_range_of_grouped_numbers():
    assert serials_of("01 23 8e..01 23 ff, 02 00 00") == (
        SerialRange("01238e", "0123ff"), SerialRange("020000", "020000"),
    )  # fmt: skip


@pytest.mark.parametrize(
    ("value", "says"),
    [
        ("xyz", 'found "xyz"'),
        ("1.23E+17", "expected serial numbers in hex"),
        ("01238ebe..0123", "equally many digits"),
        ("0124..0123", "begins with the smaller"),
        ("..0123", "found nothing"),
        ("0123..", "found nothing"),
        ("0123..0124..0125", 'found "0124..0125"'),
        ("a", 'found "a"'),
        ("a" * 65, "expected serial numbers in hex"),
        ("0123,,0124,zz", 'found "zz"'),
        ("00000000000..fffffffffff", "a range of at most"),
        ("=1+1", "expected serial numbers"),
        ("\u06610123", "expected serial numbers"),
        (1.2345678901234568e17, "rounds them"),
        (True, "rounds them"),
        (12345, "rounds them"),
        ([["0123"]], "expected serial numbers"),
        ([None], "expected serial numbers"),
        ({"first": "0123"}, '"first" and "last"'),
        ({"first": 1, "last": 2}, "one serial number"),
        ({"first": "01 ,02", "last": "0203"}, "one serial number"),
    ],
)
def test_what_is_no_serial_is_refused(value, says):
    with pytest.raises(CellError) as caught:
        serials_of(value)
    assert says in f"{caught.value} {caught.value.hint}"


@given(st.lists(st.integers(0, 2**72 - 1), min_size=1, max_size=20), st.sampled_from(",; \n"))
def test_what_was_written_is_read(numbers, between):
    texts = [f"{number:018x}" for number in numbers]
    assert [item.first for item in serials_of(between.join(texts))] == texts


@given(st.text(max_size=60) | st.floats() | st.lists(st.text(max_size=10), max_size=4))
def test_nothing_but_ranges_of_hex_comes_out_of_anything(value):
    try:
        found = serials_of(value)
    except CellError:
        return
    for item in found:
        assert item.size > 0
        assert len(item.first) == len(item.last)
        assert int(item.first, 16) <= int(item.last, 16)
