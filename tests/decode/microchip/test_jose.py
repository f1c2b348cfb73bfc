"""The parts of JOSE where what strangers write could cost memory."""

import base64
import tracemalloc

from tng.decode.microchip.jose import key_spki, read_protected_header


def test_long_protected_headers_are_not_kept_in_memory():
    listed = ",".join(["10"] * 20_000)
    texts = [
        base64.urlsafe_b64encode(f'{{"kid":"{number:06}","crit":[{listed}]}}'.encode())
        .rstrip(b"=")
        .decode()
        for number in range(10)
    ]
    tracemalloc.start()
    try:
        for text in texts:
            assert len(read_protected_header(text).critical) == 20_000
        assert tracemalloc.get_traced_memory()[0] < len(texts[0])
    finally:
        tracemalloc.stop()


def test_a_padded_coordinate_is_told_whatever_its_length():
    tolerances: list[tuple[str, str]] = []
    key = {"kty": "EC", "crv": "P-256", "x": "A" * 42 + "=", "y": "A" * 43}
    spki = key_spki(key, tolerances)
    assert spki is not None
    assert spki.endswith(bytes(64))
    assert [code for code, _ in tolerances] == ["base64url-padded", "jwk-short-coordinate"]
