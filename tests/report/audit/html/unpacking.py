"""Reads packed blocks back, in Python: what ``assets/data.js`` does in the browser."""

import json
import zlib
from base64 import b64decode


def unpacked(block: str) -> dict[str, list]:
    """Columns by name, each with a value a device."""
    octets = zlib.decompress(b64decode(block, validate=True))
    end = 4 + int.from_bytes(octets[:4], "little")
    header = json.loads(octets[4:end])
    columns = {}
    for name, kind, length, note in header["columns"]:
        body, end = octets[end : end + length], end + length
        columns[name] = _READERS[kind](body, header["count"], note)
    assert end == len(octets)
    return columns


def _words(body: bytes, count: int, values: list) -> list:
    return [values[low | high << 8] for low, high in zip(body[:count], body[count:], strict=True)]


def _hex(body: bytes, count: int, others: list) -> list:
    lengths, at, texts = body[:count], count, []
    for length in lengths:
        texts.append(body[at : at + length].hex())
        at += length
    assert at == len(body)
    for row, text in others:
        texts[row] = text
    return texts


def _numbers(body: bytes, count: int, _: None) -> list:
    numbers, last, at = [], 0, 0
    for _ in range(count):
        coded = shift = 0
        while True:
            octet, at = body[at], at + 1
            coded |= (octet & 0x7F) << shift
            shift += 7
            if octet < 0x80:
                break
        last += -(coded + 1) // 2 if coded % 2 else coded // 2
        numbers.append(last)
    assert at == len(body)
    return numbers


_READERS = {"words": _words, "hex": _hex, "numbers": _numbers}
