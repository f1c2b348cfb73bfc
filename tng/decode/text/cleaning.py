"""What terminals act on and nobody sees, taken out of one line.

Escape sequences (ECMA-48, ISO/IEC 2022) and control characters; what they would do to a screen
is not followed. One line is looked at alone, so nothing of two lines is ever joined.
"""

import re

_MAX_STRING = 256
"""Characters of a title or another string for the terminal. One that does not end on its line
within them is text, and only the octets that begin it are taken out."""

_CONTROLS_BEHIND = r"[0-?]{0,32}[ -/]{0,4}(?:[@-~]|\Z)"
"""The rest of a control sequence (§5.4); the line's end may cut it."""
_STRING_BEHIND = rf"[^\x07\x1b\x80-\x9f]{{0,{_MAX_STRING}}}(?:\x07|\x1b\\|\x9c)"
"""The rest of a control string (§5.6), which xterm ends with BEL, too.

Another control ends it, so that no character is looked at for more than one beginning."""

_ESCAPE = re.compile(
    r"\x1b(?:"
    rf"\[{_CONTROLS_BEHIND}"
    rf"|[\]PX^_]{_STRING_BEHIND}"
    # ISO/IEC 2022 §13.2.1: ESC ( B. More than two octets between would swallow "-----BEGIN".
    r"|[ -/]{1,2}[0-~]"
    # ESC =, ESC >, ESC 7, ESC M
    r"|[0-~])"
)
_EIGHT_BIT = re.compile(
    rf"\x9b{_CONTROLS_BEHIND}"
    rf"|[\x90\x98\x9d-\x9f]{_STRING_BEHIND}"
    # The octet 9B alone, which is no UTF-8: behind noise there are no parameters.
    r"|\udc9b[0-9;?]{1,16}[A-Za-z]"
)
"""The same begun by a control of C1 instead of by ESC and a letter (§5.3)."""
_CONTROL = re.compile(r"[\0-\x08\x0e-\x1f\x7f-\x84\x86-\x9f]")
_MOVE = re.compile(r"[\v\f\x85]")
"""To another line of a screen or of paper: what stands on either side does not belong together."""
_NO_UTF_8 = re.compile(r"[\udc80-\udcff]+")
"""Octets for which `surrogateescape` stands."""


def without_controls(octets: bytes) -> tuple[str, bool]:
    """The text of a line without its end, and whether any sequence or control was taken out.

    Tabs stay; octets in a row that are not UTF-8 become U+FFFD, and moves to another line a space.
    """
    text = octets.decode("utf-8", "surrogateescape")
    # Asking this costs a tenth of looking for any of the others.
    if _is_clean(text):
        return text, False
    bare = _ESCAPE.sub("", text) if "\x1b" in text else text
    if not _is_clean(bare):
        bare = bare if bare.isascii() else _EIGHT_BIT.sub("", bare)
        bare = _CONTROL.sub("", _MOVE.sub(" ", bare))
    return _NO_UTF_8.sub("\ufffd", bare), len(bare) < len(text)


def _is_clean(text: str) -> bool:
    return text.replace("\t", " ").isprintable()
