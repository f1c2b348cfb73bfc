"""One PEM block as consoles print it: putting its base64 together again.

Time stamps before each line, log lines of other tasks in the middle, one single long
line and doubled carriage returns are put right; the result is accepted only if it
is a whole certificate.
"""

import base64
import binascii
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from tng.decode.text.lines import Line
from tng.findings import Finding, finding
from tng.x509.der import element_length

MARKER = re.compile(r"-----(BEGIN|END) ([A-Z0-9 ]{1,40})-----")
CERTIFICATE_LABELS = ("CERTIFICATE", "X509 CERTIFICATE", "TRUSTED CERTIFICATE")
PKCS7_LABELS = ("PKCS7", "CMS")
UID_LABEL = "UID"

MAX_BLOCK_CHARACTERS = 1024 * 1024
"""A PKCS#7 with hundreds of certificates fits."""
MAX_FOREIGN_LINES = 2000
"""Lines of other tasks inside one block; a console that prints more has lost the block."""

_REGULAR_WIDTH = 64
"""RFC 7468 §2: every line but the last has exactly 64 characters."""
_MAX_PREFIX = 80
_BASE64 = re.compile(r"[A-Za-z0-9+/]+={0,2}")
_TIME_STAMP = re.compile(
    r"[\[(]?(?:\d{4}[-/]\d\d[-/]\d\d[T ]{1,2})?\d\d:\d\d:\d\d(?:[.,:]\d{1,9})?Z?[\])]?(?=[\s>-])"
    r"\s{0,4}(?:->|>|-|:)?\s{0,4}"
)
_FOREIGN_LOG = re.compile(r"[EWIDV] \(\d{1,12}\) |\w{1,16} {0,8}:(?:INFO|WARN|ERROR|DEBUG) {0,4}:")
"""The beginnings of ESP-IDF's and of the Plug & Trust middleware's log lines."""
_ELLIPSIS = re.compile(r"\.{3,}|…")
_QUOTED = re.compile(r"[\"']([^\"']*)[\"']?")
"""A string constant of a program or of JSON, perhaps open at the line's end."""
_ESCAPED = re.compile(r"\\(?:/|u002[BbFf]|u003[Dd])")
"""``/``, ``+`` and ``=`` as writers of JSON escape them though they need not (RFC 8259 §7)."""


def strip_time_stamp(text: str) -> str:
    """The line without the time that a serial monitor put before it."""
    stamp = _TIME_STAMP.match(text)
    return text[stamp.end() :] if stamp else text


@dataclass(slots=True)
class PemBlock:
    """A block between its BEGIN and its END line, while it is being read.

    ``prefix`` is what stood before BEGIN on its line: a monitor repeats it, with other
    digits, before every line.
    """

    label: str
    line: int
    prefix: str
    object_id: str | None = None
    pieces: list[str] = field(default_factory=list)
    characters: int = 0
    foreign: int = 0
    shortened_at: int | None = None
    doubled_return: bool = False
    colored: bool = False
    prefixed: bool = False
    _pattern: re.Pattern[str] | None = None

    def __post_init__(self) -> None:
        prefix = self.prefix.rstrip(
            " \t\"'"
        )  # a quote belongs to the line, not to what is before it
        if prefix and len(prefix) <= _MAX_PREFIX:
            shape = re.sub(r"\d+", lambda _: r"\d{1,20}", re.escape(prefix))
            self._pattern = re.compile(shape)

    @property
    def is_too_long(self) -> bool:
        """Whether more was put in than any block has."""
        return self.characters > MAX_BLOCK_CHARACTERS or self.foreign > MAX_FOREIGN_LINES

    def add(self, line: Line, text: str) -> None:
        """Take what ``text``, a part of ``line``, has of the block's base64."""
        self.doubled_return = self.doubled_return or line.doubled_return
        self.colored = self.colored or line.colored
        bare = self._without_prefix(text)
        if not bare.strip():
            return
        if _ELLIPSIS.search(bare):
            self.shortened_at = line.number
        found = self._pieces(bare)
        if not found:
            self.foreign += 1
        self.pieces.extend(found)
        self.characters += sum(map(len, found))

    def _pieces(self, text: str) -> list[str]:
        escaped = "\\n" in text
        quoted = _QUOTED.search(text)
        bare = (quoted[1] if quoted else text).replace("\\n", " ").replace("\\r", "").strip()
        if "\\" in bare:
            bare = _ESCAPED.sub(_unescaped, bare)
        words = bare.split()
        if words and all(map(_BASE64.fullmatch, words)):
            # Several words are base64 only if they are lines that were joined.
            if len(words) == 1 or escaped or len(words[0]) >= _REGULAR_WIDTH:
                return words
        elif cut := _FOREIGN_LOG.search(bare):
            before = bare[: cut.start()].strip()
            return [before] if _BASE64.fullmatch(before) else []
        if words and len(words[-1]) >= _REGULAR_WIDTH and _BASE64.fullmatch(words[-1]):
            self.prefixed = True
            return words[-1:]
        return []

    def _without_prefix(self, text: str) -> str:
        found = self._pattern.match(text) if self._pattern else None
        bare = text[found.end() :] if found else strip_time_stamp(text)
        self.prefixed = self.prefixed or len(bare) < len(text)
        return bare

    def candidates(self) -> Iterator[bytes]:
        """What the block may hold, likeliest first: all pieces, then those of the right width."""
        for pieces in (self.pieces, _of_one_width(self.pieces)):
            data = _decode(pieces)
            if data is not None:
                yield data

    def irregularities(self) -> tuple[Finding, ...]:
        """The tolerance that reading the block took, if it took any."""
        reasons = []
        if self.doubled_return:
            reasons.append("lines end CR CR LF")
        if self.prefixed:
            reasons.append("text stands before each line")
        if self.colored:
            reasons.append("terminal colours or other controls stand inside")
        if self.foreign:
            reasons.append(f"{self.foreign} foreign lines were left out")
        if any(len(piece) != _REGULAR_WIDTH for piece in self.pieces[:-1]):
            reasons.append("lines differ from 64 characters")
        elif self.pieces and len(self.pieces[-1]) > _REGULAR_WIDTH:
            reasons.append(f"a line has {len(self.pieces[-1])} characters instead of 64")
        return (finding("pem-irregular", "; ".join(reasons)),) if reasons else ()


def _unescaped(escape: re.Match[str]) -> str:
    return escape[0][1] if len(escape[0]) == 2 else chr(int(escape[0][2:], 16))


def _of_one_width(pieces: Sequence[str]) -> list[str]:
    """Leave out words that look like base64 but have neither the lines' nor the rest's length."""
    if not pieces:
        return []
    width = len(pieces[0])
    beginning = _decode(pieces[:1]) or b""
    left = -(-(element_length(beginning) or 0) // 3) * 4
    taken: list[str] = []
    for piece in pieces:
        if len(piece) == width or len(piece) == left:
            taken.append(piece)
            left -= len(piece)
    return taken


def _decode(pieces: Sequence[str]) -> bytes | None:
    text = "".join(pieces).rstrip("=")
    usable = len(text) - 1 if len(text) % 4 == 1 else len(text)
    try:
        return base64.b64decode(text[:usable] + "=" * (-usable % 4), validate=True)
    except binascii.Error:
        return None
