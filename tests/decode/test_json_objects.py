import io
import time
import tracemalloc
from functools import cache

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.decode.microchip.streams import PortionedStream, RepeatedStream
from tng.decode.json_objects import MAX_ENTRY_BYTES, Cut, Damage, Form, split_objects
from tng.decode.microchip.decoder import ENTRY_START
from tng.testing.manifest import BARE_STYLE, EARLY_STYLE, LITE_STYLE, make_entries
from tng.testing.microchip import MicrochipVendor

_MEBIBYTE = 1024 * 1024


@cache
def _entries() -> tuple[bytes, ...]:
    vendor = MicrochipVendor()
    styles = (BARE_STYLE, LITE_STYLE, EARLY_STYLE, BARE_STYLE)
    return tuple(
        orjson.dumps(entry)
        for number, style in enumerate(styles)
        for entry in make_entries(vendor, 1, style=style, start=number)
    )


def _array(entries: tuple[bytes, ...], between: bytes = b",\n") -> bytes:
    return b"[\n" + between.join(entries) + b"\n]\n"


def _parts(data: bytes) -> list[Cut | Damage | Form]:
    return list(split_objects(io.BytesIO(data), ENTRY_START))


def _cuts(data: bytes) -> list[bytes]:
    return [part.data for part in _parts(data) if isinstance(part, Cut)]


def _damages(data: bytes) -> list[str]:
    return [part.code for part in _parts(data) if isinstance(part, Damage)]


@pytest.mark.parametrize(
    ("data", "form"),
    [
        (_array(_entries()), Form(is_array=True, has_byte_order_mark=False)),
        (b"\xef\xbb\xbf" + _array(_entries()), Form(is_array=True, has_byte_order_mark=True)),
        (b"\n".join(_entries()), Form(is_array=False, has_byte_order_mark=False)),
        (b"\r\n\t ".join(_entries()), Form(is_array=False, has_byte_order_mark=False)),
        (_array(_entries(), b" ,\r\n\t"), Form(is_array=True, has_byte_order_mark=False)),
        (_array(_entries(), b","), Form(is_array=True, has_byte_order_mark=False)),
    ],
    ids=["array", "byte order mark", "lines", "spaces", "array over CRLF", "one line"],
)
def test_every_way_of_writing_a_manifest_gives_its_entries(data: bytes, form: Form):
    assert _parts(data) == [form, *map(Cut, _entries())]


def test_a_single_entry_is_cut():
    assert _cuts(_entries()[0]) == [_entries()[0]]


def test_an_indented_manifest_is_cut_at_its_outermost_braces():
    entries = [orjson.loads(entry) for entry in _entries()]
    data = orjson.dumps(entries, option=orjson.OPT_INDENT_2)
    assert [orjson.loads(cut) for cut in _cuts(data)] == entries


def test_braces_quotes_and_escapes_inside_strings_do_not_count():
    entry = orjson.dumps({"payload": '}{"][\\', "signature": '\\"}', "header": {"x": '\\\\"{'}})
    assert _cuts(_array((entry, entry))) == [entry, entry]


@pytest.mark.parametrize("data", [b"", b" \r\n", b"[]", b"[ \n ]"])
def test_nothing_gives_nothing(data: bytes):
    assert _parts(data)[1:] == []


@given(st.lists(st.integers(1, 700), min_size=1, max_size=8))
@settings(max_examples=25, deadline=None)
def test_how_the_stream_is_portioned_does_not_matter(portions: list[int]):
    data = _array(_entries())
    assert list(split_objects(PortionedStream(data, portions), ENTRY_START)) == _parts(data)


@st.composite
def _damaged(draw: st.DrawFn) -> tuple[int, bytes]:
    """A manifest with one entry overwritten, cut or filled up, and which one that is."""
    number = draw(st.integers(0, len(_entries()) - 1))
    entry = _entries()[number]
    begin = draw(st.integers(0, len(entry)))
    end = draw(st.integers(begin, min(len(entry), begin + draw(st.sampled_from([0, 1, 3, 5000])))))
    filling = draw(
        st.binary(max_size=6) | st.text('{}[]",:\\ payload\n', max_size=12).map(str.encode)
    )
    spoiled = entry[:begin] + filling + entry[end:]
    entries = (*_entries()[:number], spoiled, *_entries()[number + 1 :])
    return number, draw(st.sampled_from([_array(entries), b"\n".join(entries)]))


@given(_damaged())
@settings(max_examples=400, deadline=None)
def test_damage_in_one_entry_never_takes_another_along(damaged: tuple[int, bytes]):
    number, data = damaged
    untouched = [entry for index, entry in enumerate(_entries()) if index != number]
    assert [cut for cut in _cuts(data) if cut in untouched] == untouched


@given(st.integers(0, len(_array(_entries())) - 3))
@settings(max_examples=150, deadline=None)
def test_a_truncated_array_gives_what_came_before_and_says_that_it_is_cut_short(length: int):
    data = _array(_entries())[:length]
    whole = [entry for entry in _entries() if entry in data]
    assert _cuts(data) == whole
    # Once, whether the end lies in an entry or between two.
    assert _damages(data) == (["input-cut-short"] if length else [])


def test_a_lost_brace_between_two_entries_costs_the_first_alone():
    first, second = _entries()[0], _entries()[1]
    data = _array((first[:-1], second))
    assert _cuts(data) == [second]
    assert _damages(data) == ["entry-malformed"]


def test_a_lost_quote_costs_one_entry():
    first = _entries()[0].replace(b'","', b',"', 1)
    assert _cuts(_array((first, *_entries()[1:]))) == list(_entries()[1:])


def test_an_entry_with_two_payloads_is_refused():
    entry = _entries()[0]
    doubled = b'{"payload":"AAAA",' + entry[1:]
    assert _cuts(_array((doubled, _entries()[1]))) == [_entries()[1]]
    assert _damages(_array((doubled, _entries()[1]))) == ["entry-malformed"]


def test_the_largest_entry_is_cut_and_one_byte_more_is_too_large():
    frame = b'{"payload":"%s"}'
    largest = frame % (b"A" * (MAX_ENTRY_BYTES - len(frame) + 2))
    assert _cuts(_array((largest, _entries()[0]))) == [largest, _entries()[0]]
    larger = largest.replace(b"AA", b"AAA", 1)
    assert _cuts(_array((larger, _entries()[0]))) == [_entries()[0]]
    assert _damages(_array((larger, _entries()[0]))) == ["entry-too-large"]


@given(st.binary(max_size=300) | st.text('{}[]",:\\ payload', max_size=200).map(str.encode))
@settings(max_examples=300, deadline=None)
def test_anything_at_all_gives_cuts_in_order_and_never_an_exception(data: bytes):
    position = 0
    for cut in _cuts(data):
        position = data.index(cut, position) + len(cut)


@pytest.mark.parametrize(
    ("head", "unit", "mebibytes"),
    [
        (b"", b"[", 100),
        (b'[{"payload":"', b"A", 100),
        (b'[{"payload":"', b'\\"', 50),
        (b'[{"payload":"', b"\\", 50),
        (b"[", b"{", 20),
        (b"[", b'{"a":', 20),
        (b"[", b'"', 20),
        (b"[", b"}", 20),
        (b"[", b"{ ", 20),
        (b'[{"payload":', b'"a":{},', 20),
        (b"[", b'{"payload"' + b" " * 1000, 20),
        (b"[", b"{}", 1),
        (b"[", b'{"payload":', 1),
        (b"[", b'{"payload":{"header":1,', 1),
        (b"[", b'{"payload":1}', 1),
    ],
)
def test_hostile_streams_cost_linear_time(head: bytes, unit: bytes, mebibytes: int):
    stream = RepeatedStream(head, unit, mebibytes * _MEBIBYTE)
    began = time.process_time()
    found = sum(1 for _ in split_objects(stream, ENTRY_START))
    # Each byte walked over once takes well below one second; squared, it takes hours.
    assert time.process_time() - began < 30
    assert found <= 3 + mebibytes * _MEBIBYTE * unit.count(b"{") / len(unit)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("head", "unit"), [(b'[{"payload":"', b"A"), (b"", b"["), (b"[", b'{"a":'), (b"[", b"{}")]
)
def test_memory_does_not_grow_with_the_stream(head: bytes, unit: bytes):
    length = _MEBIBYTE // 2 if unit == b"{}" else 8 * _MEBIBYTE
    tracemalloc.start()
    for _ in split_objects(RepeatedStream(head, unit, length), ENTRY_START):
        pass
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 3 * _MEBIBYTE
