"""A sealed report in a folder, with its inputs: what the tests of seals begin with."""

import json
from dataclasses import dataclass
from functools import cache
from hashlib import sha256
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
)

from tests.audit.sample import AT
from tng.audit.models import AuditInput, InputRole, Making
from tng.seal.interface import SigningKey
from tng.seal.key_file import load_key_file
from tng.seal.making import make_seal, seal_files

MAKING = Making("1.0", AT, False, "tng audit reel.json --expect orders.csv", ())
KINDS = ("P-256", "P-384", "RSA-2048")
ALGORITHMS = {"P-256": "ES256", "P-384": "ES384", "RSA-2048": "RS256"}


def private_key(kind: str, number: int = 0):
    """A private key of that kind; another one for every number."""
    return _private_key(kind, number)


@cache
def _private_key(kind: str, number: int):
    if kind.startswith("RSA-"):
        return rsa.generate_private_key(65537, int(kind[4:]))
    curve = {"P-256": ec.SECP256R1(), "P-384": ec.SECP384R1(), "P-521": ec.SECP521R1()}[kind]
    return ec.generate_private_key(curve)


def private_pem(key, form: PrivateFormat = PrivateFormat.PKCS8, secret: str = "") -> bytes:
    encryption = BestAvailableEncryption(secret.encode()) if secret else NoEncryption()
    return key.private_bytes(Encoding.PEM, form, encryption)


def public_pem(key) -> bytes:
    return key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)


def no_secret() -> str:
    raise AssertionError("no secret should have been asked for")


def signing_key(folder: Path, kind: str = "P-256", number: int = 0) -> SigningKey:
    file = folder / f"key-{kind}-{number}.pem"
    file.write_bytes(private_pem(private_key(kind, number)))
    return load_key_file(file, no_secret)


@dataclass(frozen=True)
class Sealed:
    """Where everything is. ``key`` sealed it."""

    folder: Path
    report: Path
    page: Path
    source: Path
    order: Path
    statement: Path
    signature: Path
    key: SigningKey

    @property
    def members(self) -> dict[str, object]:
        return json.loads(self.statement.read_text())

    def sign_again(self, octets: bytes, key: SigningKey | None = None) -> None:
        """Replace the statement, properly signed: what a dishonest holder of the key could do."""
        from tng.seal.jws import sign_detached

        self.statement.write_bytes(octets)
        self.signature.write_text(sign_detached(key or self.key, octets))


def seal(folder: Path, kind: str = "P-256") -> Sealed:
    """Make a report of two outputs and two inputs, and seal it."""
    paths = {name: folder / name for name in ("audit.json", "audit.html", "reel.json", "o.csv")}
    for name, path in paths.items():
        path.write_bytes(f"what is in {name}\n".encode() * 50)
    key = signing_key(folder, kind)
    report, page, source, order = paths.values()
    made = make_seal(
        key,
        MAKING,
        [
            audit_input(InputRole.SOURCE, source),
            audit_input(InputRole.ORDER, order),
            AuditInput(InputRole.SOURCE, "-", "a" * 64, "microchip", 1),
        ],
        [page, report],
        report,
    )
    files = seal_files(report)
    files.statement.write_bytes(made.statement)
    files.signature.write_bytes(made.signature)
    return Sealed(folder, report, page, source, order, files.statement, files.signature, key)


def audit_input(role: InputRole, path: Path) -> AuditInput:
    return AuditInput(role, str(path), sha256(path.read_bytes()).hexdigest(), "microchip", 10)
