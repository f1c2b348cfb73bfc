"""Blocks of a manifest: whatever the input and wherever it is cut, what is found stays the same."""

import io
from collections.abc import Iterator

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.decode.microchip.streams import PortionedStream
from tests.decode.test_json_objects import _array, _damaged, _entries
from tng.decode.json_blocks import Stretch, cut_stretches, read_stretch
from tng.decode.json_objects import Cut, Damage, Form, split_objects
from tng.decode.microchip.decoder import ENTRY_START

Found = list[dict[str, object] | Damage | Form | str]


def _parsed(piece: Cut | Damage | Form) -> "dict[str, object] | Damage | Form | str":
    if not isinstance(piece, Cut):
        return piece
    try:
        return orjson.loads(piece.data)
    except orjson.JSONDecodeError as error:
        return str(error)


def _one_by_one(data: bytes) -> Found:
    return [_parsed(piece) for piece in split_objects(io.BytesIO(data), ENTRY_START)]


def _in_blocks(data: bytes, size: int, portions: tuple[int, ...] = (1 << 20,)) -> Found:
    found: Found = []
    for part in cut_stretches(PortionedStream(data, portions), ENTRY_START, size):
        if isinstance(part, Stretch):
            pieces = read_stretch(part, ENTRY_START)
            found += [piece if isinstance(piece, dict) else _parsed(piece) for piece in pieces]
        else:
            found.append(_parsed(part))
    return found


_SIZES = (1, 700, 4500, 9000, 1 << 20)


@pytest.mark.parametrize("size", _SIZES)
@pytest.mark.parametrize("between", [b",\n", b" ,\r\n\t", b",", b"\n", b""])
def test_an_undamaged_manifest_gives_its_entries(size: int, between: bytes):
    data = _array(_entries(), between)
    assert _in_blocks(data, size) == _one_by_one(data)
    assert len(_in_blocks(data, size)) == 1 + len(_entries())


def test_there_are_blocks_and_they_are_no_larger_than_asked_for():
    data = _array(_entries() * 20)
    parts = list(cut_stretches(io.BytesIO(data), ENTRY_START, 9000))
    stretches = [part for part in parts if isinstance(part, Stretch)]
    assert len(parts) == 1 + len(stretches)
    assert b"".join(part.data for part in stretches) == data
    # Read in portions of 256 KiB, everything in memory goes into a block.
    assert len(stretches) >= len(data) // (256 * 1024)
    assert [part.is_followed for part in stretches] == [True] * (len(stretches) - 1) + [False]


@given(_damaged(), st.sampled_from(_SIZES), st.lists(st.integers(1, 5000), min_size=1, max_size=5))
@settings(max_examples=200, deadline=None)
def test_damage_is_found_alike_in_blocks_and_one_by_one(damaged, size, portions):
    _, data = damaged
    assert _in_blocks(data, size, tuple(portions)) == _one_by_one(data)


@given(
    st.lists(
        st.sampled_from(
            [
                b'{"payload":"a"}', b'{"payload": 1, "header":{"uniqueId":"x"}}', b'{"foo":1}',
                b'{"header":', b"}", b'"', b"[", b"]", b",", b"\n", b"x", b'{"signature" :"}"}',
                b'{"payload":"a","payload":"b"}', b'\\"', b"{",
                b'{"protected":1,"payl\\u006fad":"a"}',
            ]
        ),
        max_size=30,
    ),
    st.integers(1, 80),
    st.integers(1, 90),
)  # fmt: skip
@settings(max_examples=750, deadline=None)
def test_any_mixture_is_found_alike_in_blocks_and_one_by_one(parts, size, portion):
    data = b"".join(parts)
    assert _in_blocks(data, size, (portion,)) == _one_by_one(data)


@given(st.integers(0, len(_array(_entries()))), st.sampled_from(_SIZES))
@settings(max_examples=100, deadline=None)
def test_a_truncated_manifest_is_found_alike(length: int, size: int):
    data = _array(_entries())[:length]
    assert _in_blocks(data, size) == _one_by_one(data)


@pytest.mark.parametrize("tiny", [b'{"payload":1},', b'{"protected":1},', b"{},", b"{,"])
def test_what_cannot_be_entries_by_its_size_makes_no_block(tiny: bytes):
    # A block of it would be a hundred thousand findings at once.
    data = b"[" + _entries()[0] + b"," + tiny * 1000 + b'{"payload":1}]'
    parts = list(cut_stretches(io.BytesIO(data), ENTRY_START))
    assert not any(isinstance(part, Stretch) for part in parts)
    assert [_parsed(part) for part in parts] == _one_by_one(data)


class _FailingStream(PortionedStream):
    """Ends with an error in place of an end."""

    def read(self, size: int | None = -1, /) -> bytes:
        data = super().read(size)
        if not data:
            raise OSError("the disk is gone")
        return data


def _until_the_error(data: bytes, size: int) -> Iterator[object]:
    stream = _FailingStream(data, (1000,))
    try:
        for part in cut_stretches(stream, ENTRY_START, size):
            yield from read_stretch(part, ENTRY_START) if isinstance(part, Stretch) else [part]
    except OSError as error:
        yield str(error)


@pytest.mark.parametrize("size", _SIZES)
@pytest.mark.parametrize("cut", [0, 1, 40])
def test_what_was_read_before_an_error_stays_valid(size: int, cut: int):
    data = _array(_entries())
    form, *found, error = _until_the_error(data[: len(data) - cut], size)
    assert isinstance(form, Form)
    assert error == "the disk is gone"
    whole = len(_entries()) if cut < 10 else len(_entries()) - 1
    entries = [item if isinstance(item, dict) else _parsed(item) for item in found]
    assert entries == [orjson.loads(entry) for entry in _entries()[:whole]]
