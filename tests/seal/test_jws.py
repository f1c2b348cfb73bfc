"""The signature is RFC 7515's, held against other libraries, and says nothing about itself."""

import base64
import hashlib
import hmac
import json
import subprocess
from pathlib import Path

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature

from tests.seal.sealed import ALGORITHMS, KINDS, Sealed, private_key, public_pem, seal, signing_key
from tng.seal.check import check_seal
from tng.seal.encoding import from_base64url, to_base64url
from tng.seal.errors import MalformedSealError, SealError
from tng.seal.jws import sign_detached, verify_detached
from tng.seal.key_file import FileSigningKey
from tng.seal.public_key import read_jwk
from tng.seal.result import Signature
from tng.seal.trusted import TrustedKey

PAYLOAD = b'{"what": "is signed"}\n'


def _parts(text: str) -> tuple[dict[str, str], bytes, bytes]:
    header, _, signature = text.strip().split(".")
    return json.loads(from_base64url(header, "h")), header.encode(), from_base64url(signature, "s")


@pytest.mark.parametrize("kind", KINDS)
def test_openssl_verifies_the_signature_over_header_and_payload(tmp_path: Path, kind):
    made = seal(tmp_path, kind)
    header, encoded, signature = _parts(made.signature.read_text())
    assert header["alg"] == ALGORITHMS[kind]
    payload = base64.urlsafe_b64encode(made.statement.read_bytes()).rstrip(b"=")
    if kind.startswith("P-"):
        half = len(signature) // 2
        signature = encode_dss_signature(
            int.from_bytes(signature[:half], "big"), int.from_bytes(signature[half:], "big")
        )
    (tmp_path / "input").write_bytes(encoded + b"." + payload)
    (tmp_path / "sig").write_bytes(signature)
    (tmp_path / "public.pem").write_bytes(public_pem(private_key(kind)))
    digest = "-sha384" if kind == "P-384" else "-sha256"
    done = subprocess.run(
        ["openssl", "dgst", digest, "-verify", "public.pem", "-signature", "sig", "input"],
        cwd=tmp_path, capture_output=True, check=False,
    )  # fmt: skip
    assert done.stdout == b"Verified OK\n"


@pytest.mark.parametrize("kind", KINDS)
def test_another_library_verifies_it_and_knows_the_thumbprint(tmp_path: Path, kind):
    key = signing_key(tmp_path, kind)
    text = sign_detached(key, PAYLOAD)
    whole = jwt.PyJWS().decode_complete(
        text.replace("..", f".{to_base64url(PAYLOAD)}."),
        public_pem(private_key(kind)),
        algorithms=[ALGORITHMS[kind]],
    )
    assert whole["payload"] == PAYLOAD
    assert whole["header"]["typ"] == "tng-seal+jws"
    assert whole["header"]["kid"] == key.public_key.thumbprint


def test_the_thumbprint_is_that_of_the_rfc():
    # RFC 7638 §3.1, whose example is an RSA key.
    modulus = (
        "0vx7agoebGcQSuuPiLJXZptN9nndrQmbXEps2aiAFbWhM78LhWx4cbbfAAtVT86zwu1RK7aPFFxuhDR1L6tSoc_BJECP"
        "ebWKRXjBZCiFV4n3oknjhMstn64tZ_2W-5JsGY4Hc5n9yBXArwl93lqt7_RN5w6Cf0h4QyQ5v-65YGjQR0_FDW2QvzqY"
        "368QQMicAtaSqzs8KJZgnYb9c7d0zgdAZHzu6qMQvRL5hajrn1n91CbOpbISD08qNLyrdkt-bFTWhAI4vMQFh6WeZu0f"
        "M4lFd2NcRwr3XPksINHaQ-G_xBniIqbw0Ls1jF44-csFCur-kEgU8awapJzKnqDKgw"
    )
    key = read_jwk({"kty": "RSA", "n": modulus, "e": "AQAB"})
    assert key.thumbprint == "NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs"


def test_the_same_key_and_statement_give_the_same_signature(tmp_path: Path):
    key = signing_key(tmp_path, "P-256")
    assert sign_detached(key, PAYLOAD) == sign_detached(key, PAYLOAD)


def _signed(key: FileSigningKey, header: dict[str, object] | str) -> str:
    text = header if isinstance(header, str) else json.dumps(header)
    encoded = to_base64url(text.encode())
    signing_input = f"{encoded}.{to_base64url(PAYLOAD)}".encode()
    return f"{encoded}..{to_base64url(key.sign(signing_input))}"


@pytest.fixture
def key(tmp_path: Path) -> FileSigningKey:
    return signing_key(tmp_path, "P-256")


def _good(key: FileSigningKey) -> dict[str, object]:
    return {"alg": "ES256", "kid": key.public_key.thumbprint, "typ": "tng-seal+jws"}


def test_the_headers_made_here_would_verify_if_they_were_right(key):
    verify_detached(_signed(key, _good(key)), PAYLOAD, key.public_key)


@pytest.mark.parametrize(
    "change",
    [
        {"alg": "none"},
        {"alg": "HS256"},
        {"alg": "RS256"},
        {"alg": "ES384"},
        {"alg": ["ES256"]},
        {"alg": None},
        {"kid": "another"},
        {"typ": "JWT"},
        {"crit": ["exp"], "exp": 1},
        {"crit": []},
        {"b64": False, "crit": ["b64"]},
        {"b64": False},
        {"b64": True},
        {"jku": "https://attacker.example/keys"},
        {"jwk": {"kty": "EC"}},
        {"x5u": "https://attacker.example"},
        {"x5c": ["AAAA"]},
    ],
    ids=str,
)
def test_a_header_that_is_not_the_one_of_a_seal_is_refused_though_it_is_signed(key, change):
    with pytest.raises(MalformedSealError, match="its "):
        verify_detached(_signed(key, _good(key) | change), PAYLOAD, key.public_key)


@pytest.mark.parametrize("name", ["alg", "kid", "typ"])
def test_a_header_that_lacks_a_member_is_refused(key, name):
    header = {k: v for k, v in _good(key).items() if k != name}
    with pytest.raises(MalformedSealError, match="missing"):
        verify_detached(_signed(key, header), PAYLOAD, key.public_key)


def test_a_member_of_the_header_that_is_there_twice_is_refused(key):
    text = json.dumps(_good(key)).replace("{", '{"alg": "none", ')
    with pytest.raises(MalformedSealError, match="twice"):
        verify_detached(_signed(key, text), PAYLOAD, key.public_key)


def test_a_signature_of_nobody_is_refused(sealed: Sealed):
    header = to_base64url(b'{"alg":"none"}')
    for text in (f"{header}..", f"{header}..AA"):
        sealed.signature.write_text(text)
        _fails(sealed)


@pytest.mark.parametrize("kind", KINDS)
def test_the_public_key_is_no_secret_to_sign_with(tmp_path: Path, kind):
    made = seal(tmp_path, kind)
    header = {"alg": "HS256", "kid": made.key.public_key.thumbprint, "typ": "tng-seal+jws"}
    encoded = to_base64url(json.dumps(header).encode())
    message = f"{encoded}.{to_base64url(made.statement.read_bytes())}".encode()
    for secret in (public_pem(private_key(kind)), made.key.public_key.spki):
        tag = hmac.digest(secret, message, hashlib.sha256)
        made.signature.write_text(f"{encoded}..{to_base64url(tag)}")
        _fails(made)


def test_signatures_of_one_kind_of_key_are_none_of_another(sealed: Sealed):
    for kind in ("RSA-2048", "P-384"):
        other = signing_key(sealed.folder, kind)
        sealed.signature.write_text(sign_detached(other, sealed.statement.read_bytes()))
        _fails(sealed)


@pytest.mark.parametrize(
    "spoil",
    [
        lambda text: text.replace("..", "."),
        lambda text: text.replace("..", ".AAAA."),
        lambda text: text + ".AAAA",
        lambda text: text + "=",
        lambda text: text + "==",
        lambda text: text + " ",
        lambda text: text + "\n\n",
        lambda text: "\n" + text,
        lambda text: text.replace("..", "..A"),
        lambda text: text[:-4],
        lambda text: text.replace(".", ".\n", 1),
        lambda text: "",
        lambda text: "..",
        lambda text: "é" + text,
        lambda text: text.split("..")[0] + "..",
        lambda text: text + "A" * 10_000,
    ],
)
def test_a_signature_in_another_form_is_refused(sealed: Sealed, spoil):
    text = sealed.signature.read_text().strip()
    sealed.signature.write_text(spoil(text))
    _fails(sealed)


def test_unused_bits_that_are_set_are_refused(sealed: Sealed):
    text = sealed.signature.read_text().strip()
    # 64 octets end in a character of which two bits are used: the next one decodes alike.
    last = chr(ord(text[-1]) + 1)
    sealed.signature.write_text(text[:-1] + last)
    assert base64.urlsafe_b64decode(text[-86:] + "==") == base64.urlsafe_b64decode(
        text[-86:-1] + last + "=="
    )
    _fails(sealed)


def test_a_der_signature_is_none_of_a_jws(key):
    header = to_base64url(json.dumps(_good(key)).encode())
    raw = key.sign(f"{header}.{to_base64url(PAYLOAD)}".encode())
    encoded = encode_dss_signature(int.from_bytes(raw[:32], "big"), int.from_bytes(raw[32:], "big"))
    with pytest.raises(MalformedSealError, match="not the key's"):
        verify_detached(f"{header}..{to_base64url(encoded)}", PAYLOAD, key.public_key)


def test_a_key_that_does_not_fit_its_public_half_makes_no_seal(tmp_path: Path):
    own, other = (signing_key(tmp_path, "P-256", number) for number in range(2))
    with pytest.raises(SealError, match="does not fit"):
        sign_detached(FileSigningKey(other.public_key, own.private_key), PAYLOAD)


@pytest.fixture
def sealed(tmp_path: Path) -> Sealed:
    return seal(tmp_path)


def _fails(sealed: Sealed) -> None:
    result = check_seal(sealed.statement, TrustedKey(sealed.key.public_key.fingerprint))
    assert result.signature is Signature.INVALID
    assert check_seal(sealed.statement).signature is Signature.INVALID
