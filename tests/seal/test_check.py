"""Whatever is changed after sealing is found, and nothing that was not sealed passes."""

import json
import os
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.seal.sealed import KINDS, Sealed, seal, signing_key
from tng.seal.check import check_seal
from tng.seal.errors import SealError
from tng.seal.result import FileState, Signature
from tng.seal.trusted import TrustedKey


@pytest.fixture
def sealed(tmp_path: Path) -> Sealed:
    return seal(tmp_path)


def _trusted(sealed: Sealed) -> TrustedKey:
    return TrustedKey(sealed.key.public_key.fingerprint)


def _flip(path: Path, offset: int) -> None:
    octets = bytearray(path.read_bytes())
    octets[offset] ^= 1
    path.write_bytes(octets)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("named", ["report", "page", "statement", "signature"])
def test_what_was_sealed_holds_whichever_of_its_files_is_named(tmp_path: Path, kind, named):
    made = seal(tmp_path, kind)
    result = check_seal(getattr(made, named), _trusted(made))
    assert result.holds
    states = [item.state for item in result.files]
    assert states == [FileState.UNCHANGED] * 4 + [FileState.NOT_CHECKED]


@pytest.mark.parametrize("name", ["report", "page", "source", "order"])
@pytest.mark.parametrize("offset", [0, 100, -1])
def test_a_changed_byte_in_a_file_is_found_and_named(sealed: Sealed, name, offset):
    _flip(getattr(sealed, name), offset)
    result = check_seal(sealed.report, _trusted(sealed))
    assert not result.holds
    assert [Path(item.path).name for item in result.wrong] == [getattr(sealed, name).name]
    assert result.wrong[0].state is FileState.CHANGED


@pytest.mark.parametrize("name", ["report", "page", "source"])
@pytest.mark.parametrize("content", [b"", b"more"])
def test_a_cut_or_longer_file_is_found(sealed: Sealed, name, content):
    path = getattr(sealed, name)
    path.write_bytes(path.read_bytes() + content if content else path.read_bytes()[:-1])
    assert not check_seal(sealed.report, _trusted(sealed)).holds


def test_every_changed_byte_of_the_statement_is_found(sealed: Sealed):
    # With the key of the statement as the trusted one, so that the signature has to find it.
    for offset in range(sealed.statement.stat().st_size):
        _flip(sealed.statement, offset)
        result = check_seal(sealed.statement, _trusted(sealed))
        assert not result.holds, offset
        assert result.signature in (Signature.INVALID, Signature.OTHER_KEY)
        assert result.files == ()
        _flip(sealed.statement, offset)
    assert check_seal(sealed.statement, _trusted(sealed)).holds


@pytest.mark.parametrize("kind", KINDS)
def test_every_changed_byte_of_the_signature_file_is_found(tmp_path: Path, kind):
    made = seal(tmp_path, kind)
    for offset in range(made.signature.stat().st_size):
        _flip(made.signature, offset)
        assert not check_seal(made.statement, _trusted(made)).holds, offset
        _flip(made.signature, offset)


def test_white_space_added_to_the_statement_is_a_change(sealed: Sealed):
    sealed.statement.write_bytes(sealed.statement.read_bytes() + b"\n")
    assert check_seal(sealed.statement, _trusted(sealed)).signature is Signature.INVALID


def test_a_seal_by_another_key_does_not_hold_for_the_one_that_was_named(sealed: Sealed):
    trusted = _trusted(sealed)
    other = signing_key(sealed.folder, "P-256", 1)
    members = sealed.members
    members["key"] = {
        "algorithm": "ES256",
        "sha256": other.public_key.fingerprint,
        "jwk": dict(other.public_key.jwk),
    }
    sealed.sign_again(json.dumps(members).encode(), other)
    assert check_seal(sealed.report, trusted).signature is Signature.OTHER_KEY
    # Without a key to hold it to, it only fits itself: that is told apart from holding.
    untrusted = check_seal(sealed.report)
    assert untrusted.signature is Signature.UNTRUSTED
    assert untrusted.wrong == ()
    assert not untrusted.holds


def test_a_statement_that_names_the_trusted_key_but_is_signed_by_another(sealed: Sealed):
    octets = sealed.statement.read_bytes()
    sealed.sign_again(octets, signing_key(sealed.folder, "P-256", 1))
    assert check_seal(sealed.report, _trusted(sealed)).signature is Signature.INVALID


def test_missing_outputs_fail_and_missing_inputs_are_told(sealed: Sealed):
    sealed.source.unlink()
    result = check_seal(sealed.report, _trusted(sealed))
    assert result.holds
    assert [i.path for i in result.files if i.state is FileState.MISSING] == [str(sealed.source)]
    sealed.page.unlink()
    assert not check_seal(sealed.report, _trusted(sealed)).holds


def test_a_folder_of_inputs_that_is_not_there_is_no_reason_to_find_them_missing(sealed: Sealed):
    for folder in (sealed.folder / "none", sealed.source):
        with pytest.raises(SealError, match="no folder"):
            check_seal(sealed.report, _trusted(sealed), folder)


def _replaced(folder: Path, make: Callable[[Path], object]) -> None:
    path = folder / "audit.html"
    path.unlink()
    make(path)


def _huge(path: Path) -> None:
    with path.open("wb") as stream:
        stream.truncate(2**40)


@pytest.mark.parametrize(
    "make",
    [
        os.mkfifo,
        os.mkdir,
        _huge,
        lambda path: path.symlink_to("/dev/zero"),
        lambda path: path.symlink_to(path.name),
        lambda path: path.symlink_to("/etc/hostname"),
    ],
    ids=["pipe", "folder", "huge", "device", "loop", "elsewhere"],
)
def test_what_took_the_place_of_a_file_is_a_change_and_is_never_waited_for(sealed: Sealed, make):
    _replaced(sealed.folder, make)
    result = check_seal(sealed.report, _trusted(sealed))
    assert [item.path for item in result.wrong] == ["audit.html"]


@pytest.mark.parametrize("name", ["statement", "signature"])
@pytest.mark.parametrize("make", [os.mkfifo, os.mkdir, _huge, None])
def test_a_seal_that_cannot_be_read_ends_the_check(sealed: Sealed, name, make):
    path: Path = getattr(sealed, name)
    path.unlink()
    if make is not None:
        make(path)
    with pytest.raises(SealError, match="no seal to check") as caught:
        check_seal(sealed.report, _trusted(sealed))
    assert "audit.seal.json" in caught.value.hint


def test_a_file_beside_that_was_not_sealed_is_not_vouched_for(sealed: Sealed):
    (sealed.folder / "audit.xlsx").write_bytes(b"made later")
    with pytest.raises(SealError, match=r"audit\.xlsx is not among what"):
        check_seal(sealed.folder / "audit.xlsx", _trusted(sealed))


@pytest.mark.parametrize("name", ["", ".", "/"])
def test_what_can_have_no_seal_is_said(name):
    with pytest.raises(SealError):
        check_seal(Path(name))


def test_nothing_is_read_on_the_word_of_a_statement_that_does_not_verify(sealed: Sealed):
    members = sealed.members
    members["inputs"][0]["path"] = "/dev/zero"
    sealed.statement.write_text(json.dumps(members))
    result = check_seal(sealed.report, _trusted(sealed))
    assert (result.signature, result.files) == (Signature.INVALID, ())
