"""URIs made of a module and labels, which nobody has to escape."""

from pathlib import Path

import pytest

from tng.pkcs11.errors import TokenError
from tng.pkcs11.uri import make_uri, read_uri


def test_a_path_and_labels_make_the_uri_that_says_the_same():
    uri = make_uri("/opt/my modules/lib.so", "Line 1;x=?&%", "key/ä")
    assert (uri.token, uri.object) == ("Line 1;x=?&%", "key/ä")
    assert uri.module_path == "/opt/my modules/lib.so"
    assert read_uri(uri.text) == uri


@pytest.mark.parametrize("name", ["softhsm2", "libsofthsm2.so", "libsofthsm2.dylib"])
def test_a_word_without_a_slash_is_a_module_name(name):
    uri = make_uri(name, None, None)
    assert (uri.module_name, uri.module_path) == ("softhsm2", None)


def test_a_path_is_meant_from_where_one_stands(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.chdir(tmp_path)
    assert make_uri("./lib.so", None, None).module_path == str(tmp_path / "lib.so")


def test_labels_add_to_a_whole_uri():
    uri = make_uri("pkcs11:token=A?module-name=softhsm2", "A", "key one")
    assert uri.text == "pkcs11:token=A;object=key%20one?module-name=softhsm2"
    assert read_uri(uri.text) == uri


@pytest.mark.parametrize(
    ("given", "problem"),
    [
        (("pkcs11:token=A", "B", None), "besides"),
        (("pkcs11:object=A", None, "B"), "besides"),
        (("pkcs11:pin-value=1", None, None), "pin-value"),
        (("softhsm2", "", None), "no name of a token"),
        (("softhsm2", "a\0b", None), "no name of a token"),
        (("softhsm2", None, "\udcff"), "not UTF-8"),
        (("\udcff", None, None), "not UTF-8"),
        (("", None, None), "no name of a module"),
        (("softhsm2", "x" * 2000, None), "no name of a token"),
        (("/" + "x/" * 3000, None, None), "no name of a module"),
    ],
)
def test_what_names_nothing_is_refused_with_a_hint(given, problem):
    with pytest.raises(TokenError, match=problem) as caught:
        make_uri(*given)
    assert caught.value.hint
