"""Recognising compression by magic bytes, and looking through gzip."""

import gzip
from contextlib import ExitStack
from io import BufferedReader

from tng.decode.interface import SNIFF_BYTES
from tng.findings import finding
from tng.models import Source, Undecodable
from tng.sources.errors import InputReadError
from tng.sources.limits import Budget
from tng.sources.streams import HeadedReader, Tap
from tng.sources.types import Input

_GZIP = b"\x1f\x8b\x08"
"""RFC 1952 §2.3.1: magic, and the only compression method there is."""

_ZIP = (b"PK\x03\x04", b"PK\x05\x06")
"""APPNOTE.TXT §4.3.7 and §4.3.16: a first member, or the end of an empty archive."""


def is_zip(head: bytes) -> bool:
    """Whether the input begins as a zip does."""
    return head.startswith(_ZIP)


def open_stream(
    path: str,
    beginning: HeadedReader,
    tap: Tap,
    budget: Budget,
    closing: ExitStack,
    location: str | None = None,
) -> Input | Undecodable:
    """Make an input of the bytes in ``beginning``, expanded if they are gzip.

    ``tap`` is what ``beginning`` reads from and gives the hash; ``closing`` closes the
    streams; ``location`` is where the bytes lie. Raises `InputStreamError` if not even the
    beginning can be read.
    """
    digest = tap.sha256
    stream = closing.enter_context(BufferedReader(beginning, SNIFF_BYTES))
    if beginning.head.startswith(_GZIP):
        location = None
        expanding = closing.enter_context(gzip.GzipFile(fileobj=stream))
        beginning = HeadedReader(Tap(expanding.read1, budget.expand))
        if beginning.head.startswith(_GZIP):
            raise InputReadError("gzip inside gzip is not opened")
        stream = closing.enter_context(BufferedReader(beginning, SNIFF_BYTES))
    if is_zip(beginning.head):
        raise InputReadError("an archive inside a compressed file is not opened")
    if not beginning.head:
        return Undecodable(Source(path), (finding("input-empty", "there are no bytes in it"),))
    return Input(path, beginning.head, stream, digest, location)
