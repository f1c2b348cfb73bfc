"""From a registration to the hub: every end, at the stand-ins for both."""

import ssl
from datetime import UTC, datetime

import pytest

from tests.device.pki import Authority
from tests.device.servers import AUTHORITY, Client, answering, black_hole, over_tls, serving
from tests.sandbox.dps.devices import HUBS, SCOPE, make_chip, running_device_side
from tng.device.azure_hub import AzureTrial, connect_to_azure
from tng.device.connection import Connected, Denied, Unanswered, Unsafe
from tng.device.connection_hints import hint
from tng.device.dps import ProvisioningService
from tng.device.identity import load_identity
from tng.sandbox.mqtt import codec as mqtt

NOW = datetime(2026, 11, 21, tzinfo=UTC)
LATER = datetime(2990, 1, 1, tzinfo=UTC)


@pytest.fixture(scope="module")
def side(tmp_path_factory):
    with running_device_side(tmp_path_factory.mktemp("side"), port=0) as running:
        yield running


@pytest.fixture(scope="module")
def chip(tmp_path_factory):
    return make_chip(tmp_path_factory.mktemp("chip"))


def identify(chip):
    return load_identity(
        chip.certificate_file, chip.key_file,
        passphrase=lambda: pytest.fail("asked"), registration_id=None, now=NOW,
    )  # fmt: skip


@pytest.fixture
def attempt(side, chip):
    """Tries a chip; the hub is the stand-in's, or at a port."""
    side.behave()
    side.enroll(chip.enrollment())

    def run(device=chip, hub_port=None, seconds=20, now=NOW):
        identity = identify(device)
        hub = ("127.0.0.1", hub_port) if hub_port else side.endpoint.address
        service = ProvisioningService(SCOPE, *side.endpoint.address)
        trial = AzureTrial(identity, service, side.ca_file, hub)
        result = connect_to_azure(
            trial, timeout_seconds=seconds, now=lambda: now, listen_seconds=0.2
        )
        assert isinstance(result, Connected) or hint(result.reason)
        return result

    return run


@pytest.fixture
def attempt_at(side, attempt):
    """Tries the chip at a hub of one's own."""

    def run(behave, context=None, **more):
        server = over_tls(behave, context=context or side.authority.server_context())
        with serving(server) as port:
            return attempt(hub_port=port, **more)

    return run


def test_the_hub_takes_a_message_of_the_device(attempt, side, chip):
    topic = f"devices/{chip.common_name}/messages/events/"
    assert attempt() == Connected(HUBS[1], topic, received=False, device_id=chip.common_name)
    message = side.hubs.messages[-1]
    assert (message.hub, message.device_id) == (HUBS[1], chip.common_name)


def test_a_device_that_is_not_enrolled(attempt, tmp_path):
    result = attempt(make_chip(tmp_path, 1))
    assert isinstance(result, Denied)
    assert result.reason == "not-authorized"
    assert "(401002)" in result.message


def test_a_registration_that_does_not_end(attempt, side):
    side.behave(silent=True)
    result = attempt(seconds=0.6)
    assert isinstance(result, Unanswered)
    assert result.reason == "silent"


def refuse(client):
    client.packet()
    client.send(mqtt.connect_acknowledged(mqtt.NOT_AUTHORIZED))
    client.linger()


@pytest.mark.parametrize("behave", [refuse, Client.packet], ids=["CONNACK", "hung up"])
def test_a_hub_that_refuses(attempt_at, behave):
    result = attempt_at(behave)
    assert isinstance(result, Denied)
    assert result.reason == "hub-refused"
    assert f"assigned to {HUBS[1]}" in result.message
    for cause in ("enabled", "thumbprints"):
        assert cause in hint(result.reason)


def test_a_hub_that_refuses_an_expired_certificate(attempt_at, chip):
    result = attempt_at(refuse, now=LATER)
    assert isinstance(result, Denied)
    assert result.reason == "certificate-expired"
    assert "expired on" in result.message


def test_a_hub_whose_certificate_is_of_another_ca(attempt_at, tmp_path):
    other = Authority("another CA")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(*other.server(HUBS[1]).write(tmp_path, "hub"))
    result = attempt_at(Client.linger, context)
    assert isinstance(result, Unsafe)
    assert result.reason == "server-untrusted"
    assert "AWS" not in hint(result.reason, at_hub=True)


def test_a_hub_that_is_not_there(attempt):
    with black_hole() as port:
        pass
    result = attempt(hub_port=port)
    assert isinstance(result, Unsafe)
    assert result.reason == "host-unreachable"
    assert f"assigned to {HUBS[1]}" in result.message
    assert "firewalls" in hint(result.reason, at_hub=True)
    assert "AWS" not in hint(result.reason, at_hub=True)


def accept(client):
    client.packet()
    client.send(mqtt.connect_acknowledged(mqtt.ACCEPTED))


def test_a_hub_that_does_not_acknowledge(attempt_at):
    def behave(client):
        accept(client)
        client.linger()

    result = attempt_at(behave, seconds=1.5)
    assert isinstance(result, Unanswered)
    assert result.reason == "silent"


def test_a_hub_that_hangs_up_on_the_message(attempt_at):
    def behave(client):
        accept(client)
        client.packet()

    result = attempt_at(behave)
    assert isinstance(result, Denied)
    assert result.reason == "hub-refused"


@pytest.mark.parametrize("name", ["a b", "x/y", "h" * 300, "a..b", "-\\u0000"])
def test_a_hub_name_that_is_none(chip, tmp_path, name):
    answer = (
        '{"status":"assigned","registrationState":{"deviceId":"d","assignedHub":"' + name + '"}}'
    )
    ca_file = tmp_path / "ca.pem"
    ca_file.write_text(AUTHORITY.ca_pem)
    with serving(answering(answer.encode())) as port:
        service = ProvisioningService(SCOPE, "127.0.0.1", port)
        result = connect_to_azure(AzureTrial(identify(chip), service, ca_file), timeout_seconds=20)
    assert isinstance(result, Unsafe)
    assert result.reason == "server-misbehaves"
    assert "no host name" in result.message
