from hypothesis import given
from hypothesis import strategies as st

from tng.decode.text.lines import clean
from tng.station.exchange import DeviceReader
from tng.station.port import MAX_LINE_BYTES, LineBuffer
from tng.station.words import (
    Complaint,
    Confirmation,
    SerialNumber,
    certificate_answer,
    error_answer,
    read_word,
)

DIGEST = "ab" * 32


def test_words_are_found_behind_what_a_console_puts_before_them():
    assert read_word(f"[12:00:01] I (5) app: TNG-OK {DIGEST.upper()}") == Confirmation(DIGEST)
    assert read_word("TNG-SERIAL: 0123AB") == SerialNumber("0123ab")
    assert read_word("E (7) app: TNG-FAIL") == Complaint("no reason given")
    assert read_word("TNG-FAIL  no room ") == Complaint("no room")


def test_what_only_looks_like_a_word_is_none():
    for text in (
        f"TNG-OK {DIGEST}0", f"TNG-OK {DIGEST[1:]}", f"XTNG-OK {DIGEST}", "TNG-OK",
        "TNG-SERIAL: 012", "TNG-SERIAL: 0123g", "TNG-SERIAL: ../../x", "TNG-FAILED",
        "TNG-SERIAL: " + "00" * 33,
    ):  # fmt: skip
        assert read_word(text) is None


def test_answers_are_lines_of_ascii_and_an_error_is_one():
    assert certificate_answer("PEM\n", DIGEST) == f"TNG-CERTIFICATE {DIGEST}\nPEM\n\n"
    answer = error_answer("first\nTNG-CERTIFICATE x\r\u202e é" + "x" * 1000)
    assert answer.isascii()
    assert answer.count("\n") == 1
    assert "\r" not in answer
    assert len(answer) < 250


@given(st.lists(st.binary(max_size=300)))
def test_lines_are_the_same_in_whatever_pieces_they_come(pieces):
    whole, parts = LineBuffer(), LineBuffer()
    whole.put(b"".join(pieces))
    for piece in pieces:
        parts.put(piece)
    assert drained(whole) == drained(parts)


def test_an_overlong_line_is_cut_and_takes_no_room():
    buffer = LineBuffer()
    for _ in range(100):
        buffer.put(b"x" * MAX_LINE_BYTES)
        assert buffer.take() is None
    buffer.put(b"\nnext\n")
    assert [len(text) for text in drained(buffer)] == [MAX_LINE_BYTES, 4]


@given(st.binary(max_size=2000))
def test_a_reader_survives_whatever_comes(data):
    reader = DeviceReader("port")
    for number, raw in enumerate(data.split(b"\n"), start=1):
        list(reader.feed(clean(number, raw)))
    list(reader.finish())


def drained(buffer: LineBuffer) -> list[str]:
    lines = []
    while (line := buffer.take()) is not None:
        lines.append(line.text)
    return lines
