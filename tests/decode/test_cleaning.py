"""Terminal sequences and control characters: taken out, and nothing else with them."""

import time

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from tng.decode.text.cleaning import without_controls

SEQUENCES = {
    "colour": b"\x1b[0;32m",
    "reset": b"\x1b[m",
    "private mode": b"\x1b[?2004h",
    "with an intermediate": b"\x1b[4 q",
    "true colour": b"\x1b[38;2;255;100;0m",
    "with colons": b"\x1b[4:3m",
    "title and BEL": b"\x1b]0;/dev/ttyUSB0 - MIIB\x07",
    "title and ST": b"\x1b]0;title\x1b\\",
    "device control": b"\x1bP1$r0m\x1b\\",
    "privacy message": b"\x1b^secret\x1b\\",
    "program command": b"\x1b_G\x1b\\",
    "character set": b"\x1b(B",
    "tput sgr0": b"\x1b(B\x1b[m",
    "two octets between": b"\x1b$(C",
    "keypad": b"\x1b=",
    "numeric": b"\x1b>",
    "save": b"\x1b7",
    "reverse index": b"\x1bM",
    "8-bit in UTF-8": "\x9b1;31m".encode(),
    "8-bit string in UTF-8": "\x9d0;title\x9c".encode(),
    "8-bit": b"\x9b1;31m",
    "BEL": b"\x07",
    "backspace": b"\x08",
    "XON, XOFF": b"\x11\x13",
    "DEL": b"\x7f",
}


@pytest.mark.parametrize("sequence", SEQUENCES.values(), ids=SEQUENCES)
@pytest.mark.parametrize("text", ["-----BEGIN CERTIFICATE-----", "+AB/cd=", "gr\u00f6\u00dfer\tz"])
def test_a_sequence_is_taken_out_wherever_it_stands(sequence, text):
    octets = text.encode()
    for line in (sequence + octets, octets[:1] + sequence + octets[1:], octets + sequence):
        assert without_controls(line) == (text, True)


@pytest.mark.parametrize(
    ("line", "text"),
    [
        (b"\x1b]0;title that never ends -----BEGIN UID-----", "-----BEGIN UID-----"),
        (b"\x1bPdata -----BEGIN UID-----", "-----BEGIN UID-----"),
        (b"\x1b-----BEGIN UID-----", "-----BEGIN UID-----"),
        (b"\x1b[" + b"1;" * 200 + b"-----BEGIN UID-----", "-----BEGIN UID-----"),
        ("\x9d0;title -----BEGIN UID-----".encode(), "-----BEGIN UID-----"),
        (b"\x1b]" + b"x" * 300 + b"\x07MIIB", "MIIB"),
    ],
)
def test_a_sequence_without_end_takes_little_with_it(line, text):
    assert without_controls(line)[0].endswith(text)


@pytest.mark.parametrize("tail", [b"\x1b[0;3", b"\x1b[", b"\x1b(", b"\x1b"])
def test_a_sequence_that_the_line_cuts_is_taken_out(tail):
    bare, is_changed = without_controls(b"MIIB" + tail)
    assert is_changed
    assert bare in ("MIIB", "MIIB(")


@pytest.mark.parametrize("octets", [b"\v", b"\f", b"\xc2\x85"])
def test_what_stands_on_different_lines_of_a_screen_is_not_joined(octets):
    assert without_controls(b"one" + octets + b"two")[0].split() == ["one", "two"]


@pytest.mark.parametrize("octets", [b"\xff", b"\x9b", b"\x9bMIIB", b"\xe7\x9b", b"\xc2"])
def test_what_is_not_utf_8_is_replaced_and_not_taken_for_a_control(octets):
    bare, is_changed = without_controls(b"a" + octets)
    assert bare.startswith("a\ufffd")
    assert not is_changed


@pytest.mark.parametrize(
    "text", ["", "a\tb", "\u76db31m", "gr\u00fc\u00dfe\u2026", "a\u00adb", "\U0010ffff"]
)
def test_a_clean_line_stays_as_it_is(text):
    assert without_controls(text.encode()) == (text, False)


octet = st.sampled_from([b"\x1b", b"[", b"]", b"(", b"\x07", b"\\", b"0", b";", b"m", b"\xc2\x9b",
                         b"\xc2", b"\x9b", b"\xff", b"-",
                         b"\t", b"\x00", b"\x7f", b"A"])  # fmt: skip


@settings(deadline=None)
@given(st.lists(octet, max_size=40).map(b"".join))
@example(b"\x1b\x1b]\x07")
def test_no_control_is_left_and_no_text_is_made_up(line):
    bare, _ = without_controls(line)
    assert bare.replace("\t", "").isprintable()
    rest = iter(line.decode("utf-8", "replace"))
    assert all(character in rest for character in bare if character != "\ufffd")


@pytest.mark.parametrize(
    "pattern",
    [b"\x1b", b"\x1b]", b"\x1b[1", b"\x1b[1;", b"\x1b(", b"\x1bP\x9b", b"\xc2\x9d", b"\x9b1;"],
)
def test_hostile_lines_take_time_in_proportion(pattern):
    line = pattern * (128 * 1024 // len(pattern))
    start = time.process_time()
    without_controls(line)
    # A hundred times what it takes; quadratic work would take hours.
    assert time.process_time() - start < 10


@pytest.mark.parametrize("begin", ["\x90", "\x98", "\x9d", "\x9e", "\x9f", "\x1b]", "\x1bP"])
def test_a_string_ends_where_another_begins(begin):
    assert without_controls(f"MI{begin}0;one{begin}0;two\x07IB".encode()) == ("MI0;oneIB", True)


def seconds(pattern: str) -> float:
    line = (pattern * LINE).encode()[:LINE]
    times = []
    for _ in range(3):
        start = time.process_time()
        without_controls(line)
        times.append(time.process_time() - start)
    return min(times)


LINE = 32 * 1024
BEGINNINGS = ["\x90", "\x98", "\x9b", "\x9d", "\x9e", "\x9f", "\x1b[", "\x1b]", "\x1bP", "\x1b("]


@pytest.mark.parametrize("begin", BEGINNINGS)
def test_beginnings_of_sequences_cost_little_more_than_other_controls(begin):
    bound = 12 * seconds("a\x80")
    for behind in ("", "0", "a", "0" * 31 + "    ", "x" * 300):
        assert seconds(begin + behind) < bound
