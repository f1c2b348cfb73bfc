"""Statements are read in one way only, whoever signed them."""

import json
from pathlib import Path

import jsonschema
import pytest

from tests.audit.sample import sample_audit
from tests.seal.sealed import KINDS, MAKING, Sealed, audit_input, seal, signing_key
from tng.audit.models import AuditInput, InputRole
from tng.cli.audit_outputs import Destination, write_reports
from tng.errors import UsageError
from tng.report.audit.registry import AuditForm
from tng.seal.check import check_seal, find_seal
from tng.seal.errors import MalformedSealError, SealError
from tng.seal.files import digest_of
from tng.seal.making import make_seal, require_sealable, seal_files
from tng.seal.result import Signature
from tng.seal.schema import seal_schema
from tng.seal.statement import read_statement, statement_bytes
from tng.seal.trusted import TrustedKey


@pytest.fixture
def sealed(tmp_path: Path) -> Sealed:
    return seal(tmp_path)


@pytest.mark.parametrize("kind", KINDS)
def test_a_statement_validates_and_is_read_as_it_was_written(tmp_path: Path, kind):
    octets = seal(tmp_path, kind).statement.read_bytes()
    jsonschema.Draft202012Validator(seal_schema()).validate(json.loads(octets))
    assert statement_bytes(read_statement(octets)) == octets


def test_the_same_files_give_the_same_statement(sealed: Sealed):
    inputs = [audit_input(InputRole.SOURCE, sealed.source)]
    first, second = (
        make_seal(sealed.key, MAKING, inputs, [sealed.report], sealed.report) for _ in range(2)
    )
    assert first.statement == second.statement


@pytest.mark.parametrize(
    "text", ["\x1b[2J", "\x7f", "\u202egnp", "\udcff", "Grüße \U0001f600", '"\\']
)
def test_names_of_strangers_are_inert_and_come_back(sealed: Sealed, text):
    inputs = [AuditInput(InputRole.SOURCE, f"reel{text}.json", "0" * 64, "microchip", 1)]
    made = make_seal(sealed.key, MAKING, inputs, [sealed.report], sealed.report)
    assert made.statement.isascii()
    assert not set(made.statement) & ({*range(32), 127} - {10})
    path = read_statement(made.statement).inputs[0].path
    assert path == f"reel{text}.json".encode("utf-8", "backslashreplace").decode()


_NAMES = ("../audit.html", "/etc/passwd", "a/b", "..", ".", "", "a\0b", "a\\b", "./audit.html")


@pytest.mark.parametrize("name", _NAMES)
@pytest.mark.parametrize("place", ["report", "output"])
def test_a_name_that_leads_elsewhere_is_refused_even_if_it_is_signed(sealed: Sealed, name, place):
    members = sealed.members
    (members["report"] if place == "report" else members["outputs"][0])["name"] = name
    sealed.sign_again(json.dumps(members).encode())
    result = check_seal(sealed.statement, TrustedKey(sealed.key.public_key.fingerprint))
    assert result.signature is Signature.INVALID
    assert "plain name" in result.problem


def _without(name: str):
    return lambda members: members.pop(name)


def _with(*path, value):
    def change(members):
        for step in path[:-1]:
            members = members[step]
        members[path[-1]] = value

    return change


_CHANGES = {
    **{f"no {name}": _without(name) for name in ("schema", "report", "inputs", "key", "tool")},
    "another schema": _with("schema", value="tng.seal/2"),
    "another tool": _with("tool", value="other"),
    "unknown member": _with("surprise", value=1),
    "negative size": _with("report", "size", value=-1),
    "size as text": _with("report", "size", value="1"),
    "size as boolean": _with("report", "size", value=True),
    "size as fraction": _with("report", "size", value=1.5),
    "name as number": _with("report", "name", value=7),
    "upper-case hash": _with("report", "sha256", value="A" * 64),
    "hash with a line end": _with("report", "sha256", value="a" * 64 + "\n"),
    "no hash of an output": _with("outputs", 0, "sha256", value=None),
    "outputs as object": _with("outputs", value={}),
    "inputs of numbers": _with("inputs", value=[1]),
    "version as list": _with("version", value=[]),
    "key of nothing": _with("key", value={}),
    "another algorithm": _with("key", "algorithm", value="RS256"),
    "no algorithm": _with("key", "algorithm", value="none"),
    "another fingerprint": _with("key", "sha256", value="0" * 64),
    "secret key": _with("key", "jwk", value={"kty": "oct", "k": "AAAA"}),
    "private member": _with("key", "jwk", "d", value="AAAA"),
    "point off the curve": _with("key", "jwk", "x", value="A" * 43),
    "padded coordinate": _with("key", "jwk", "x", value="A" * 43 + "="),
    "endless coordinate": _with("key", "jwk", "x", value="A" * 100_000),
    "another curve": _with("key", "jwk", "crv", value="P-521"),
    "small RSA": _with("key", "jwk", value={"kty": "RSA", "n": "_" * 43, "e": "AQAB"}),
}


@pytest.mark.parametrize("change", _CHANGES.values(), ids=_CHANGES.keys())
def test_what_no_seal_says_is_refused(sealed: Sealed, change):
    members = sealed.members
    change(members)
    with pytest.raises(MalformedSealError):
        read_statement(json.dumps(members).encode())


@pytest.mark.parametrize(
    "octets",
    [
        b"",
        b"\xff\xfe",
        b"[]",
        b"[" * 100_000,
        b'{"a":' * 100_000,
        b'{"schema": "tng.seal/1", "schema": "tng.seal/1"}',
        b'{"schema": NaN}',
        b'{"size": ' + b"9" * 10_000 + b"}",
        b"\xef\xbb\xbf{}",
    ],
    ids=["empty", "binary", "list", "deep list", "deep", "repeated", "nan", "digits", "mark"],
)
def test_what_is_no_single_json_object_is_refused(octets: bytes):
    with pytest.raises(MalformedSealError):
        read_statement(octets)


def test_a_member_repeated_deep_inside_is_refused(sealed: Sealed):
    octets = sealed.statement.read_bytes().replace(b'"kty": "EC"', b'"kty": "EC", "kty": "EC"')
    with pytest.raises(MalformedSealError, match="twice"):
        read_statement(octets)


def test_a_seal_that_names_a_file_twice_is_refused(sealed: Sealed):
    members = sealed.members
    members["outputs"].append(members["report"])
    sealed.sign_again(json.dumps(members).encode())
    with pytest.raises(SealError, match="twice"):
        check_seal(sealed.statement, TrustedKey(sealed.key.public_key.fingerprint))


def test_only_what_a_seal_can_hold_together_is_sealed(tmp_path: Path):
    report, page = tmp_path / "a.json", tmp_path / "a.html"
    assert require_sealable([page, report], report) == report
    for name in ("a.json", "a.txt"):
        assert seal_files(tmp_path / name) == find_seal(tmp_path / name).files
    assert seal_files(report).statement == tmp_path / "a.seal.json"
    with pytest.raises(UsageError, match="none is written"):
        require_sealable([page], None)
    with pytest.raises(UsageError, match="several folders"):
        require_sealable([report, tmp_path / "other" / "a.html"], report)
    with pytest.raises(UsageError, match="same name"):
        require_sealable([report, tmp_path / "a.seal.json"], report)
    with pytest.raises(UsageError, match="no name"):
        require_sealable([report, tmp_path / "a\udcff.html"], report)
    page.mkdir()
    with pytest.raises(UsageError, match="no file"):
        require_sealable([report, page], report)


def test_an_output_that_is_gone_before_it_is_sealed_is_an_error(sealed: Sealed):
    with pytest.raises(SealError, match="cannot be sealed"):
        make_seal(sealed.key, MAKING, [], [sealed.folder / "gone.html"], sealed.report)


def test_nothing_is_sealed_but_what_was_written(tmp_path: Path):
    """Between writing and sealing, whoever may write into the folder may put another report."""
    audit = sample_audit(3)
    reports = [Destination(tmp_path / f"a.{form}", form) for form in AuditForm]
    paths = [tmp_path / f"a.{form}" for form in AuditForm]
    written = write_reports(audit, reports)
    assert written == {path: digest_of(path) for path in paths}
    key, report = signing_key(tmp_path), tmp_path / "a.json"
    make_seal(key, MAKING, [], paths, report, written)
    for path in (report, tmp_path / "a.html"):
        content = path.read_bytes()
        path.write_bytes(content + b" ")
        with pytest.raises(SealError, match="changed by somebody else"):
            make_seal(key, MAKING, [], paths, report, written)
        path.write_bytes(content)
