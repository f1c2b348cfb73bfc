"""Certificate requests of the test vendor's boards, byte for byte the same every time.

Boards whose key was made at the factory and that have no certificate of their own ask for one
(PKCS#10, RFC 2986); the forged one has another board's signature.
"""

import base64

from tng.testing import der_writer as der
from tng.testing.certificates import COMMON_NAME, ORGANIZATION, name
from tng.testing.example import Example
from tng.testing.keys import SigningKey, seeded_key

_VERSION_1 = der.integer(0)
_NO_ATTRIBUTES = der.explicit(0)
_WIDTH = 64


def board_serial(number: int) -> str:
    """The nine bytes of serial number of a board's ATECC608, lower-case hex."""
    return f"0123{0xB0A4D000 + number:012x}01"


def board_key(number: int) -> SigningKey:
    """The key in the board's chip; nothing that is worth anything may be signed with it."""
    return seeded_key("board", str(number))


def board_request(number: int) -> bytes:
    """The request (DER) that the board makes, with its serial number in the common name."""
    return _signed(number, board_key(number))


def forged_request(number: int) -> bytes:
    """The same with a signature by another board's key: no proof of possession."""
    return _signed(number, board_key(number + 1))


def request_pem(request: bytes) -> str:
    """In PEM (RFC 7468 §7)."""
    text = base64.b64encode(request).decode("ascii")
    lines = [text[start : start + _WIDTH] for start in range(0, len(text), _WIDTH)]
    body = "\n".join(lines)
    return f"-----BEGIN CERTIFICATE REQUEST-----\n{body}\n-----END CERTIFICATE REQUEST-----\n"


def request_examples() -> tuple[Example, ...]:
    """The example files with requests."""
    boards = tuple(
        Example(
            f"csr/board-{number}.csr",
            "The certificate request of a board with an ATECC608, its key made at the factory.",
            request_pem(board_request(number)).encode("ascii"),
        )
        for number in range(1, 4)
    )
    forged = request_pem(forged_request(4)).encode("ascii")
    return (
        *boards,
        Example("csr/forged.csr", "A request signed with another key than the one in it.", forged),
        Example("csr/console.log", "Two boards' requests on a console.", _console()),
    )


def _signed(number: int, signer: SigningKey) -> bytes:
    subject = name((ORGANIZATION, "Example Boards"), (COMMON_NAME, f"sn{board_serial(number)}"))
    information = der.sequence(_VERSION_1, subject, board_key(number).spki, _NO_ATTRIBUTES)
    algorithm = signer.algorithm_identifier()
    return der.sequence(information, algorithm, der.bit_string(signer.sign(information)))


def _console() -> bytes:
    parts = []
    for number in (5, 6):
        parts.append("rst:0x1 (POWERON_RESET),boot:0x13 (SPI_FAST_FLASH_BOOT)\n")
        parts.append("\x1b[0;32mI (312) atecc: serial " + board_serial(number) + "\x1b[0m\n")
        parts.append(request_pem(board_request(number)) + "\n")
        parts.append("\x1b[0;32mI (1704) app: waiting for the certificate\x1b[0m\n")
    return "".join(parts).replace("\n", "\r\n").encode("ascii")
