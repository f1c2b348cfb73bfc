"""The response of an SE05x to ReadObject: ``41 82 hh ll <object> 90 00`` (NXP AN12413)."""

from tng.x509.der import element_length

RESPONSE_TAG = b"\x41\x82"
_STATUS_OK = b"\x90\x00"
RESPONSE_HEADER_BYTES = 4


def unwrap(data: bytes) -> bytes:
    """The object inside a response; ``data`` itself where there is no such wrapping.

    The status word is cut only behind a complete DER element, so that the same two bytes
    inside a certificate stay.
    """
    if data.startswith(RESPONSE_TAG) and len(data) > RESPONSE_HEADER_BYTES:
        length = int.from_bytes(data[2:RESPONSE_HEADER_BYTES], "big")
        content, rest = (
            data[RESPONSE_HEADER_BYTES:][:length],
            data[RESPONSE_HEADER_BYTES + length :],
        )
        return content if rest.strip(b"\0") in (b"", b"\x90") else data[RESPONSE_HEADER_BYTES:]
    needed = element_length(data)
    if needed is not None and data.endswith(_STATUS_OK) and len(data) - needed >= len(_STATUS_OK):
        return data[: -len(_STATUS_OK)]
    return data
