"""Keys that may seal, in every form of file, and what becomes of all others."""

from datetime import UTC, datetime
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ed25519, rsa
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
)

from tests.seal.sealed import KINDS, no_secret, private_key, private_pem, public_pem
from tng.errors import InputError, TngError, UsageError
from tng.exit_codes import ExitCode
from tng.seal.errors import MalformedSealError, SealError
from tng.seal.jws import sign_detached, verify_detached
from tng.seal.key_file import load_key_file
from tng.seal.public_key import key_of
from tng.seal.trusted import read_trusted_key

SECRET = "päss word"


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("form", [PrivateFormat.PKCS8, PrivateFormat.TraditionalOpenSSL])
@pytest.mark.parametrize("encoding", [Encoding.PEM, Encoding.DER])
def test_every_usual_form_of_a_key_file_signs(tmp_path: Path, kind, form, encoding):
    file = tmp_path / "key"
    file.write_bytes(private_key(kind).private_bytes(encoding, form, NoEncryption()))
    key = load_key_file(file, no_secret)
    verify_detached(sign_detached(key, b"x"), b"x", key.public_key)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("form", [PrivateFormat.PKCS8, PrivateFormat.TraditionalOpenSSL])
def test_an_encrypted_key_asks_once_and_tells_a_wrong_passphrase(tmp_path: Path, kind, form):
    file = tmp_path / "key.pem"
    file.write_bytes(private_pem(private_key(kind), form, SECRET))
    asked = []

    def right() -> str:
        asked.append(1)
        return SECRET

    assert load_key_file(file, right).public_key == key_of(private_key(kind).public_key())
    assert asked == [1]
    for wrong in ("no", ""):
        with pytest.raises(InputError) as caught:
            load_key_file(file, lambda answer=wrong: answer)
        assert caught.value.exit_code is ExitCode.UNUSABLE


def test_nothing_of_the_key_is_shown(tmp_path: Path):
    file = tmp_path / "key.pem"
    file.write_bytes(private_pem(private_key("P-256")))
    assert "PrivateKey" not in repr(load_key_file(file, no_secret))


@pytest.mark.parametrize(
    "key",
    [
        rsa.generate_private_key(65537, 1024),  # noqa: S505 - too short, which is the point
        rsa.generate_private_key(3, 2048),
        private_key("P-521"),
        ed25519.Ed25519PrivateKey.generate(),
    ],
    ids=["RSA-1024", "exponent 3", "P-521", "Ed25519"],
)
def test_keys_that_may_not_seal_are_refused_with_the_reason(tmp_path: Path, key):
    file = tmp_path / "key.pem"
    file.write_bytes(private_pem(key))
    with pytest.raises(SealError, match=r"cannot seal: its? ") as caught:
        load_key_file(file, no_secret)
    assert "openssl" in caught.value.hint
    with pytest.raises(MalformedSealError):
        key_of(key.public_key())
    file.write_bytes(public_pem(key))
    with pytest.raises(SealError, match="cannot have sealed"):
        read_trusted_key(str(file))


@pytest.mark.parametrize(
    "content",
    [b"", b"text", b"\x30\x03", public_pem(private_key("P-256")), b"x" * 300_000],
    ids=["empty", "text", "cut", "public", "large"],
)
def test_files_without_a_private_key_are_named(tmp_path: Path, content):
    file = tmp_path / "key.pem"
    file.write_bytes(content)
    with pytest.raises(InputError, match=r"key\.pem") as caught:
        load_key_file(file, no_secret)
    assert caught.value.hint


def _certificate(key) -> x509.Certificate:
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "Auditor")])
    return (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(7)
        .not_valid_before(datetime(2020, 1, 1, tzinfo=UTC))
        .not_valid_after(datetime(2021, 1, 1, tzinfo=UTC))
        .sign(private_key("P-256"), hashes.SHA256())
    )


@pytest.mark.parametrize("kind", KINDS)
def test_a_key_is_named_by_file_certificate_or_fingerprint(tmp_path: Path, kind):
    key = private_key(kind)
    expected = key_of(key.public_key()).fingerprint
    forms = [
        public_pem(key),
        key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo),
        _certificate(key).public_bytes(Encoding.PEM),
        _certificate(key).public_bytes(Encoding.DER),
    ]
    if kind.startswith("RSA"):
        forms.append(key.public_key().public_bytes(Encoding.PEM, PublicFormat.PKCS1))
    for number, octets in enumerate(forms):
        file = tmp_path / str(number)
        file.write_bytes(octets)
        assert read_trusted_key(str(file)).fingerprint == expected
    colons = ":".join(expected[i : i + 2] for i in range(0, 64, 2)).upper()
    for text in (f"sha256:{expected}", f"SHA256:{colons}"):
        assert read_trusted_key(text).fingerprint == expected


@pytest.mark.parametrize("text", ["sha256:", "sha256:abc", "sha256:" + "g" * 64, "sha256:é"])
def test_a_fingerprint_that_is_none_is_a_usage_error(text):
    with pytest.raises(UsageError, match="not a fingerprint"):
        read_trusted_key(text)


@pytest.mark.parametrize(
    "content",
    [b"", b"nothing", b"-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n", None],
)
def test_a_file_without_a_public_key_is_named(tmp_path: Path, content):
    file = tmp_path / "auditor.pem"
    if content is not None:
        file.write_bytes(content)
    with pytest.raises(SealError, match=r"auditor\.pem") as caught:
        read_trusted_key(str(file))
    assert caught.value.exit_code is ExitCode.UNUSABLE


def test_the_private_key_is_not_taken_for_checking(tmp_path: Path):
    file = tmp_path / "key.pem"
    file.write_bytes(private_pem(private_key("P-256")))
    with pytest.raises(TngError, match="private key") as caught:
        read_trusted_key(str(file))
    assert "-pubout" in caught.value.hint
