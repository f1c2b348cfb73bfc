"""What a token answers, in words that say what to do."""

import pytest

from tests.softhsm import LABEL, PIN, token
from tng.pkcs11.errors import TokenError
from tng.pkcs11.failures import token_failures
from tng.pkcs11.key import open_token_key
from tng.pkcs11.uri import make_uri


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        ("PinLocked", "token is locked"),
        ("PinExpired", "expired"),
        ("TokenNotPresent", "not there"),
        ("DeviceRemoved", "removed"),
        ("GeneralError", "GeneralError"),
    ],
)
def test_a_return_code_becomes_an_error_with_a_hint(answer, words):
    exceptions = pytest.importorskip("pkcs11.exceptions", reason="python-pkcs11 is not installed")
    with pytest.raises(TokenError, match=words) as caught, token_failures("token Line"):
        raise getattr(exceptions, answer)
    assert caught.value.message.startswith("token Line: ")
    assert caught.value.hint


def test_who_mistypes_a_label_is_told_the_others():
    with pytest.raises(TokenError, match="no private key fits the label 'p265'") as caught:
        open_token_key(make_uri(token().module, LABEL, "p265"), PIN)
    assert "p256, p384" in caught.value.hint
    assert "--key" in caught.value.hint


def test_a_module_that_finds_no_configuration_leads_to_it():
    exceptions = pytest.importorskip("pkcs11.exceptions", reason="python-pkcs11 is not installed")
    with pytest.raises(TokenError) as caught, token_failures("module"):
        raise exceptions.GeneralError
    assert "SOFTHSM2_CONF" in caught.value.hint
