"""Lines however they end and however long they are."""

import re
import tracemalloc
from io import BytesIO

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tng.decode.text.lines import MAX_LINE_BYTES, LinePiece, clean, read_lines

LONG = MAX_LINE_BYTES


def numbered(data: bytes) -> list[tuple[int, str]]:
    return [(line.number, line.text) for line in read_lines(BytesIO(data))]


@pytest.mark.parametrize("end", [b"\n", b"\r\n", b"\r", b"\r\r\n"])
def test_a_line_ends_at_each_of_its_ends_and_counts_once(end):
    data = end.join([b"one", b"two", b"", b"four"])
    lines = list(read_lines(BytesIO(data)))
    assert [(line.number, line.text) for line in lines] == [(1, "one"), (2, "two"), (4, "four")]
    assert {line.doubled_return for line in lines[:2]} == {end == b"\r\r\n"}


def test_ends_of_every_kind_may_be_mixed_and_those_with_a_line_feed_count():
    assert numbered(b"a\rb\r\nc\nd\r\r\ne\r\rg\n\rh\r") == [
        (1, "a"), (1, "b"), (2, "c"), (3, "d"), (4, "e"), (4, "g"), (5, "h"),
    ]  # fmt: skip


def test_without_a_line_feed_carriage_returns_count():
    assert numbered(b"a\r\rc\r\0\rd") == [(1, "a"), (3, "c"), (5, "d")]


LINES = [b"boot", b"-----BEGIN UID-----", b"0400", b"-----END UID-----"]


@pytest.mark.parametrize("zeros", [0, 1, 3 * LONG])
@pytest.mark.parametrize(
    "text",
    [
        b"\n\r".join(LINES),
        b"".join(b"\r" + line + b"\n" for line in LINES),
        b"boot\n5 %\r60 %\r-----BEGIN UID-----\r\n0400\r\r\n-----END UID-----",
        b"boot\n" + b"\r" * (2 * LONG) + b"\n".join(LINES[1:]),
    ],
    ids=["LF CR", "CR before", "progress", "many"],
)
def test_numbers_are_those_of_an_editor(text, zeros):
    numbers = {text: number for number, text in numbered(bytes(zeros) + text)}
    assert [numbers[line.decode()] for line in LINES] == [1, 2, 3, 4]


def test_the_beginning_says_what_counts():
    late = b"x\r" * LONG + b"a\nb\rc"
    assert numbered(late)[-3:] == [(LONG + 1, "a"), (LONG + 2, "b"), (LONG + 3, "c")]
    soon = b"x\r" * 10_000 + b"a\n" + late
    assert {number for number, _ in numbered(soon)} == {1, 2, 3}


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be"])
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r", "\r\r\n"])
def test_utf_16_has_the_same_lines(encoding, end):
    text = "\ufeff" + end.join(["one", "", "three"]) + end
    lines = list(read_lines(BytesIO(text.encode(encoding))))
    assert [(line.number, line.text) for line in lines] == [(1, "one"), (3, "three")]
    assert [line.has_mark for line in lines] == [True, False]


def test_a_mark_before_a_blank_line_is_told_on_the_first_that_is_not_blank():
    (line,) = read_lines(BytesIO(b"\xef\xbb\xbf\r\nx"))
    assert (line.number, line.text, line.has_mark) == (2, "x", True)


def model(data: bytes) -> list[tuple[int, str]]:
    """What the lines are, said without regard to memory."""
    counting = "\n" if b"\n" in data[:LONG] else "\r\n"
    text = re.sub(r"\r+\n", "\n", data.replace(b"\0", b"").decode())
    number, lines = 1, []
    for line in re.findall(r"[^\r\n]*(?:[\r\n]|\Z)", text):
        if line.strip():
            lines.append((number, line.rstrip("\r\n")))
        number += line[-1:] in set(counting)
    return lines


@settings(deadline=None)
@given(st.lists(st.sampled_from([b"a", b" ", b"\r", b"\n", b"\0", b"bc"]), max_size=60))
def test_the_lines_are_those_of_the_plainest_reading(pieces):
    data = b"".join(pieces)
    assert numbered(data) == model(data)


@settings(deadline=None, max_examples=40)
@given(
    st.sampled_from([b"\r", b"\n\r"]),
    st.integers(-6, 2),
    st.lists(st.sampled_from([b"\r", b"\n", b"\0", b"x"]), max_size=8),
)
def test_ends_of_lines_may_stand_across_the_pieces_in_which_a_stream_is_read(end, shift, pieces):
    data = end + b"line \r" * 10
    data += b"y" * (LONG - len(data) + shift) + b"".join(pieces) + b"\nlast"
    whole: list[tuple[int, str]] = []
    before = ""
    for line in read_lines(BytesIO(data)):
        before += line.text
        if not isinstance(line, LinePiece):
            whole.append((line.number, before))
            before = ""
    assert whole == model(data)


def test_a_carriage_return_at_the_very_end_ends_a_line():
    assert numbered(b"a\r") == [(1, "a")]
    assert numbered(b"a\r\r\r") == [(1, "a")]


LONG_LINES = {
    "quotes": b'{"id": "' + b'abcdef", "' * 40_000,
    "umlauts": "größer ".encode() * 50_000,
    "spaces": b"30 82 01 aa " * 40_000,
    "one word": b"A" * (3 * LONG),
    "nothing in UTF-8": b"\xff\x80" * LONG,
}


@pytest.mark.parametrize("kind", LONG_LINES)
def test_a_long_line_comes_in_pieces_and_whole(kind):
    data = LONG_LINES[kind]
    *pieces, last, following = read_lines(BytesIO(data + b"\nnext"))
    assert all(isinstance(piece, LinePiece) for piece in pieces)
    assert not isinstance(last, LinePiece)
    assert {piece.number for piece in pieces} == {last.number} == {1}
    text = "".join(piece.text for piece in (*pieces, last))
    # Spaces at the end of the line are no white space that anybody takes off.
    assert re.sub("\ufffd+", "\ufffd", text) == re.sub(
        "\ufffd+", "\ufffd", data.decode("utf-8", "replace")
    )
    assert (following.number, following.text) == (2, "next")


@pytest.mark.parametrize("kind", LONG_LINES)
def test_only_a_line_that_is_cut_within_a_word_is_called_so_and_once(kind):
    lines = list(read_lines(BytesIO(LONG_LINES[kind])))
    cut = [isinstance(line, LinePiece) and line.is_cut for line in lines]
    assert sum(cut) == (kind in ("one word", "spaces"))


def test_a_long_line_is_not_cut_in_the_mark_of_a_block():
    mark = b"-----BEGIN CERTIFICATE REQUEST-----"
    for shift in range(len(mark) + 2):
        before = b"x," * 10 + b"y" * (LONG - 20 - shift)
        assert any(
            mark.decode() in line.text for line in read_lines(BytesIO(before + b'"' + mark + b"z"))
        )


def test_an_endless_line_takes_bounded_memory():
    class Endless:
        """Lines of nothing but carriage returns, zeros and words, as `readline` gives them."""

        def __init__(self, octet):
            self.left, self.piece = 30, octet * LONG

        def readline(self, _size):
            self.left -= 1
            return self.piece if self.left >= 0 else b""

    for octet in (b"\r", b"\0", b"A", b","):
        tracemalloc.start()
        try:
            assert sum(len(line.text) for line in read_lines(Endless(octet))) <= 30 * LONG
            assert tracemalloc.get_traced_memory()[1] < 16 * LONG
        finally:
            tracemalloc.stop()


def test_a_line_that_somebody_else_has_read_is_cleaned_alike():
    line = clean(7, b"\0a\x1b(B\tb\r\r\n")
    assert (line.number, line.text, line.doubled_return, line.colored) == (7, "a\tb", True, True)
