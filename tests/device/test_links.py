"""The contract of links, with keys in files and in a token, at a real broker and at bad servers."""

import socket
import ssl
import subprocess
import sys
import threading
import time

import pytest

from tests import softhsm
from tests.device.conftest import NAME
from tests.device.servers import Client, black_hole, over_tls, serving
from tng.device.credentials import load_token_credentials
from tng.device.link import DeviceEndpoint
from tng.device.links import open_link
from tng.device.mqtt_model import (
    MAX_CONVERSATION_BYTES,
    MqttDeadlineError,
    MqttFloodError,
    MqttLostError,
    MqttMessage,
    MqttRefusedError,
)
from tng.errors import ConfigurationError, InputError, UsageError
from tng.pkcs11.uri import read_uri
from tng.sandbox.mqtt import codec as mqtt

TOPIC = "free/links"


def link_to(broker, credentials, listener="main", *, seconds=20, **more):
    return open_link(broker.local(listener), credentials, "links", timeout_seconds=seconds, **more)


def test_what_is_published_comes_back(broker, credentials):
    with link_to(broker, credentials) as link:
        link.connect()
        link.subscribe(TOPIC)
        link.publish(TOPIC, b"1")
        link.publish(TOPIC, b"2")
        link.confirm()
        assert [link.receive(), link.receive()] == [
            MqttMessage(TOPIC, b"1"),
            MqttMessage(TOPIC, b"2"),
        ]
        assert 0 < link.seconds_left <= 20


def test_the_deadline_can_be_renewed(broker, credentials):
    with link_to(broker, credentials) as link:
        link.connect()
        link.subscribe(TOPIC)
        link.renew(0.05)
        with pytest.raises(MqttDeadlineError):
            link.receive()
        assert link.seconds_left == 0
        link.renew(20)
        link.publish(TOPIC, b"later")
        assert link.receive().payload == b"later"


def test_waiting_stays_connected(broker, credentials):
    with link_to(broker, credentials) as link:
        link.connect()
        link.wait(0.05)
        link.subscribe(TOPIC)


def test_a_connection_that_is_refused(broker, credentials):
    with link_to(broker, credentials, "passwords") as link, pytest.raises(MqttRefusedError):
        link.connect()


def test_a_certificate_that_is_refused(broker, credentials):
    with (
        link_to(broker, credentials, "strangers") as link,
        pytest.raises((ssl.SSLError, MqttLostError)),
    ):
        link.connect()


def test_a_server_that_is_not_trusted_is_told_at_once(broker, credentials):
    endpoint = DeviceEndpoint("localhost", broker.ports["main"], None, broker.other_ca_file)
    with (
        open_link(endpoint, credentials, "links", timeout_seconds=20) as link,
        pytest.raises(ssl.SSLCertVerificationError),
    ):
        link.connect()
    assert link.seconds_left > 5


def test_a_server_that_is_gone(credentials):
    with serving(Client.linger) as port:
        pass
    endpoint = DeviceEndpoint("localhost", port)
    with (
        open_link(endpoint, credentials, "links", timeout_seconds=20) as link,
        pytest.raises(ConnectionRefusedError),
    ):
        link.connect()


def test_a_name_that_is_none(credentials):
    for host in ("a..b", "x" * 64):
        with (
            open_link(DeviceEndpoint(host), credentials, "links", timeout_seconds=20) as link,
            pytest.raises(socket.gaierror),
        ):
            link.connect()


def test_the_deadline_holds_where_nothing_answers(credentials):
    with black_hole() as port:
        endpoint = DeviceEndpoint("127.0.0.1", port)
        with (
            open_link(endpoint, credentials, "links", timeout_seconds=0.3) as link,
            pytest.raises(MqttDeadlineError),
        ):
            link.connect()


def test_the_deadline_holds_in_the_handshake(credentials):
    with serving(lambda visitor: visitor.recv(100_000) and visitor.recv(1)) as port:
        endpoint = DeviceEndpoint("127.0.0.1", port)
        with (
            open_link(endpoint, credentials, "links", timeout_seconds=0.3) as link,
            pytest.raises(MqttDeadlineError),
        ):
            link.connect()


def server_of(authority, tmp_path, name="localhost"):
    """A server that demands a client's certificate, as the clouds do."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(*authority.server(name).write(tmp_path, "server"))
    context.load_verify_locations(cadata=authority.pem)
    context.verify_mode = ssl.CERT_REQUIRED
    return context


def granting(then):
    """A server that accepts, and after the subscription does something else."""

    def behave(client):
        client.accept()
        then(client)

    return behave


@pytest.fixture
def link_at(credentials, authority, tmp_path):
    """Opens a link at a server that does what is asked of it."""
    ca_file = tmp_path / "ca.pem"
    ca_file.write_text(authority.pem)
    context = server_of(authority, tmp_path)

    def start(behave, seconds=20):
        server = serving(over_tls(behave, context=context))
        port = server.__enter__()
        started.append(server)
        endpoint = DeviceEndpoint("localhost", port, None, ca_file)
        return open_link(endpoint, credentials, "links", timeout_seconds=seconds)

    started = []
    yield start
    for server in started:
        server.__exit__(None, None, None)


def take_all(link):
    link.subscribe("x")
    while True:
        link.receive()


def test_more_than_a_conversation_takes_is_not_received(link_at):
    message = mqtt.publish(mqtt.Publish("x", b" " * 10_000))

    def flood(client):
        while True:
            client.send(message)

    with link_at(granting(flood)) as link:
        link.connect()
        with pytest.raises(MqttFloodError, match=f"{MAX_CONVERSATION_BYTES:,}"):
            take_all(link)


def test_a_connection_that_ends_is_not_made_again(link_at):
    visits = []

    def leave(client):
        visits.append(1)
        client.packet()
        client.send(mqtt.connect_acknowledged(mqtt.ACCEPTED))

    with link_at(leave) as link:
        link.connect()
        with pytest.raises(MqttLostError):
            link.receive()
        with pytest.raises(MqttLostError):
            link.wait(1)
    # One of a token's first looks at the server.
    assert len(visits) <= 2


def test_a_second_subscription_is_judged_by_its_own_answer(link_at):
    def grant_one(client):
        client.accept()
        packet_id = client.packet().packet_id
        client.send(mqtt.subscribe_acknowledged(packet_id, (mqtt.SUBSCRIPTION_FAILED,)))
        client.linger()

    with link_at(grant_one) as link:
        link.connect()
        link.subscribe("x")
        with pytest.raises(MqttRefusedError, match="subscription"):
            link.subscribe("y")


def test_silence_after_publishing_ends_by_the_deadline(link_at):
    with link_at(granting(Client.linger), seconds=1.5) as link:
        link.connect()
        link.subscribe("x")
        link.publish("x", b"")
        with pytest.raises(MqttDeadlineError):
            link.confirm()


def test_the_address_may_differ_from_the_name_that_is_checked(broker, device):
    with open_link(broker.endpoint(), device.credentials, "links", timeout_seconds=20) as link:
        link.connect()
        link.subscribe(TOPIC)


def test_another_name_than_the_servers_is_refused(broker, device):
    endpoint = DeviceEndpoint(
        "other.example.test", 8883, ("127.0.0.1", broker.ports["main"]), broker.ca_file
    )
    with (
        open_link(endpoint, device.credentials, "links", timeout_seconds=20) as link,
        pytest.raises(ssl.SSLCertVerificationError, match=r"[Hh]ostname mismatch"),
    ):
        link.connect()


@pytest.mark.parametrize(("port", "expected"), [(443, "x-amzn-mqtt-ca"), (8883, None)])
def test_port_443_names_the_protocol_and_the_sni_is_the_endpoint(
    authority, device, tmp_path, port, expected
):
    seen = []
    context = server_of(authority, tmp_path, NAME)
    context.set_alpn_protocols(["x-amzn-mqtt-ca"])
    context.sni_callback = lambda _socket, name, _context: seen.append(name)
    (tmp_path / "ca.pem").write_text(authority.pem)

    def behave(client):
        seen.append(client.stream.selected_alpn_protocol())
        client.packet()
        client.send(mqtt.connect_acknowledged(mqtt.ACCEPTED))
        client.linger()

    with serving(over_tls(behave, context=context)) as there:
        endpoint = DeviceEndpoint(NAME, port, ("127.0.0.1", there), tmp_path / "ca.pem")
        with open_link(endpoint, device.credentials, "links", timeout_seconds=20) as link:
            link.connect()
    assert seen == [NAME, expected]


def test_a_username_is_sent_only_where_there_is_one(authority, device, tmp_path):
    names = []
    context = server_of(authority, tmp_path, NAME)
    (tmp_path / "ca.pem").write_text(authority.pem)

    def behave(client):
        names.append(client.packet().username)
        client.send(mqtt.connect_acknowledged(mqtt.ACCEPTED))

    with serving(over_tls(behave, context=context)) as port:
        endpoint = DeviceEndpoint(NAME, 8883, ("127.0.0.1", port), tmp_path / "ca.pem")
        for username in ("hub/device", ""):
            with open_link(
                endpoint, device.credentials, "links", timeout_seconds=20, username=username
            ) as link:
                link.connect()
    assert names == ["hub/device", ""]


def test_with_a_token_the_address_must_be_the_hosts(broker, token_device):
    with pytest.raises(UsageError, match="another address"):
        open_link(broker.endpoint(), token_device, "links", timeout_seconds=1)


def test_a_token_link_takes_rsa_keys_too(broker, authority, tmp_path):
    from cryptography.hazmat.primitives.serialization import load_der_public_key

    from tng.pkcs11.public import public_key_of
    from tng.pkcs11.session import find_private_key, open_session

    uri = read_uri(softhsm.token().uri(object="rsa"))
    with open_session(read_uri(token_text("rsa")), softhsm.PIN) as session:
        spki = public_key_of(session, find_private_key(session, uri))
    issued = authority.device_of("rsa", load_der_public_key(spki))
    certificate, _ = issued.write(tmp_path, "rsa")
    found = load_token_credentials(certificate, read_uri(token_text("rsa")), softhsm.PIN)
    with link_to(broker, found) as link:
        link.connect()


def token_text(label):
    return softhsm.token().uri(token=softhsm.LABEL.replace(" ", "%20"), object=label)


def test_a_certificate_of_another_key_than_the_tokens(authority, tmp_path):
    certificate, _ = authority.device("other").write(tmp_path, "other")
    with pytest.raises(InputError, match="their public keys differ"):
        load_token_credentials(certificate, read_uri(token_text("p256")), softhsm.PIN)


def test_a_ca_file_that_is_none(credentials, tmp_path):
    (tmp_path / "ca.pem").write_text("nothing")
    endpoint = DeviceEndpoint("localhost", 8883, None, tmp_path / "ca.pem")
    with pytest.raises(ConfigurationError):
        open_link(endpoint, credentials, "links", timeout_seconds=1)


def test_while_a_token_link_is_open_the_token_still_signs(broker, token_device):
    from tng.pkcs11.key import open_key

    with link_to(broker, token_device) as link:
        link.connect()
        key = open_key(token_text("p384"), lambda: softhsm.PIN)
        assert key.sign(b"message")
        link.subscribe(TOPIC)
    assert key.sign(b"afterwards")


_SCRIPT = """
import sys
from pathlib import Path
from tng.device.credentials import load_token_credentials
from tng.device.link import DeviceEndpoint
from tng.device.links import open_link
from tng.pkcs11.uri import read_uri

credentials = load_token_credentials(Path(sys.argv[1]), read_uri(sys.argv[2]), sys.argv[3])
endpoint = DeviceEndpoint("localhost", int(sys.argv[4]), None, Path(sys.argv[5]))
link = open_link(endpoint, credentials, "left-open", timeout_seconds=30)
link.connect()
print("connected", flush=True)
"""


@pytest.mark.slow
def test_a_link_that_is_left_open_keeps_no_process_alive(broker, token_device, tmp_path):
    from tng.x509.pem import to_pem

    certificate = tmp_path / "device.pem"
    certificate.write_text(to_pem(token_device.certificate.der))
    done = subprocess.run(
        [
            sys.executable, "-c", _SCRIPT, str(certificate), token_device.uri.text, softhsm.PIN,
            str(broker.ports["main"]), str(broker.ca_file),
        ],
        capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert (done.returncode, done.stdout) == (0, "connected\n"), done.stderr


def test_no_thread_is_left_by_a_conversation(broker, device):
    before = threading.active_count()
    with link_to(broker, device.credentials) as link:
        link.connect()
    end = time.monotonic() + 20
    while threading.active_count() > before and time.monotonic() < end:
        time.sleep(0.01)
    assert threading.active_count() <= before
