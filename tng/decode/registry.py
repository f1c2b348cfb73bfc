"""The formats that can be read, and recognising them by content, never by name."""

from tng.decode.interface import Decoder
from tng.decode.microchip import MicrochipManifestDecoder
from tng.decode.pkcs7 import Pkcs7Decoder
from tng.decode.plain_der import ApduDecoder, DerDecoder
from tng.decode.se05x.edgelock import EdgeLock2goDecoder
from tng.decode.table import TableDecoder
from tng.decode.text.decoder import TextDecoder

DECODERS: tuple[Decoder, ...] = (
    MicrochipManifestDecoder(),
    EdgeLock2goDecoder(),
    Pkcs7Decoder(),
    DerDecoder(),
    ApduDecoder(),
    TableDecoder(),
    TextDecoder("se05x-log"),
    TextDecoder("pem"),
    TextDecoder("hex-dump"),
    TextDecoder("text"),
)
"""In the order in which they are asked: the more definite before the more lenient."""


def recognise(head: bytes) -> Decoder | None:
    """The decoder for an input that begins with ``head`` (`SNIFF_BYTES`, less only at its end).

    ``None`` if the input is of no kind that can be read. A text is never refused: what
    it holds may come late in it.
    """
    return next((decoder for decoder in DECODERS if decoder.recognises(head)), None)
