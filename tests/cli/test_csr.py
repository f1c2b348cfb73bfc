"""``tng csr``: what is made and what is read, streams, exit codes, formats and secrets."""

import json
import os
import pty
import subprocess
import sys
import termios
import time
from pathlib import Path

import jsonschema
import pytest

from tests.commands import run_tng
from tests.csr.asking import fingerprint, key, pem, request
from tests.judging import ROOT
from tests.softhsm import LABEL, PIN, token
from tng.csr.model import RequestedDevice
from tng.csr.reading import read_request
from tng.models import Source


@pytest.fixture(autouse=True)
def _no_pin_of_the_caller(monkeypatch):
    monkeypatch.delenv("TNG_PKCS11_PIN", raising=False)


@pytest.fixture
def pin_file(tmp_path) -> Path:
    file = tmp_path / "pin"
    file.write_text(f"{PIN}\n")
    return file


def make(*arguments: str, label: str = "p256", expect: int = 0):
    words = ("csr", "--pkcs11", token().module, "--token", LABEL, "--key", label)
    return run_tng(*words, *map(str, arguments), expect=expect)


@pytest.mark.parametrize("label", ["p256", "p384", "rsa"])
def test_the_pem_is_data_and_the_rest_is_talk(label, pin_file):
    done = make("--pin-file", pin_file, "--serial", "0123A1B2C3D4E5F6EE", label=label)
    outcome = read_request(done.stdout.encode(), Source("x"))
    assert isinstance(outcome, RequestedDevice)
    assert done.stdout == outcome.request.pem
    assert outcome.record.device_id == "0123a1b2c3d4e5f6ee"
    assert f"sha256:{outcome.request.key}" in done.stderr.replace("\n", "")
    assert PIN not in done.output


def test_the_subject_is_filled_with_what_the_token_says(pin_file):
    done = make("--pin-file", pin_file, "--subject", "CN={key}-{serial},O=Example,OU={token}")
    request_ = read_request(done.stdout.encode(), Source("x")).request
    assert request_.subject.startswith("CN=p256-")
    assert request_.subject.endswith(f",O=Example,OU={LABEL}")


def test_the_file_has_what_stdout_would(pin_file, tmp_path):
    done = make("--pin-file", pin_file, "-o", tmp_path / "made.csr")
    assert done.stdout == ""
    assert "BEGIN CERTIFICATE REQUEST" in (tmp_path / "made.csr").read_text()
    shown = run_tng("csr", str(tmp_path / "made.csr"), "--format", "json", expect=0)
    assert json.loads(shown.stdout)["requests"][0]["key_type"] == "P-256"


def test_the_pin_comes_from_the_environment_or_a_uri_as_well(pin_file, monkeypatch):
    uri = f"pkcs11:token={LABEL.replace(' ', '%20')};object=p256?module-path={token().module}"
    run_tng("csr", "--pkcs11", f"{uri}&pin-source={pin_file}", expect=0)
    monkeypatch.setenv("TNG_PKCS11_PIN", PIN)
    run_tng("csr", "--pkcs11", uri, expect=0)
    make()


def test_the_pin_is_asked_for_on_a_terminal_and_not_shown():
    words = ["csr", "--pkcs11", token().module, "--token", LABEL, "--key", "p256"]
    ours, theirs = pty.openpty()
    with subprocess.Popen(
        [sys.executable, "-m", "tng", *words], stdin=theirs, stdout=subprocess.PIPE,
        stderr=theirs, start_new_session=True,
    ) as running:  # fmt: skip
        os.close(theirs)
        # What is typed before the echo is off is thrown away (getpass, TCSAFLUSH).
        while running.poll() is None and termios.tcgetattr(ours)[3] & termios.ECHO:
            time.sleep(0.01)
        os.write(ours, f"{PIN}\n".encode())
        made = running.stdout.read()
        seen = _rest(ours)
    assert running.returncode == 0, seen
    assert made.startswith(b"-----BEGIN CERTIFICATE REQUEST")
    assert b"PIN:" in seen
    assert PIN.encode() not in seen + made


def _rest(descriptor: int) -> bytes:
    seen = b""
    try:
        while octets := os.read(descriptor, 1000):
            seen += octets
    except OSError:
        # Linux says EIO where the other side is closed.
        pass
    os.close(descriptor)
    return seen


@pytest.mark.parametrize(
    ("arguments", "label", "expect", "words"),
    [
        ((), "nothing", 3, "no private key fits"),
        ((), "decrypts", 3, "may not sign"),
        ((), "private alone", 3, "not its public one"),
        ((), "p521", 3, "of a kind"),
        (("--subject", "CN={what}"), "p256", 3, "{what}"),
        (("--subject", "CN={serial}", "--serial", ""), "p256", 3, "has none"),
        (("--subject", ""), "p256", 3, "empty"),
        (("--serial", "x" * 65), "p256", 3, "65 characters"),
        (("--format", "json"), "p256", 2, "PEM"),
        (("some.csr",), "p256", 2, "either made, read"),
    ],
)
def test_what_hinders_the_making_is_said_with_a_hint(arguments, label, expect, words, pin_file):
    done = make("--pin-file", pin_file, *arguments, label=label, expect=expect)
    assert done.stdout == ""
    assert words in done.stderr.replace("\n", " ")
    assert "hint:" in done.stderr


def test_a_wrong_pin_is_refused_and_not_repeated(tmp_path):
    (tmp_path / "pin").write_text("wrong-one")
    done = make("--pin-file", tmp_path / "pin", expect=3)
    assert "refuses the PIN" in done.stderr
    assert "wrong-one" not in done.output


def test_without_pin_and_terminal_the_variable_is_named():
    assert "TNG_PKCS11_PIN" in make(expect=3).stderr


def test_without_the_extra_the_package_to_install_is_named():
    program = (
        "import sys; sys.modules['pkcs11'] = None\n"
        "from tng.cli import main\n"
        "sys.argv = ['tng', 'csr', '--pkcs11', '/etc/passwd', '--key', 'a']\nmain()\n"
    )
    environment = {**os.environ, "TNG_PKCS11_PIN": PIN}
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, env=environment, check=False
    )
    assert done.returncode == 3
    assert b"tng[pkcs11]" in done.stderr
    assert b"Traceback" not in done.stderr


def test_a_pin_is_no_argument():
    token()
    done = run_tng("csr", "--pkcs11", "pkcs11:object=a?pin-value=4711", expect=3)
    assert "4711" not in done.output
    run_tng("csr", "--pin", "4711", expect=2)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ((), "no request to read"),
        (("--token", "x"), "needs --pkcs11"),
    ],
)
def test_nothing_to_do_is_a_question_of_usage(arguments, words):
    assert words in run_tng("csr", *arguments, expect=2).stderr


def test_another_token_and_module_are_told(pin_file):
    words = ("--key", "p256", "--pin-file", str(pin_file))
    done = run_tng("csr", "--pkcs11", token().module, "--token", "Nope", *words, expect=3)
    assert LABEL in done.stderr
    assert "no token fits" in done.stderr
    assert "hint" in run_tng("csr", "--pkcs11", "no-such-module", *words, expect=3).stderr


@pytest.fixture
def folder(tmp_path) -> Path:
    inside = tmp_path / "requests"
    inside.mkdir()
    (inside / "a.csr").write_text(pem(subject="CN=a"))
    (inside / "b.csr").write_text(pem(key("RSA-2048"), "CN=b\u202e"))
    (inside / "c.csr").write_text(pem(subject="CN=c"))
    (inside / "d.txt").write_text("\x1b[31mnothing")
    return inside


def test_columns_have_a_line_each_and_the_summary_is_talk(folder):
    done = run_tng("csr", str(folder), expect=1)
    heading, first, second, third, trouble, *_ = done.stdout.splitlines()
    assert heading.split() == ["STATUS", "DEVICE", "KEY", "SOURCE"]
    assert first.split()[:3] == ["usable", "a", "P-256"]
    assert second.split()[:3] == ["usable", fingerprint(key("RSA-2048")), "RSA-2048"]
    assert third.split()[:3] == ["rejected", "c", "-"]
    assert "csr-key-duplicate" in trouble
    assert "4 requests: 1 rejected, 1 undecodable, 2 usable" in done.stderr
    assert "\x1b" not in done.output


def test_notices_are_shown_to_who_wants_more(folder):
    assert "csr-subject-unusual" not in run_tng("csr", str(folder), expect=1).stdout
    assert "csr-subject-unusual" in run_tng("csr", "-v", str(folder), expect=1).stdout


@pytest.mark.parametrize("form", ["json", "jsonl"])
def test_json_is_what_its_schema_says(form, folder):
    done = run_tng("csr", str(folder), "--format", form, expect=1)
    name = "tng.requests.1.json" if form == "json" else "tng.request-lines.1.json"
    schema = json.loads((ROOT / "docs" / "schemas" / name).read_text("utf-8"))
    items = [json.loads(done.stdout)] if form == "json" else _lines(done.stdout)
    for item in items:
        jsonschema.validate(item, schema)
    summary = items[-1]["summary"] if form == "json" else items[-1]
    assert summary["outcomes"] == {"usable": 2, "rejected": 1, "undecodable": 1}
    assert "\u202e" not in done.stdout


def _lines(text: str):
    return [json.loads(line) for line in text.splitlines()]


def test_all_usable_is_zero_and_none_at_all_is_three(folder):
    run_tng("csr", str(folder / "a.csr"), expect=0)
    run_tng("csr", "-", stdin=request(), expect=0)
    done = run_tng("csr", str(folder / "d.txt"), expect=3)
    assert "undecodable" in done.stdout
    assert "hint:" in done.stderr
    run_tng("csr", str(folder / "none"), expect=3)
