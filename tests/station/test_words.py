import pytest
from hypothesis import given
from hypothesis import strategies as st

from tng.decode.text.lines import clean
from tng.station.exchange import DeviceReader
from tng.station.lines import MAX_LINE_BYTES, LineBuffer
from tng.station.words import (
    Complaint,
    Confirmation,
    SerialNumber,
    UnusableSerial,
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
        "TNG-SERIAL 0123", "XTNG-SERIAL: 0123", "TNG-FAILED",
    ):  # fmt: skip
        assert read_word(text) is None


@pytest.mark.parametrize(
    ("told", "serial"),
    [
        ("0123456789ABCDEF01", "0123456789abcdef01"),
        ("sn0123456789ABCDEF01", "0123456789abcdef01"),
        ("ABCDEF", "abcdef"), ("  12345 ", "12345"), ("M5-00012", "M5-00012"),
        ("24:6F:28:AA:00:01", "24:6F:28:AA:00:01"), ("Board_7", "Board_7"), ("ab" * 32, "ab" * 32),
    ],
)  # fmt: skip
def test_serial_numbers_are_hex_or_names_of_things(told, serial):
    assert read_word(f"I (5) app: TNG-SERIAL:{told}") == SerialNumber(serial)


@pytest.mark.parametrize(
    "told",
    ["", "../../x", "-v", ".hidden", "M5 00012", "01 23 AB", "a/b", "ü", "\u0661\u0662", "00" * 33,
     "0123456789ABCDEF0"],
)  # fmt: skip
def test_serial_numbers_that_are_no_name_say_what_was_found_and_expected(told):
    word = read_word(f"TNG-SERIAL: {told}")
    assert isinstance(word, UnusableSerial)
    assert "found" in word.problem
    assert len(word.problem) < 400


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


def test_lines_end_at_lf_cr_lf_or_a_lone_cr():
    buffer = LineBuffer()
    buffer.put(b"a\nb\r\nc\rd\r\r\n\re\r\rf\r")
    assert drained(buffer) == ["a", "b", "c", "d", "", "e", ""]
    # Its LF may come yet.
    assert buffer.take(is_quiet=False) is None
    line = buffer.take(is_quiet=True)
    assert line is not None
    assert line.text == "f"
    buffer.put(b"\ng\n")
    assert drained(buffer) == ["g"]


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
