"""Manifests that are large enough to be cut by workers, and not proper throughout."""

from functools import cache

import orjson

from tests.judging import microchip
from tng.testing.manifest import BARE_STYLE, make_entries

UNIQUE = 1200


@cache
def entries() -> tuple[bytes, ...]:
    made = make_entries(microchip(), UNIQUE, style=BARE_STYLE, start=50_000)
    return tuple(map(orjson.dumps, made))


def array(*parts: bytes) -> bytes:
    return b"[" + b",\n".join(parts) + b"]"


def damaged() -> bytes:
    """Some thousand entries: duplicates, lost quotes, glued and foreign ones, an open end."""
    made = [*entries(), *entries()[200:900]]
    made[5] = b'{"foo":1},{"bar":2}'
    made[9] = b'{"payload":"a","payload":"b","payload":"c"}'
    made[400] = made[400][:-40]
    made[401] = b'{"header":1}'
    made[700] = made[700].replace(b'"', b"", 1)
    made[1500] = b"x" * 300_000
    return array(*made)[:-1]
