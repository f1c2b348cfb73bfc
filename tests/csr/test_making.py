"""Requests whose keys stay in a real token (SoftHSM2), judged by openssl as well."""

import shutil
import subprocess
from dataclasses import dataclass

import pytest
from cryptography.x509 import Name

from tests.csr.asking import key as private_key
from tests.csr.asking import spki_of
from tests.softhsm import LABEL, PIN, token
from tng.csr.errors import RequestError
from tng.csr.making import make_request
from tng.csr.model import RequestedDevice
from tng.csr.reading import read_request
from tng.models import Source
from tng.pkcs11.key import open_token_key
from tng.pkcs11.uri import make_uri

SUBJECT = Name.from_rfc4514_string("CN=sn0123A1B2C3D4E5F6EE,O=Ex\\, ample,C=DE")


def token_key(label: str):
    return open_token_key(make_uri(token().module, LABEL, label), PIN)


@pytest.mark.parametrize(
    ("label", "kind"), [("p256", "P-256"), ("p384", "P-384"), ("rsa", "RSA-2048")]
)
def test_a_request_is_of_the_tokens_key_and_proves_it(label, kind):
    key = token_key(label)
    request = make_request(key, SUBJECT)
    assert (request.key_type, request.spki) == (kind, key.spki)
    assert request.subject == "CN=sn0123A1B2C3D4E5F6EE,O=Ex\\, ample,C=DE"
    found = read_request(request.pem.encode(), Source("x"))
    assert isinstance(found, RequestedDevice)
    assert found.record.device_id == "0123a1b2c3d4e5f6ee"


@pytest.mark.skipif(not shutil.which("openssl"), reason="openssl is not installed")
@pytest.mark.parametrize("label", ["p256", "p384", "rsa"])
def test_openssl_verifies_it_too(label, tmp_path):
    file = tmp_path / "made.csr"
    file.write_text(make_request(token_key(label), SUBJECT).pem)
    done = subprocess.run(
        ["openssl", "req", "-verify", "-noout", "-subject", "-in", file],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert "verify OK" in done.stdout + done.stderr
    assert "sn0123A1B2C3D4E5F6EE" in done.stdout


def test_the_place_of_a_key_is_what_the_token_says():
    place = token_key("p256").place
    assert (place.token, place.label) == (LABEL, "p256")
    assert place.serial == place.serial.strip() != ""


@dataclass(frozen=True)
class OddKey:
    """A key whose halves do not belong together, or that signs nonsense."""

    spki: bytes
    signature: bytes

    def sign(self, message: bytes) -> bytes:
        assert message.startswith(b"\x30")
        return self.signature


@pytest.mark.parametrize(
    ("spki", "signature"),
    [
        (spki_of(private_key()), bytes(range(1, 65))),
        (spki_of(private_key()), bytes(64)),
        (spki_of(private_key()), b""),
        (spki_of(private_key("RSA-2048")), bytes(256)),
        (spki_of(private_key("RSA-1024")), bytes(128)),
    ],
)
def test_a_request_that_does_not_prove_itself_is_never_given_out(spki, signature):
    with pytest.raises(RequestError, match="not usable") as caught:
        make_request(OddKey(spki, signature), SUBJECT)
    assert caught.value.hint
