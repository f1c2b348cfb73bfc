"""A device for `tng station` in Python: for boards with Linux, and to try a station without one.

It speaks over standard input and output. On a board, connect them to the serial port:

    python device.py --folder /var/lib/device </dev/ttyS0 >/dev/ttyS0

The key is made in a file here. On a board it belongs into the secure element, and the request is
made by `tng csr --pkcs11 …` or the chip's own tools.
"""

import argparse
import re
import select
import ssl
import sys
import time
from hashlib import sha256
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
)
from cryptography.x509.oid import NameOID

ANSWER_SECONDS = 10.0
MAX_LINES = 100


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--folder", type=Path, default=Path(), help="for key and certificate")
    parser.add_argument("--serial", default="0123456789abcdef01", help="serial number")
    parser.add_argument("--attempts", type=int, default=1000)
    options = parser.parse_args()
    say(f"TNG-SERIAL: {options.serial}")
    try:
        key = device_key(options.folder / "device.key")
    except (OSError, ValueError, TypeError):
        say("TNG-FAIL the key cannot be read")
        return 1
    console = Console()
    for _ in range(options.attempts):
        say(f"TNG-SERIAL: {options.serial}")
        say(request(key, options.serial))
        answer = console.answer()
        if answer is None:
            continue
        pem, problem = answer
        problem = problem or refuse(pem, key)
        if problem:
            say(f"TNG-FAIL {problem}")
            continue
        (options.folder / "device.pem").write_text(pem)
        say(f"TNG-OK {sha256(ssl.PEM_cert_to_DER_cert(pem)).hexdigest()}")
        return 0
    return 1


def device_key(file: Path) -> ec.EllipticCurvePrivateKey:
    """The key in the file, made where there is none: the same device asks with the same key."""
    if file.exists():
        found = load_pem_private_key(file.read_bytes(), None)
        if not isinstance(found, ec.EllipticCurvePrivateKey):
            raise ValueError(f"{file} holds no key of a curve")
        return found
    key = ec.generate_private_key(ec.SECP256R1())
    file.touch(0o600)
    file.write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    return key


def request(key: ec.EllipticCurvePrivateKey, serial: str) -> str:
    """The request in PEM, with the empty line that `say` ends: the request ends there."""
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, f"sn{serial}")])
    made = x509.CertificateSigningRequestBuilder().subject_name(name).sign(key, hashes.SHA256())
    return made.public_bytes(Encoding.PEM).decode()


def refuse(pem: str, key: ec.EllipticCurvePrivateKey) -> str:
    """Why the certificate is not this device's; empty where it is."""
    certificate = x509.load_pem_x509_certificate(pem.encode())
    form = Encoding.DER, PublicFormat.SubjectPublicKeyInfo
    is_ours = certificate.public_key().public_bytes(*form) == key.public_key().public_bytes(*form)
    return "" if is_ours else "the certificate is for another key"


def say(text: str) -> None:
    sys.stdout.write(f"{text}\r\n".replace("\n", "\r\n").replace("\r\r", "\r"))
    sys.stdout.flush()


class Console:
    """What the station says, line by line."""

    def __init__(self) -> None:
        self._bytes = b""

    def line(self, seconds: float) -> str | None:
        end = time.monotonic() + seconds
        while b"\n" not in self._bytes:
            left = max(0.0, end - time.monotonic())
            if not select.select([sys.stdin.fileno()], [], [], left)[0]:
                return None
            self._bytes += sys.stdin.buffer.raw.read(4096) or b""
        line, _, self._bytes = self._bytes.partition(b"\n")
        return line.decode("ascii", "replace").strip()

    def answer(self) -> tuple[str, str] | None:
        """The certificate and what is wrong with it; ``None`` for no certificate."""
        while (line := self.line(ANSWER_SECONDS)) is not None:
            if line.startswith("TNG-ERROR"):
                return None
            announced = re.fullmatch(r"TNG-CERTIFICATE ([0-9a-f]{64})", line)
            if announced:
                return self._certificate(announced[1])
        return None

    def _certificate(self, announced: str) -> tuple[str, str]:
        lines = []
        while (line := self.line(ANSWER_SECONDS)) and len(lines) < MAX_LINES:
            lines.append(line)
        pem = "\n".join([*lines, ""])
        try:
            digest = sha256(ssl.PEM_cert_to_DER_cert(pem)).hexdigest()
        except ValueError:
            return pem, "the certificate is not complete"
        return pem, "" if digest == announced else "the certificate was damaged on its way"


if __name__ == "__main__":
    sys.exit(main())
