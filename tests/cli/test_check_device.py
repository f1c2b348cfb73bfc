"""``tng check-device``: streams, exit codes, formats and secrets; the ends are in tests/device."""

import json
from dataclasses import replace
from datetime import UTC, datetime

import jsonschema
import pytest
import typer
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    PrivateFormat,
    load_pem_private_key,
)
from typer.testing import CliRunner

from tests.device.servers import black_hole
from tests.judging import ROOT
from tests.sandbox.dps.devices import HUBS, SCOPE, make_chip, running_device_side
from tng.cli.app import app as whole
from tng.cli.check_device import check_device
from tng.testing.parts import TNGTLSU_608C

app = typer.Typer(cls=whole.info.cls, rich_markup_mode=None)
app.callback()(lambda: None)
app.command("check-device")(check_device)

SECRET = "a passphrase of some length"


@pytest.fixture(scope="module")
def side(tmp_path_factory):
    with running_device_side(tmp_path_factory.mktemp("side"), port=0) as running:
        yield running


@pytest.fixture
def chip(side, tmp_path):
    side.behave()
    made = make_chip(tmp_path / "chip")
    side.enroll(made.enrollment())
    return made


def check(side, chip, *arguments, expect, scope=SCOPE, env=None):
    """stdout and stderr of the command for that chip at the stand-in."""
    host, port = side.endpoint.address
    result = CliRunner().invoke(
        app,
        [
            "check-device", "--cloud", "azure", "--id-scope", scope,
            "--certificate", str(chip.certificate_file), "--key", str(chip.key_file),
            "--provisioning-host", f"{host}:{port}", "--ca-file", str(side.ca_file), *arguments,
        ],
        env={"TNG_KEY_PASSPHRASE": None, **(env or {})},
    )  # fmt: skip
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    assert result.exit_code == expect, result.output
    return result.stdout, result.stderr


def test_assigned(side, chip):
    out, err = check(side, chip, expect=0)
    assert out.startswith("status               assigned\n")
    assert f"hub                  {HUBS[1]}\n" in out
    assert f"device id            {chip.common_name}\n" in out
    assert "error" not in err


def test_assigned_as_json(side, chip):
    out, _ = check(side, chip, "--format", "json", expect=0)
    host, port = side.endpoint.address
    assert json.loads(out) == {
        "schema": "tng.device-check/1",
        "status": "assigned",
        "hub": HUBS[1],
        "device_id": chip.common_name,
        "substatus": "initialAssignment",
        "registration_id": chip.registration_id,
        "certificate_sha256": chip.enrollment().sha256,
        "id_scope": SCOPE,
        "host": f"{host}:{port}",
        "warnings": [],
    }


def test_refused_says_why_on_stderr_and_gives_the_clouds_own_words(side, chip, tmp_path):
    stranger = make_chip(tmp_path / "stranger", 1)
    out, err = check(side, stranger, expect=5)
    assert "reason               not-authorized\n" in out
    assert "error code           401002\n" in out
    assert "tracking id " in out
    assert "error: the service does not know this device: Unauthorized" in err
    assert "(1) --id-scope" in err

    members = json.loads(check(side, stranger, "--format", "json", expect=5)[0])
    assert (members["status"], members["reason"]) == ("refused", "not-authorized")
    assert members["error_code"] == 401002
    assert members["hint"].startswith("the service does not say")


def test_every_form_is_what_the_schema_says(side, chip, tmp_path):
    schema = json.loads((ROOT / "docs/schemas/tng.device-check.1.json").read_text("utf-8"))
    validator = jsonschema.Draft202012Validator(schema)
    stranger = make_chip(tmp_path / "stranger", 1)

    def valid(*arguments, **options):
        members = json.loads(check(side, *arguments, "--format", "json", **options)[0])
        validator.validate(members)
        return members["status"]

    assert valid(chip, expect=0) == "assigned"
    assert valid(stranger, expect=5) == "refused"
    assert valid(chip, "--ca-file", str(chip.certificate_file), expect=3) == "unreached"
    side.behave(assigning_polls=None)
    assert valid(chip, "--timeout", "1", expect=4) == "unfinished"


def test_still_assigning_at_the_deadline(side, chip):
    side.behave(assigning_polls=None)
    out, err = check(side, chip, "--timeout", "1", expect=4)
    assert "status               unfinished\n" in out
    assert "still assigning" in err


def test_untrusted_server(side, chip):
    out, err = check(side, chip, "--ca-file", str(chip.certificate_file), expect=3)
    assert "status               unreached\n" in out
    assert "hint: pass the CA of your own server with --ca-file" in err


def test_a_key_of_another_chip_is_refused_before_any_connection(side, chip, tmp_path):
    other = make_chip(tmp_path / "other", 1)
    with black_hole() as port:
        out, err = check(
            side, chip, "--key", str(other.key_file),
            "--provisioning-host", f"127.0.0.1:{port}", expect=3,
        )  # fmt: skip
    assert out == ""
    assert "is not the key of" in err


def test_another_registration_id_is_refused(side, chip):
    _, err = check(side, chip, "--registration-id", "sn9", expect=3)
    assert "is not the certificate's common name" in err


def test_a_scope_that_is_none_is_a_matter_of_usage(side, chip):
    _, err = check(side, chip, scope="0ne/1", expect=2)
    assert "is no id scope" in err


def encrypt(chip):
    key = load_pem_private_key(chip.key_file.read_bytes(), None)
    encryption = BestAvailableEncryption(SECRET.encode())
    chip.key_file.write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, encryption))


def test_the_passphrase_comes_from_the_environment_and_is_never_shown(side, chip):
    encrypt(chip)
    for secret, code in ((SECRET, 0), ("wrong " + SECRET, 3)):
        out, err = check(side, chip, expect=code, env={"TNG_KEY_PASSPHRASE": secret})
        assert SECRET not in out + err
        assert "PRIVATE KEY" not in out + err


def test_without_a_terminal_nobody_is_asked_for_the_passphrase(side, chip):
    encrypt(chip)
    _, err = check(side, chip, expect=3)
    assert "Set TNG_KEY_PASSPHRASE" in err


def test_what_the_service_says_cannot_steer_the_terminal(side, chip):
    side.enroll(chip.enrollment(deviceId="\x1b[2Jgone\u202e"))
    for arguments in ((), ("--format", "json")):
        out, _ = check(side, chip, *arguments, expect=0)
        assert "\x1b" not in out
        assert "\u202e" not in out


def test_an_expired_certificate_is_warned_of(side, tmp_path):
    # Chips live for 28 years.
    old = replace(TNGTLSU_608C, issued=datetime(1990, 1, 1, tzinfo=UTC))
    chip = make_chip(tmp_path / "old", 4, old)
    side.behave()
    side.enroll(chip.enrollment())
    out, err = check(side, chip, expect=0)
    assert "status               assigned\n" in out
    assert "warning: the certificate expired on 2018-01-01" in err
