"""``tng connect``: options, streams, exit codes and formats; the ends are in the tests beside."""

import json

import jsonschema
import pytest
import typer
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    PrivateFormat,
)
from typer.testing import CliRunner

from tests import softhsm
from tests.device.conftest import NAME
from tests.device.servers import Client, over_tls, serving
from tests.device.test_links import server_of
from tests.judging import ROOT
from tests.sandbox.dps.devices import HUBS, SCOPE, make_chip, running_device_side
from tng.cli.app import app as whole
from tng.cli.connect import connect
from tng.sandbox.preparation import POLICY_NAME
from tng.x509.pem import to_pem

app = typer.Typer(cls=whole.info.cls, rich_markup_mode=None)
app.callback()(lambda: None)
app.command("connect")(connect)

SCHEMA = jsonschema.Draft202012Validator(
    json.loads((ROOT / "docs/schemas/tng.connection.1.json").read_text("utf-8"))
)


def run(*arguments, expect, env=None):
    """stdout and stderr of the command."""
    result = CliRunner().invoke(
        app,
        ["connect", *map(str, arguments)],
        env={"TNG_KEY_PASSPHRASE": None, "TNG_PKCS11_PIN": None, **(env or {})},
    )
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    assert result.exit_code == expect, result.output
    return result.stdout, result.stderr


@pytest.fixture
def files(device, tmp_path):
    """The options that name a device with its key in a file."""
    certificate, key = device.write(tmp_path / "device", "device")
    return ("--certificate", certificate, "--key", key)


def at(broker, listener="main"):
    port = broker.ports[listener]
    return (
        "--cloud", "aws", "--endpoint", NAME, "--address", f"127.0.0.1:{port}",
        "--ca-file", broker.ca_file,
    )  # fmt: skip


def test_connected(broker, files):
    out, err = run(*at(broker), *files, expect=0)
    assert out.startswith("status               connected\n")
    assert f"host                 {NAME}\n" in out
    assert "topic                devices/device-1/connect/" in out
    assert "received             yes\n" in out
    assert f"Connecting device-1 to {NAME}:8883" in err
    assert "error" not in err


def test_connected_as_json(broker, files, device):
    out, _ = run(*at(broker), *files, "--topic", "free/x", "--format", "json", expect=0)
    members = json.loads(out)
    SCHEMA.validate(members)
    assert members == {
        "schema": "tng.connection/1",
        "status": "connected",
        "host": NAME,
        "topic": "free/x",
        "received": True,
        "device_id": "",
        "cloud": "aws",
        "endpoint": f"{NAME}:8883",
        "client_id": "device-1",
        "certificate_sha256": device.credentials.certificate.sha256,
        "warnings": [],
    }


def test_refused(broker, files):
    out, err = run(*at(broker, "strangers"), *files, expect=5)
    assert "reason               certificate-refused\n" in out
    assert "error: iot.example.test:8883" in err
    assert "hint: the server does not take the device's certificate" in err
    members = json.loads(run(*at(broker, "strangers"), *files, "--format", "json", expect=5)[0])
    SCHEMA.validate(members)
    assert (members["status"], members["reason"]) == ("refused", "certificate-refused")


def test_nothing_to_speak_to(broker, files):
    out, _ = run(*at(broker), *files, "--endpoint", "other.test", "--format", "json", expect=3)
    members = json.loads(out)
    SCHEMA.validate(members)
    assert (members["status"], members["reason"]) == ("unreached", "wrong-endpoint")


def test_no_end_by_the_deadline(broker, authority, tmp_path):
    certificate, key = authority.device("no-receive").write(tmp_path, "device")
    out, _ = run(
        *at(broker, "rules"), "--certificate", certificate, "--key", key, "--timeout", "1",
        "--format", "json", expect=4,
    )  # fmt: skip
    members = json.loads(out)
    SCHEMA.validate(members)
    assert (members["status"], members["reason"]) == ("unfinished", "not-received")


def test_a_key_in_a_token_and_the_pin_in_the_environment(broker, token_device, tmp_path):
    certificate = tmp_path / "device.pem"
    certificate.write_text(to_pem(token_device.certificate.der))
    out, _ = run(
        "--cloud", "aws", "--endpoint", f"localhost:{broker.ports['main']}",
        "--ca-file", broker.ca_file, "--certificate", certificate,
        "--pkcs11", softhsm.token().module, "--token", softhsm.LABEL, "--key", "p256",
        expect=0, env={"TNG_PKCS11_PIN": softhsm.PIN},
    )  # fmt: skip
    assert "client id            token-device\n" in out
    assert softhsm.PIN not in out


def test_another_key_of_the_token_is_refused_before_any_connection(broker, token_device, tmp_path):
    certificate = tmp_path / "device.pem"
    certificate.write_text(to_pem(token_device.certificate.der))
    out, err = run(
        "--cloud", "aws", "--endpoint", "localhost", "--certificate", certificate,
        "--pkcs11", softhsm.token().module, "--token", softhsm.LABEL, "--key", "p384",
        expect=3, env={"TNG_PKCS11_PIN": softhsm.PIN},
    )  # fmt: skip
    assert out == ""
    assert "their public keys differ" in err


def test_a_key_of_another_device_is_refused_before_any_connection(
    broker, files, authority, tmp_path
):
    _, key = authority.device("other").write(tmp_path, "other")
    out, err = run(*at(broker), *files, "--key", key, expect=3)
    assert out == ""
    assert "is not the key of" in err


def test_an_encrypted_key(broker, files, device):
    encryption = BestAvailableEncryption(b"a passphrase of some length")
    files[3].write_bytes(device.key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, encryption))
    run(
        *at(broker), *files, expect=0,
        env={"TNG_KEY_PASSPHRASE": "a passphrase of some length"},
    )  # fmt: skip
    _, err = run(*at(broker), *files, expect=3)
    assert "hint: Set TNG_KEY_PASSPHRASE" in err


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((), "no cloud was named"),
        (("--cloud", "aws"), "needs --endpoint"),
        (("--cloud", "azure"), "needs --id-scope"),
        (("--cloud", "azure", "--topic", "x"), "--topic has no meaning"),
        (("--cloud", "azure", "--pkcs11", "m"), "--pkcs11 has no meaning"),
        (("--cloud", "aws", "--id-scope", "x"), "--id-scope has no meaning"),
        (("--cloud", "aws", "--token", "x"), "needs --pkcs11"),
        (("--cloud", "aws", "--endpoint", "x", "--address", "a:b"), "no HOST or HOST:PORT"),
        (("--cloud", "aws", "--endpoint", "https://x"), "expected the name of a host"),
        (("--cloud", "aws", "--endpoint", "x:8883", "--port", "443"), "says port 8883, and"),
        (("--cloud", "azure", "--id-scope", "x", "--port", "443"), "--port has no meaning"),
        (("--cloud", "aws", "--endpoint", "x", "--topic", "a/#"), "no topic to publish to"),
    ],
)
def test_options_that_do_not_fit_together(files, arguments, message):
    out, err = run(*arguments, *files, expect=2)
    assert out == ""
    assert message in err
    assert "hint: " in err


def test_no_key_at_all(files):
    assert "no private key was named" in run("--cloud", "aws", *files[:2], expect=2)[1]


# With an account to ask


@pytest.fixture
def gate(authority, tmp_path):
    """Starts a server that hangs up on CONNECT, by any name; its options."""
    servers = []

    def start(name):
        context = server_of(authority, tmp_path, name)
        (tmp_path / "ca.pem").write_text(authority.pem)
        server = serving(over_tls(Client.packet, context=context))
        servers.append(server)
        return ("--address", f"127.0.0.1:{server.__enter__()}", "--ca-file", tmp_path / "ca.pem")

    yield start
    for server in servers:
        server.__exit__(None, None, None)


def endpoint_of(client):
    return client.describe_endpoint(endpointType="iot:Data-ATS")["endpointAddress"]


@pytest.fixture
def asked(ministack_cloud, cloud_files, gate):
    """The options of a target, whose endpoint is asked for and is a server of ours."""
    return ("--target", "sandbox-eu", *gate(endpoint_of(ministack_cloud.client("iot"))))


@pytest.fixture
def cloud(ministack_cloud):
    """`cloud_files` describes the default emulator: which one it is does not matter here."""
    return ministack_cloud


def test_the_account_names_the_endpoint_and_says_that_it_knows_no_such_device(asked, files):
    out, err = run(*asked, *files, expect=5)
    assert "reason               not-registered\n" in out
    assert "has no certificate" in err


@pytest.mark.slow
def test_the_account_tells_the_things_name_and_what_is_missing(asked, files, cloud, device):
    iot = cloud.client("iot")
    reply = iot.register_certificate_without_ca(certificatePem=device.pem, status="ACTIVE")
    iot.create_thing(thingName="lamp-7")
    iot.attach_thing_principal(thingName="lamp-7", principal=reply["certificateArn"])
    out, _ = run(*asked, *files, expect=5)
    assert "client id            lamp-7\n" in out
    assert "reason               no-policy\n" in out
    iot.attach_policy(policyName=POLICY_NAME, target=reply["certificateArn"])
    assert "reason               connect-denied\n" in run(*asked, *files, expect=5)[0]
    iot.update_certificate(certificateId=reply["certificateId"], newStatus="INACTIVE")
    assert "reason               not-active\n" in run(*asked, *files, expect=5)[0]


@pytest.mark.slow
def test_the_endpoint_of_another_account_is_told_apart(asked, files, gate):
    name = "other-ats.iot.us-east-1.amazonaws.com"
    elsewhere = ("--endpoint", name, *gate(name))
    out, err = run(*asked, *files, *elsewhere, expect=3)
    assert "reason               wrong-endpoint\n" in out
    assert "nor is the certificate registered there" in err


def test_a_target_that_is_not_configured(cloud_files, files):
    assert "nothing" in run("--target", "nothing", *files, expect=3)[1]


# Azure


@pytest.fixture(scope="module")
def side(tmp_path_factory):
    with running_device_side(tmp_path_factory.mktemp("side"), port=0) as running:
        yield running


@pytest.fixture
def azure(side, tmp_path):
    """The options for a chip that is enrolled."""
    chip = make_chip(tmp_path / "chip")
    side.behave()
    side.enroll(chip.enrollment())
    host, port = side.endpoint.address
    return (
        "--cloud", "azure", "--id-scope", SCOPE, "--provisioning-host", f"{host}:{port}",
        "--hub-address", f"{host}:{port}", "--ca-file", side.ca_file,
        "--certificate", chip.certificate_file, "--key", chip.key_file,
    )  # fmt: skip


def test_azure_connected(azure):
    out, _ = run(*azure, "--format", "json", expect=0)
    members = json.loads(out)
    SCHEMA.validate(members)
    assert (members["status"], members["host"]) == ("connected", HUBS[1])
    assert members["topic"] == f"devices/{members['device_id']}/messages/events/"


def test_azure_refused(azure):
    out, err = run(*azure, "--id-scope", "0neFFFFFFFF", "--format", "json", expect=5)
    members = json.loads(out)
    SCHEMA.validate(members)
    assert members["reason"] == "not-authorized"
    assert "(1) --id-scope" in err
