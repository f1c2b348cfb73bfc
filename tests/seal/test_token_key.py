"""Seals made by a real token hold, and are verified by a library that knows no token."""

from pathlib import Path

import jwt
import pytest

from tests.seal.sealed import MAKING
from tests.softhsm import LABEL, PIN, token
from tng.pkcs11.errors import TokenError
from tng.seal.check import check_seal
from tng.seal.encoding import to_base64url
from tng.seal.making import make_seal, seal_files
from tng.seal.token_key import load_token_key
from tng.seal.trusted import TrustedKey

_LABEL = LABEL.replace(" ", "%20")


@pytest.mark.parametrize(
    ("name", "algorithm"),
    [("p256", "ES256"), ("p384", "ES384"), ("rsa", "RS256"), ("rsa%20private%20alone", "RS256")],
)
def test_a_seal_by_a_token_holds(tmp_path: Path, name, algorithm):
    key = load_token_key(token().uri(token=_LABEL, object=name), lambda: PIN)
    assert key.public_key.algorithm == algorithm
    assert PIN not in repr(key)
    report = tmp_path / "audit.json"
    report.write_bytes(b"{}")
    made = make_seal(key, MAKING, [], [report], report)
    files = seal_files(report)
    files.statement.write_bytes(made.statement)
    files.signature.write_bytes(made.signature)
    assert check_seal(report, TrustedKey(key.public_key.fingerprint)).holds
    public = jwt.PyJWK(dict(key.public_key.jwk), algorithm)
    whole = made.signature.decode().strip().replace("..", f".{to_base64url(made.statement)}.")
    assert jwt.PyJWS().decode(whole, public, algorithms=[algorithm]) == made.statement


def test_a_curve_that_may_not_seal_is_refused():
    with pytest.raises(TokenError, match="of a kind that does not sign"):
        load_token_key(token().uri(token=_LABEL, object="p521"), lambda: PIN)
