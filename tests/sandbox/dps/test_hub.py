"""The hub that a device was assigned to: the real client, and what it refuses."""

import threading

import pytest
from azure.iot.device import X509, IoTHubDeviceClient, Message, exceptions

from tests.sandbox.dps.devices import HUBS, make_chip, running_device_side
from tests.sandbox.gateway.clients import RawClient, field, packet, tls_context
from tests.sandbox.gateway.clients import open_stream as open_tls
from tests.sandbox.gateway.world import new_identity
from tng.sandbox.dps.device_registration import Caller
from tng.sandbox.dps.hub import HubLogin, HubMessage, hub_login
from tng.sandbox.dps.sandbox import DpsSandbox
from tng.sandbox.dps.state import Enrollment
from tng.sandbox.record import certificate_id

HUB = HUBS[0]


@pytest.fixture
def side(tmp_path):
    with running_device_side(tmp_path / "service") as running:
        yield running


@pytest.fixture
def chip(tmp_path):
    return make_chip(tmp_path / "chip")


def assigned(chip, **document):
    """The enrollment of a chip that has registered, as `DeviceRegistrations` leaves it."""
    enrollment = chip.enrollment(**document)
    enrollment.registration = {
        "status": "assigned",
        "assignedHub": HUB,
        "deviceId": chip.common_name,
    }
    return enrollment


def connect(side, identity, device_id, *, hub=HUB, client_id=None):
    """The return code, and the client where it is to be used."""
    host, port = side.endpoint.address
    context = tls_context(side.authority.ca_pem, identity)
    client = RawClient(open_tls(f"{host}:{port}", context, HUB))
    username = f"{hub}/{device_id}/?api-version=2021-04-12"
    body = field("MQTT") + bytes((4, 0x82, 0, 60)) + field(client_id or device_id)
    client.send(packet(0x10, body + field(username)))
    return client._answer(0x20)[1], client


def code(*arguments, **more):
    found, client = connect(*arguments, **more)
    client.stream.close()
    return found


def test_the_real_client_sends_a_message(side, chip):
    side.enroll(assigned(chip))
    client = IoTHubDeviceClient.create_from_x509_certificate(
        X509(str(chip.certificate_file), str(chip.key_file)),
        HUB,
        chip.common_name,
        gateway_hostname=side.host,
        server_verification_cert=side.authority.ca_pem,
        connection_retry=False,
    )
    try:
        client.connect()
        message = Message("hello")
        message.custom_properties["kind"] = "proof"
        client.send_message(message)
        client.disconnect()
    finally:
        client.shutdown()
    (taken,) = side.hubs.messages
    assert (taken.hub, taken.device_id, taken.payload) == (HUB, chip.common_name, b"hello")
    assert "kind=proof" in taken.properties


def test_the_real_client_is_refused_where_nothing_is_assigned(side, chip):
    side.enroll(chip.enrollment())
    client = IoTHubDeviceClient.create_from_x509_certificate(
        X509(str(chip.certificate_file), str(chip.key_file)),
        HUB,
        chip.common_name,
        gateway_hostname=side.host,
        server_verification_cert=side.authority.ca_pem,
        connection_retry=False,
    )
    try:
        with pytest.raises(exceptions.CredentialError):
            client.connect()
    finally:
        client.shutdown()


def test_a_message_is_acknowledged_and_kept(side, chip):
    side.enroll(assigned(chip))
    name = chip.common_name
    accepted, client = connect(side, chip, name)
    assert accepted == 0
    with client:
        assert client.ping()
        assert client.subscribe("anything") == (0x80,)
        assert client.publish(f"devices/{name}/messages/events/", b"\0")
        assert side.hubs.messages == (HubMessage(HUB, name, "", b"\0"),)
        assert not client.publish("devices/another/messages/events/", b"")
    assert len(side.hubs.messages) == 1


def test_devices_that_are_unknown_or_disabled_are_refused(side, chip, tmp_path):
    name = chip.common_name
    assert code(side, chip, name) == 5
    side.enroll(assigned(chip))
    assert code(side, chip, name) == 0
    assert code(side, chip, name, hub=HUBS[1]) == 5
    assert code(side, chip, name.swapcase()) == 5
    assert code(side, chip, name, client_id="another") == 5
    assert code(side, make_chip(tmp_path / "other", 3), name) == 5
    assert code(side, None, name) == 5
    side.enroll(assigned(chip, provisioningStatus="disabled"))
    assert code(side, chip, name) == 5


def test_an_expired_certificate_is_refused(side, tmp_path):
    for expires, expected in ((2021, 5), (2040, 0)):
        identity = new_identity(tmp_path / str(expires), "sn1", expires)
        enrollment = Enrollment("sn1", {}, certificate_id(identity.pem))
        enrollment.registration = {"status": "assigned", "assignedHub": HUB, "deviceId": "sn1"}
        side.enroll(enrollment)
        assert code(side, identity, "sn1") == expected


def test_from_registration_to_the_hub_on_one_port(chip):
    with DpsSandbox() as sandbox:
        instance = sandbox.state.instances[0]
        with instance.lock:
            instance.enrollments[chip.registration_id] = chip.enrollment()
        assert sandbox.hub_address == sandbox.device_address
        context = tls_context(sandbox.authority.ca_pem, chip)
        hub = instance.instance.hubs[0]
        open_tls(sandbox.hub_address, context, hub).close()
        assert not sandbox.hubs.admits(
            HubLogin(hub, chip.common_name), chip.common_name, chip.certificate
        )
        caller = Caller(instance.instance.id_scope, chip.registration_id, chip.certificate)
        body = f'{{"registrationId": "{chip.registration_id}"}}'.encode()
        begun = sandbox.registrations.register(caller, body)
        sandbox.registrations.operation_status(caller, str(begun.document["operationId"]))
        assert sandbox.hubs.admits(
            HubLogin(hub, chip.common_name), chip.common_name, chip.certificate
        )
    assert not [t for t in threading.enumerate() if t.name == "dps-devices"]


@pytest.mark.parametrize(
    ("username", "login"),
    [
        ("Hub.azure-devices.net/Dev1/?api-version=2021-04-12&DeviceClientType=x",
         HubLogin("hub.azure-devices.net", "Dev1")),
        ("hub/dev", None),
        ("hub/dev/?", None),
        ("0ne00000000/registrations/dev/api-version=2019-03-31", None),
        ("", None),
    ],
)  # fmt: skip
def test_user_names_of_hubs_are_told_from_the_services(username, login):
    assert hub_login(username) == login
