"""What is found wrong with certificate and key before any connection."""

import re
import ssl
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
)

from tests.sandbox.dps.devices import make_chip
from tng.device.identity import client_context, load_identity
from tng.errors import ConfigurationError, InputError
from tng.testing.parts import MAH22
from tng.x509.pem import to_pem

NOW = datetime(2026, 11, 21, tzinfo=UTC)
SECRET = "correct horse"


@dataclass
class Files:
    certificate: Path
    key: Path
    private: object

    def load(self, registration_id=None, now=NOW, passphrase=lambda: pytest.fail("asked")):
        return load_identity(
            self.certificate, self.key,
            passphrase=passphrase, registration_id=registration_id, now=now,
        )  # fmt: skip

    def refusal(self, **more):
        with pytest.raises(InputError) as refused:
            self.load(**more)
        assert refused.value.hint
        return refused.value.message

    def write_key(self, encoding=Encoding.PEM, form=PrivateFormat.PKCS8, secret=None):
        encryption = BestAvailableEncryption(secret.encode()) if secret else NoEncryption()
        self.key.write_bytes(self.private.private_bytes(encoding, form, encryption))


def make_files(folder, common_name="sn0123", private=None):
    """A self-signed certificate of 2020 to 2030 and its key."""
    private = private or ec.generate_private_key(ec.SECP256R1())
    attributes = [(x509.NameOID.ORGANIZATION_NAME, "tng")]
    if common_name:
        attributes.append((x509.NameOID.COMMON_NAME, common_name))
    name = x509.Name([x509.NameAttribute(*attribute) for attribute in attributes])
    algorithm = None if isinstance(private, ed25519.Ed25519PrivateKey) else hashes.SHA256()
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .serial_number(1)
        .not_valid_before(datetime(2020, 1, 1, tzinfo=UTC))
        .not_valid_after(datetime(2030, 1, 1, tzinfo=UTC))
        .public_key(private.public_key())
        .sign(private, algorithm)
    )
    files = Files(folder / "device.pem", folder / "device.key", private)
    files.certificate.write_bytes(certificate.public_bytes(Encoding.PEM))
    files.write_key()
    return files


@pytest.fixture
def files(tmp_path):
    return make_files(tmp_path)


def test_the_registration_id_is_the_common_name_in_lower_case(tmp_path):
    identity = make_files(tmp_path, "SN01.a_b:C-").load()
    assert identity.registration_id == "sn01.a_b:c-"
    assert identity.warnings == ()


def test_the_key_is_never_shown(files):
    assert "PrivateKey" not in repr(files.load())


@pytest.mark.parametrize("form", [PrivateFormat.PKCS8, PrivateFormat.TraditionalOpenSSL])
@pytest.mark.parametrize("encoding", [Encoding.PEM, Encoding.DER])
def test_keys_in_every_form(files, form, encoding):
    files.write_key(encoding, form)
    assert files.load().registration_id == "sn0123"


@pytest.mark.parametrize("form", [PrivateFormat.PKCS8, PrivateFormat.TraditionalOpenSSL])
def test_encrypted_keys_are_opened_with_the_passphrase(files, form):
    files.write_key(form=form, secret=SECRET)
    assert files.load(passphrase=lambda: SECRET).registration_id == "sn0123"
    refusal = files.refusal(passphrase=lambda: "wrong passphrase")
    assert "cannot be decrypted" in refusal
    assert "wrong passphrase" not in refusal


def test_an_encrypted_der_key_is_opened_too(files):
    files.write_key(Encoding.DER, secret=SECRET)
    assert files.load(passphrase=lambda: SECRET).registration_id == "sn0123"


@pytest.mark.parametrize(
    "private",
    [
        ec.generate_private_key(ec.SECP384R1()),
        rsa.generate_private_key(65537, 2048),
        ed25519.Ed25519PrivateKey.generate(),
    ],
    ids=["P-384", "RSA", "Ed25519"],
)
def test_other_kinds_of_keys(tmp_path, private):
    identity = make_files(tmp_path, private=private).load()
    assert isinstance(client_context(identity, None), ssl.SSLContext)


def test_key_and_certificate_in_one_file_with_parameters(files):
    both = (
        b"-----BEGIN EC PARAMETERS-----\nBggqhkjOPQMBBw==\n-----END EC PARAMETERS-----\n"
        + files.certificate.read_bytes()
        + files.key.read_bytes()
    )
    files.certificate.write_bytes(both)
    files.key.write_bytes(both)
    assert files.load().registration_id == "sn0123"


def test_a_certificate_as_der(files):
    files.certificate.write_bytes(ssl.PEM_cert_to_DER_cert(files.certificate.read_text()))
    assert files.load().registration_id == "sn0123"


def test_of_a_chain_the_first_counts_and_that_is_said(tmp_path, files):
    (tmp_path / "other").mkdir()
    other = make_files(tmp_path / "other", "issuer")
    files.certificate.write_text(files.certificate.read_text() + other.certificate.read_text())
    identity = files.load()
    assert identity.registration_id == "sn0123"
    assert "first of 2" in identity.warnings[0]


def test_a_key_of_another_certificate(tmp_path, files):
    (tmp_path / "other").mkdir()
    files.key = make_files(tmp_path / "other").key
    assert "is not the key of" in files.refusal()


def test_no_common_name(tmp_path):
    assert "no common name" in make_files(tmp_path, common_name=None).refusal()


def test_an_old_chip_whose_name_has_a_space(tmp_path):
    chip = make_chip(tmp_path, 1, MAH22)
    files = Files(chip.certificate_file, chip.key_file, None)
    assert "has a space" in files.refusal()


@pytest.mark.parametrize("name", ["a/b", "sn01.", "é", "a_", "a\nb"])
def test_a_common_name_that_is_no_registration_id(tmp_path, name):
    refusal = make_files(tmp_path, name).refusal()
    assert re.search(r"common name '.*' (has|ends with) '.*', expected", refusal)


def test_another_registration_id_than_the_common_name(files):
    assert files.load(registration_id="SN0123").registration_id == "sn0123"
    assert "is not the certificate's common name 'sn0123'" in files.refusal(registration_id="sn9")


def test_expired_and_not_yet_valid_are_warned_of(files):
    (late,) = files.load(now=datetime(2031, 1, 1, tzinfo=UTC)).warnings
    (early,) = files.load(now=datetime(2019, 1, 1, tzinfo=UTC)).warnings
    assert "expired on 2030-01-01" in late
    assert "not valid before 2020-01-01" in early


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"nonsense",
        b"-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n",
        b"-----BEGIN TSS2 PRIVATE KEY-----\nAAAA\n-----END TSS2 PRIVATE KEY-----\n",
        b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n",
        b"-----BEGIN PRIVATE KEY-----" * 9000,
        b"\x30\x82",
    ],
    ids=["empty", "text", "bad", "hardware", "certificate", "never ending", "bad DER"],
)
def test_what_is_no_key(files, content):
    files.key.write_bytes(content)
    assert "private key" in files.refusal()


@pytest.mark.parametrize("content", [b"", b"nonsense", b"\x30\x03\x02\x01\x01"])
def test_what_is_no_certificate(files, content):
    files.certificate.write_bytes(content)
    assert "no certificate that can be read" in files.refusal()


def test_files_that_are_missing_or_huge(files):
    files.key.write_bytes(b"x" * 300_000)
    assert "larger than any" in files.refusal()
    files.key.unlink()
    assert "cannot be read" in files.refusal()


def test_a_ca_file_that_is_none(files, tmp_path):
    identity = files.load()
    for path in (tmp_path / "absent.pem", files.key):
        with pytest.raises(ConfigurationError, match="cannot be used as CA"):
            client_context(identity, path)


def test_genuine_looking_chips_are_taken(tmp_path):
    chip = make_chip(tmp_path, 2)
    chip.certificate_file.write_text(to_pem(chip.certificate))
    identity = Files(chip.certificate_file, chip.key_file, None).load()
    assert identity.registration_id == chip.registration_id
    assert client_context(identity, None).minimum_version is ssl.TLSVersion.TLSv1_2
