"""Every way in which a registration can end, and that the deadline holds in each."""

import ssl
import time
from datetime import UTC, datetime

import pytest

from tests.device.servers import AUTHORITY, Client, answering, black_hole, over_tls, serving
from tests.sandbox.dps.devices import HUBS, SCOPE, make_chip, running_device_side
from tng.device.dps import ProvisioningService, check_registration
from tng.device.explanations import hint
from tng.device.identity import client_context, load_identity
from tng.device.result import Assigned, Reason, Refused, Unfinished, Unreached
from tng.errors import UsageError
from tng.sandbox.dps.device_registration import RETRY_SECONDS
from tng.sandbox.mqtt import codec as mqtt

NOW = datetime(2026, 11, 21, tzinfo=UTC)
DEADLINE = 0.4
SLACK = 1.0


@pytest.fixture(scope="module")
def ca_file(tmp_path_factory):
    path = tmp_path_factory.mktemp("ca") / "ca.pem"
    path.write_text(AUTHORITY.ca_pem)
    return path


@pytest.fixture(scope="module")
def chip(tmp_path_factory):
    return make_chip(tmp_path_factory.mktemp("chip"))


def identify(chip):
    return load_identity(
        chip.certificate_file, chip.key_file,
        passphrase=lambda: pytest.fail("asked"), registration_id=None, now=NOW,
    )  # fmt: skip


def check(chip, ca_file, host, port, timeout=DEADLINE, scope=SCOPE):
    """The result; the deadline must have held."""
    identity = identify(chip)
    service = ProvisioningService(scope, host, port)
    context = client_context(identity, ca_file)
    began = time.monotonic()
    result = check_registration(identity, service, context, timeout_seconds=timeout)
    assert time.monotonic() - began < timeout + SLACK
    return result


@pytest.fixture(scope="module")
def side(tmp_path_factory):
    with running_device_side(tmp_path_factory.mktemp("side"), port=0) as running:
        yield running


@pytest.fixture
def check_there(side, chip):
    """Checks a chip, by default the enrolled one, at the stand-in."""
    side.behave()
    side.enroll(chip.enrollment())

    def run(device=chip, timeout=10, **more):
        return check(device, side.ca_file, *side.endpoint.address, timeout, **more)

    return run


def test_an_enrolled_device_is_assigned(check_there, side, chip):
    assert check_there() == Assigned(HUBS[1], chip.common_name, "initialAssignment")
    assert side.enrollment(chip.registration_id).registration["status"] == "assigned"


def test_assigning_takes_several_questions(check_there, side):
    side.behave(assigning_polls=3)
    assert isinstance(check_there(), Assigned)


def test_throttling_is_waited_out(check_there, side):
    side.behave(throttled=2)
    assert isinstance(check_there(), Assigned)


def test_a_stranger_is_not_authorized_and_learns_the_tracking_id(check_there, tmp_path):
    result = check_there(make_chip(tmp_path, 1))
    assert isinstance(result, Refused)
    assert (result.reason, result.error_code) == (Reason.NOT_AUTHORIZED, 401002)
    assert len(result.tracking_id) == 36


def test_another_certificate_than_the_enrolled_one_is_not_authorized(check_there, side, chip):
    enrollment = chip.enrollment()
    enrollment.sha256 = "00" * 32
    side.enroll(enrollment)
    assert check_there().reason is Reason.NOT_AUTHORIZED


def test_the_wrong_scope_is_not_authorized_and_the_hint_begins_with_it(check_there):
    result = check_there(scope="0neFFFFFFFF")
    assert result.reason is Reason.NOT_AUTHORIZED
    assert "(1) --id-scope" in hint(result.reason)


def test_disabled(check_there, side, chip):
    side.enroll(chip.enrollment(provisioningStatus="disabled"))
    assert check_there() == Refused(Reason.DISABLED, "the enrollment is disabled")


def test_no_hub_to_assign(check_there, side, chip):
    side.enroll(chip.enrollment(iotHubs=["not-linked.azure-devices.net"]))
    result = check_there()
    assert (result.reason, result.error_code) == (Reason.HUB_NOT_ASSIGNED, 400209)
    assert "No linked IoT hub" in result.message


@pytest.mark.parametrize(
    ("behaviour", "reason"),
    [
        ({"assigning_polls": None}, Reason.STILL_ASSIGNING),
        ({"assigning_polls": None, "retry_seconds": RETRY_SECONDS}, Reason.STILL_ASSIGNING),
        ({"throttled": 10**6}, Reason.THROTTLED),
        ({"silent": True}, Reason.SILENT),
    ],
    ids=["for ever", "asked to wait longer", "throttled", "silent"],
)
def test_what_has_no_end_by_the_deadline(check_there, side, behaviour, reason):
    side.behave(**behaviour)
    result = check_there(timeout=DEADLINE)
    assert isinstance(result, Unfinished)
    assert result.reason is reason


def unreached(result):
    assert isinstance(result, Unreached), result
    return result.reason


def test_no_such_host(chip, ca_file):
    for host in ("a..b", "x" * 64):
        assert unreached(check(chip, ca_file, host, 8883)) is Reason.HOST_UNRESOLVED


def test_a_closed_port(chip, ca_file):
    with black_hole() as port:
        pass
    result = check(chip, ca_file, "127.0.0.1", port)
    assert unreached(result) is Reason.HOST_UNREACHABLE


def test_a_black_hole(chip, ca_file):
    with black_hole() as port:
        result = check(chip, ca_file, "127.0.0.1", port)
    assert isinstance(result, Unfinished)
    assert result.reason is Reason.NO_CONNECTION


def test_a_server_of_another_ca(chip, ca_file, side):
    result = check(chip, ca_file, *side.endpoint.address)
    assert unreached(result) is Reason.SERVER_UNTRUSTED
    assert "--ca-file" in hint(result.reason)


def test_a_server_of_another_name(chip, ca_file):
    with serving(over_tls(Client.linger), "127.0.0.2") as port:
        result = check(chip, ca_file, "127.0.0.2", port)
    assert unreached(result) is Reason.SERVER_UNTRUSTED


def demand_a_known_client(version):
    def change(context):
        context.verify_mode = ssl.CERT_REQUIRED
        context.load_verify_locations(cadata=AUTHORITY.ca_pem)
        context.maximum_version = version

    return change


def refuse_connect(code):
    def behave(client):
        client.packet()
        client.send(mqtt.connect_acknowledged(code))
        client.linger()

    return over_tls(behave)


def refuse_subscribe(client):
    client.packet()
    client.send(mqtt.connect_acknowledged(mqtt.ACCEPTED))
    packet_id = client.packet().packet_id
    client.send(mqtt.subscribe_acknowledged(packet_id, (mqtt.SUBSCRIPTION_FAILED,)))
    client.linger()


def no_suback(client):
    client.packet()
    client.send(mqtt.connect_acknowledged(mqtt.ACCEPTED))
    client.linger()


def after_accepting(*sent):
    def behave(client):
        client.accept()
        client.packet()
        for data in sent:
            client.send(data)

    return over_tls(behave)


def flood(client):
    client.accept()
    client.packet()
    message = mqtt.publish(mqtt.Publish("$dps/registrations/res/200/?$rid=x", b" " * 10_000))
    while True:
        client.send(message)


def swallow(visitor):
    while visitor.recv(1000):
        pass


def speak_http(visitor):
    visitor.recv(1000)
    visitor.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n")
    swallow(visitor)


HUGE = b"\x30\xff\xff\xff\x7f" + b"\0\1a" + b" " * 1_000_000

SERVERS = {
    "accepts and says nothing": (swallow, "no-connection"),
    "speaks HTTP": (speak_http, "server-misbehaves"),
    "TLS 1.2 alert": (
        over_tls(Client.linger, demand_a_known_client(ssl.TLSVersion.TLSv1_2)),
        "tls-refused",
    ),
    "TLS 1.3 alert": (
        over_tls(Client.linger, demand_a_known_client(ssl.TLSVersion.TLSv1_3)),
        "tls-refused",
    ),
    "cut after TLS": (over_tls(lambda client: None), "connection-lost"),
    "no CONNACK": (over_tls(Client.linger), "no-connection"),
    "CONNACK not authorized": (refuse_connect(5), "connect-refused"),
    "CONNACK bad password": (refuse_connect(4), "connect-refused"),
    "CONNACK unavailable": (refuse_connect(3), "connection-lost"),
    "CONNACK nonsense": (refuse_connect(77), "connect-refused"),
    "no SUBACK": (over_tls(no_suback), "silent"),
    "SUBACK failure": (over_tls(refuse_subscribe), "connect-refused"),
    "cut after the registration": (after_accepting(), "connection-lost"),
    "no MQTT": (after_accepting(b"\xff" * 64), "connection-lost"),
    "one huge answer": (after_accepting(HUGE), "server-misbehaves"),
    "many answers to nobody": (over_tls(flood), "server-misbehaves"),
    "no JSON": (answering(b"<html>"), "server-misbehaves"),
    "empty": (answering(b""), "server-misbehaves"),
    "no object": (answering(b"[]"), "server-misbehaves"),
    "deep": (answering(b'{"a":' * 20_000), "server-misbehaves"),
    "no status": (answering(b"{}"), "server-misbehaves"),
    "unknown status": (answering(b'{"status": ["assigned"]}'), "server-misbehaves"),
    "assigned to nothing": (answering(b'{"status": "assigned"}'), "server-misbehaves"),
    "assigned to a number": (
        answering(b'{"status":"assigned","registrationState":{"assignedHub":1,"deviceId":""}}'),
        "server-misbehaves",
    ),
    "assigned to no hub": (
        answering(b'{"status":"assigned","registrationState":{"assignedHub":"","deviceId":"d"}}'),
        "server-misbehaves",
    ),
    "assignment of another device": (
        answering(
            b'{"status":"assigned","registrationState":'
            b'{"registrationId":"other","assignedHub":"h","deviceId":"d"}}'
        ),
        "server-misbehaves",
    ),
    "no operation": (answering(b'{"status": "assigning"}', 202), "server-misbehaves"),
    "huge operation": (
        answering(b'{"status":"assigning","operationId":"%s"}' % (b"x" * 60_000), 202),
        "server-misbehaves",
    ),
    "huge retry-after": (
        answering(b'{"status":"assigning","operationId":"1"}', 202, f"&retry-after={'9' * 400}"),
        "still-assigning",
    ),
    "unwell": (answering(b"{}", 503, "&retry-after=1"), "service-unwell"),
    "forbidden": (answering(b'{"errorCode":403001,"message":"no"}', 403), "request-refused"),
    "unauthorized, without words": (answering(b"{}", 401), "not-authorized"),
    "status disabled": (answering(b'{"status":"disabled"}'), "disabled"),
    "failed, without words": (answering(b'{"status":"failed"}'), "hub-not-assigned"),
}  # fmt: skip


@pytest.mark.parametrize("name", SERVERS)
def test_bad_servers_get_their_reason_and_end_by_the_deadline(chip, ca_file, name):
    behaviour, reason = SERVERS[name]
    with serving(behaviour) as port:
        result = check(chip, ca_file, "127.0.0.1", port)
    assert result.reason == reason, result
    assert hint(result.reason)
    assert len(result.message) < 600


def test_a_long_message_is_cut(chip, ca_file):
    with serving(answering(b'{"message":"%s"}' % (b"x" * 20_000), 401)) as port:
        assert len(check(chip, ca_file, "127.0.0.1", port).message) < 400


def test_every_reason_has_a_hint():
    assert all(hint(reason) for reason in Reason)


@pytest.mark.parametrize(
    ("address", "host", "port"),
    [
        ("dps.example", "dps.example", 8883),
        ("dps.example:443", "dps.example", 443),
        ("127.0.0.1:1", "127.0.0.1", 1),
        ("[::1]:443", "::1", 443),
        ("::1", "::1", 8883),
    ],
)
def test_addresses(address, host, port):
    assert ProvisioningService.at(SCOPE, address) == ProvisioningService(SCOPE, host, port)


@pytest.mark.parametrize("address", ["", ":1", "a:b", "a:0", "a:65536", "a:1:2", "https://a"])
def test_what_is_no_address(address):
    with pytest.raises(UsageError):
        ProvisioningService.at(SCOPE, address)


@pytest.mark.parametrize("scope", ["", "0ne/0", "0ne 1", "é", "x" * 65])
def test_what_is_no_id_scope(scope):
    with pytest.raises(UsageError):
        ProvisioningService(scope)
