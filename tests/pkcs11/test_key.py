"""Keys in a real token (SoftHSM2): found, used, and every failure said with a way on."""

import subprocess
import sys

import pytest

from tests.softhsm import LABEL, PIN, token
from tng.exit_codes import ExitCode
from tng.pkcs11.errors import TokenError
from tng.pkcs11.key import open_key

_LABEL = LABEL.replace(" ", "%20")


def _uri(**attributes: str) -> str:
    return token().uri(**({"token": _LABEL} | attributes))


def test_a_key_is_found_by_its_id_as_by_its_label():
    by_id = open_key(_uri(id="%01%00"), lambda: PIN)
    assert by_id.spki == open_key(_uri(object="p256"), lambda: PIN).spki
    assert by_id.spki != open_key(_uri(object="p384"), lambda: PIN).spki


def test_two_keys_of_one_label_are_told_apart_by_their_ids():
    with pytest.raises(TokenError, match="2 private keys fit"):
        open_key(_uri(object="twin"), lambda: PIN)
    first, second = (
        open_key(_uri(object="twin", id=id_), lambda: PIN) for id_ in ("%01%04", "%01%05")
    )
    assert first.spki != second.spki  # fmt: skip


def test_a_key_signs_again_and_again():
    key = open_key(_uri(object="p256"), lambda: PIN)
    assert len({len(key.sign(b"message")) for _ in range(5)} | {64}) == 1


@pytest.mark.parametrize(
    ("attributes", "problem"),
    [
        ({"object": "none"}, "no private key fits"),
        ({"id": "%00"}, "no private key fits"),
        ({"object": "private%20alone"}, "not its public one"),
        ({"object": "decrypts"}, "may not sign"),
        ({"object": "p521"}, "of a kind that does not sign"),
        ({"token": "Nope", "object": "p256"}, "no token fits"),
        ({"token": "Twins", "object": "p256"}, "2 tokens fit"),
        ({"serial": "0000", "object": "p256"}, "no token fits"),
        ({"manufacturer": "Nobody", "object": "p256"}, "no token fits"),
    ],
)
def test_what_does_not_lead_to_one_key_is_said(attributes, problem):
    with pytest.raises(TokenError, match=problem) as caught:
        open_key(_uri(**attributes), lambda: PIN)
    assert caught.value.hint
    assert caught.value.exit_code is ExitCode.UNUSABLE


@pytest.mark.parametrize("pin", ["wrong-pin", "", "x" * 300, "0"])
def test_a_wrong_pin_is_said_and_not_repeated(pin):
    with pytest.raises(TokenError, match="refuses the PIN") as caught:
        open_key(_uri(object="p256"), lambda: pin)
    assert "wrong-pin" not in f"{caught.value.message} {caught.value.hint}"
    # The token still takes the right one.
    assert open_key(_uri(object="p256"), lambda: PIN)


@pytest.mark.parametrize("module", ["/etc/passwd", sys.executable])
def test_a_file_that_is_no_module_is_said(module):
    token()
    with pytest.raises(TokenError, match="module"):
        open_key(f"pkcs11:object=a?module-path={module}", lambda: PIN)


def test_without_the_extra_the_package_to_install_is_named():
    program = (
        "import sys; sys.modules['pkcs11'] = None\n"
        "from tng.errors import TngError\n"
        "from tng.seal.token_key import load_token_key\n"
        "try:\n    load_token_key('pkcs11:object=a?module-path=/etc/passwd', str)\n"
        "except TngError as error:\n    print(error.message, error.hint, int(error.exit_code))\n"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, check=True)
    assert b"python-pkcs11" in done.stdout
    assert b"tng[pkcs11]" in done.stdout
    assert done.stdout.strip().endswith(b"3")
