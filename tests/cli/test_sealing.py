"""Sealing and checking as a person at the command line sees it."""

from pathlib import Path

import pytest
from typer.testing import Result

from tests.commands import run_tng
from tests.judging import MANIFESTS, MICROCHIP_TRUST
from tests.seal.sealed import MAKING, Sealed, private_key, private_pem, public_pem, seal
from tests.softhsm import LABEL, PIN, token
from tng.cli.sealing import load_signing_key, print_check, seal_outputs
from tng.errors import InputError
from tng.exit_codes import ExitCode


@pytest.fixture
def sealed(tmp_path: Path) -> Sealed:
    return seal(tmp_path)


@pytest.fixture
def auditor(tmp_path: Path) -> str:
    file = tmp_path / "auditor.pem"
    file.write_bytes(public_pem(private_key("P-256")))
    return str(file)


def test_a_seal_is_laid_beside_the_report_and_says_how_to_check_it(tmp_path: Path, capsys):
    file, report = tmp_path / "key.pem", tmp_path / "audit.json"
    file.write_bytes(private_pem(private_key("P-256")))
    report.write_bytes(b"{}")
    files = seal_outputs(load_signing_key(str(file)), MAKING, [], [report], report)
    assert {path.name for path in tmp_path.iterdir()} == {
        "key.pem", "audit.json", "audit.seal.json", "audit.seal.jws"
    }  # fmt: skip
    command = capsys.readouterr().err.splitlines()[-1]
    fingerprint = command.rpartition("--key ")[2]
    assert print_check(files.statement, fingerprint, None) is ExitCode.DONE


def test_a_seal_that_holds_says_so(sealed: Sealed, auditor: str, capsys):
    assert print_check(sealed.page, auditor, None) is ExitCode.DONE
    out, err = capsys.readouterr()
    assert [line.split()[:2] for line in out.splitlines()] == [
        ["unchanged", "report"],
        ["unchanged", "output"],
        ["unchanged", "source"],
        ["unchanged", "order"],
        ["not-checked", "source"],
    ]
    assert "The seal holds, 1 could not be checked." in err


def test_without_a_key_it_says_loudly_that_nothing_is_proven(sealed: Sealed, capsys):
    assert print_check(sealed.report, None, None) is ExitCode.FINDINGS
    err = capsys.readouterr().err
    assert "anybody could have made this seal" in err
    assert "--key" in err


def test_a_changed_file_is_named(sealed: Sealed, auditor: str, capsys):
    sealed.page.write_bytes(b"forged")
    assert print_check(sealed.report, auditor, None) is ExitCode.FINDINGS
    out, err = capsys.readouterr()
    assert "changed      output           audit.html" in out
    assert "FAILED: output audit.html: changed" in err
    assert "holds" not in err


def test_a_changed_statement_is_told_without_a_word_about_files(sealed: Sealed, auditor, capsys):
    sealed.statement.write_bytes(sealed.statement.read_bytes().replace(b"reel", b"real"))
    assert print_check(sealed.report, auditor, None) is ExitCode.FINDINGS
    out, err = capsys.readouterr()
    assert out == ""
    assert "FAILED: the statement or its signature was changed" in err


def test_inputs_that_are_not_there_are_a_warning(sealed: Sealed, auditor: str, capsys):
    sealed.source.unlink()
    assert print_check(sealed.report, auditor, None) is ExitCode.DONE
    assert "warning: one input is not there" in capsys.readouterr().err


def test_inputs_that_are_not_where_they_were_said_to_be_fail(sealed: Sealed, auditor, capsys):
    (sealed.folder / "kept").mkdir()
    sealed.order.rename(sealed.folder / "kept" / sealed.order.name)
    assert print_check(sealed.report, auditor, sealed.folder / "kept") is ExitCode.FINDINGS
    out, err = capsys.readouterr()
    assert f"FAILED: source {sealed.source}: missing" in err
    assert "warning" not in err
    assert "holds" not in err
    assert f"unchanged    order            {sealed.order}" in out


def test_hostile_names_in_a_signed_statement_are_shown_inert(sealed: Sealed, auditor, capsys):
    octets = sealed.statement.read_bytes().replace(b"o.csv", rb"\u001b[2J\n\u202e.csv")
    sealed.sign_again(octets)
    print_check(sealed.report, auditor, None)
    out, err = capsys.readouterr()
    assert not {"\x1b", "\u202e"} & set(out + err)
    assert len(out.splitlines()) == 5


def test_the_passphrase_comes_from_the_environment(tmp_path: Path, monkeypatch):
    file = tmp_path / "key.pem"
    file.write_bytes(private_pem(private_key("P-384"), secret="correct horse"))
    with pytest.raises(InputError) as caught:
        load_signing_key(str(file))
    assert "TNG_SIGN_PASSPHRASE" in caught.value.hint
    monkeypatch.setenv("TNG_SIGN_PASSPHRASE", "correct horse")
    assert load_signing_key(str(file)).public_key.algorithm == "ES384"


def test_the_pin_comes_from_the_environment(monkeypatch):
    uri = token().uri(token=LABEL.replace(" ", "%20"), object="p256")
    with pytest.raises(InputError) as caught:
        load_signing_key(uri)
    assert "TNG_PKCS11_PIN" in caught.value.hint
    monkeypatch.setenv("TNG_PKCS11_PIN", PIN)
    assert load_signing_key(uri).public_key.algorithm == "ES256"


def _audit(folder: Path, *options: str, expect: int = 0) -> Result:
    return run_tng(
        "audit", str(MANIFESTS / "tngtls-10.json"), *MICROCHIP_TRUST, "--no-remember",
        "--output", str(folder / "audit.json"), "--output", str(folder / "audit.html"),
        *options, expect=expect,
    )  # fmt: skip


def test_an_audit_is_sealed_and_checked(tmp_path: Path):
    key, public = tmp_path / "key.pem", tmp_path / "auditor.pem"
    key.write_bytes(private_pem(private_key("P-256")))
    public.write_bytes(public_pem(private_key("P-256")))
    _audit(tmp_path, "--sign", str(key))
    page = tmp_path / "audit.html"
    assert "The seal holds." in run_tng(
        "audit", "--check", str(page), "--key", str(public), expect=0
    ).stderr  # fmt: skip
    run_tng("audit", "--check", str(page), expect=1)
    page.write_bytes(page.read_bytes().replace(b"genuine", b"Genuine", 1))
    run_tng("audit", "--check", str(tmp_path / "audit.json"), "--key", str(public), expect=1)
    (tmp_path / "audit.seal.jws").unlink()
    run_tng("audit", "--check", str(tmp_path / "audit.json"), "--key", str(public), expect=3)


def test_an_audit_is_sealed_by_a_token_that_tells_nobody_its_pin(tmp_path: Path, monkeypatch):
    monkeypatch.setenv("TNG_PKCS11_PIN", PIN)
    uri = token().uri(token=LABEL.replace(" ", "%20"), object="p384")
    shown = _audit(tmp_path, "--sign", uri).stderr
    fingerprint = shown.partition("--key ")[2].split()[0]
    run_tng("audit", "--check", str(tmp_path / "audit.json"), "--key", fingerprint, expect=0)
    assert PIN not in shown + (tmp_path / "audit.seal.json").read_text()


def test_a_key_that_cannot_be_used_ends_an_audit_before_anything_is_written(tmp_path: Path):
    for key in (str(tmp_path / "none.pem"), "pkcs11:object=x", "pkcs11:object=x?pin-value=1"):
        assert "hint:" in _audit(tmp_path, "--sign", key, expect=3).stderr
    assert list(tmp_path.iterdir()) == []
