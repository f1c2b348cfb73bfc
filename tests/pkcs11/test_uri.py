"""PKCS#11 URIs: what RFC 7512 allows is read, and what is not understood is refused."""

from pathlib import Path

import pytest

from tng.exit_codes import ExitCode
from tng.pkcs11.errors import TokenError
from tng.pkcs11.module import module_file, pin_of
from tng.pkcs11.uri import is_uri, read_uri


def _no_pin() -> str:
    raise AssertionError("no PIN should have been asked for")


def test_every_attribute_is_read_and_decoded():
    uri = read_uri(
        "pkcs11:token=The%20Software%20PKCS%2311;manufacturer=Snake%20Oil;serial=0a1b;model=x"
        ";object=my-%c3%a4;id=%01%ff%00;type=private"
        "?module-path=/usr/lib/p.so&pin-source=file:/etc/pin"
    )
    assert uri.token == "The Software PKCS#11"
    assert (uri.manufacturer, uri.serial, uri.model) == ("Snake Oil", "0a1b", "x")
    assert (uri.object, uri.id) == ("my-ä", b"\x01\xff\x00")
    assert (uri.module_path, uri.module_name, uri.pin_source) == (
        "/usr/lib/p.so",
        None,
        "file:/etc/pin",
    )


def test_what_is_not_demanded_is_none():
    uri = read_uri("PKCS11:")
    assert (uri.token, uri.object, uri.id, uri.module_path) == (None,) * 4
    assert is_uri("Pkcs11:token=x")
    assert not is_uri("pkcs11.pem")


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("pkcs11:object=a?pin-value=1234", "pin-value"),
        ("pkcs11:pin-value=1234", "pin-value"),
        ("pkcs11:object=a;object=b", "object twice"),
        ("pkcs11:slot-id=1", "'slot-id' that is not known"),
        ("pkcs11:x-vendor=1", "not known"),
        ("pkcs11:object", "not known"),
        ("pkcs11:object=%", "without two digits"),
        ("pkcs11:object=%1", "without two digits"),
        ("pkcs11:object=%zz", "without two digits"),
        ("pkcs11:object=%ff", "not UTF-8"),
        ("pkcs11:object=a%00b", "zero byte"),
        ("pkcs11:type=cert", "only a private key signs"),
        ("pkcs11:type=secret-key", "only a private key signs"),
        ("pkcs11:?module-path=/a&module-name=b", "module twice"),
        ("pkcs11:?module-path=/a&module-path=/b", "twice"),
        ("pkcs11:object=é", "not a PKCS#11 URI"),
        ("pkcs11:object=a\nb", "not a PKCS#11 URI"),
        ("pkcs11:object=" + "a" * 5000, "not a PKCS#11 URI"),
        ("https://example.org", "not a PKCS#11 URI"),
    ],
)
def test_what_is_wrong_is_named(text, problem):
    with pytest.raises(TokenError, match=problem) as caught:
        read_uri(text)
    assert caught.value.hint
    assert caught.value.exit_code is ExitCode.UNUSABLE
    assert "1234" not in caught.value.message


def test_a_module_is_found_by_its_name_without_affixes(tmp_path: Path):
    (tmp_path / "softhsm").mkdir()
    file = tmp_path / "softhsm" / "libsome2.so"
    file.touch()
    assert module_file(read_uri("pkcs11:?module-name=some2"), [str(tmp_path)]) == file


@pytest.mark.parametrize("query", ["", "?module-name=none-such", "?module-name=../etc/passwd",
                                   "?module-name=%2fetc%2fpasswd", "?module-path=relative.so",
                                   "?module-path=/no/such.so", "?module-path=/etc"])  # fmt: skip
def test_a_module_that_is_not_there_is_said(tmp_path: Path, query):
    with pytest.raises(TokenError) as caught:
        module_file(read_uri(f"pkcs11:object=a{query}"), [str(tmp_path)])
    assert "--pkcs11" in caught.value.hint
    assert "module-path=" in caught.value.hint


@pytest.mark.parametrize("form", ["{}", "file:{}", "file://{}", "FILE:{}"])
@pytest.mark.parametrize("content", ["4711", "4711\n", "4711\r\n"])
def test_a_pin_comes_from_the_file_of_the_uri(tmp_path: Path, form, content):
    file = tmp_path / "the pin"
    file.write_text(content, newline="")
    source = form.format(str(file).replace(" ", "%2520" if "ile" in form.lower() else "%20"))
    assert pin_of(read_uri(f"pkcs11:?pin-source={source}"), _no_pin) == "4711"


def test_without_a_file_the_pin_is_asked_for():
    assert pin_of(read_uri("pkcs11:"), lambda: "1") == "1"


@pytest.mark.parametrize("content", [b"", b"\n", b"1\n2\n", b"\xff", b"1" * 5000, None])
def test_a_file_without_a_pin_is_said_and_not_repeated(tmp_path: Path, content):
    file = tmp_path / "pin"
    if content is not None:
        file.write_bytes(content)
    with pytest.raises(TokenError, match="PIN") as caught:
        pin_of(read_uri(f"pkcs11:?pin-source=file:{file}"), _no_pin)
    assert "1111" not in caught.value.message


def test_a_program_is_not_run_for_the_pin():
    with pytest.raises(TokenError, match="program"):
        pin_of(read_uri("pkcs11:?pin-source=|touch%20/tmp/x"), _no_pin)
