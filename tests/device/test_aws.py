"""Every end of connecting to AWS, at a real broker or a server that behaves as AWS does."""

import ssl
import threading
import time
from dataclasses import dataclass, replace
from datetime import timedelta

import pytest

from tests.device.conftest import NAME
from tests.device.pki import YEAR, now
from tests.device.servers import Client, black_hole, over_tls, serving
from tng.device.account import FactsError, Registration
from tng.device.aws import AwsTrial, Patience, connect_to_aws
from tng.device.connection import Connected, ConnectReason, Denied, Unanswered, Unsafe
from tng.device.connection_hints import hint
from tng.device.link import DeviceEndpoint
from tng.device.links import open_link
from tng.device.result import Reason
from tng.errors import UsageError
from tng.sandbox.mqtt import codec as mqtt

SECONDS = 20
BRIEF = Patience(listen=0.3, fight=0.3, echo=5)


def attempt(endpoint, credentials, client_id="device-1", seconds=SECONDS, **more):
    """What it comes to; every failure has a hint."""
    trial = AwsTrial(endpoint, credentials, client_id, **more)
    result = connect_to_aws(trial, timeout_seconds=seconds, patience=BRIEF)
    assert isinstance(result, Connected) or hint(result.reason)
    return result


@pytest.fixture(params=["file", "token"])
def credentials(request, device):
    """Whatever holds the key: everything has to be the same."""
    if request.param == "file":
        return device.credentials
    return request.getfixturevalue("token_device")


@pytest.fixture
def at_server(authority, tmp_path):
    """Starts a TLS server and gives the endpoint; it demands certificates of the test CA."""
    servers = []

    def start(behave, issued=None, change=lambda _: None, *, host=NAME, port=8883, local=False):
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        issued = issued or authority.server(NAME, "localhost")
        context.load_cert_chain(*issued.write(tmp_path, "server"))
        context.load_verify_locations(cadata=authority.pem)
        context.verify_mode = ssl.CERT_REQUIRED
        server = serving(over_tls(behave, change, context))
        there = server.__enter__()
        servers.append(server)
        (tmp_path / "ca.pem").write_text(authority.pem)
        if local:
            return DeviceEndpoint("localhost", there, None, tmp_path / "ca.pem")
        return DeviceEndpoint(host, port, ("127.0.0.1", there), tmp_path / "ca.pem")

    yield start
    for server in servers:
        server.__exit__(None, None, None)


# Connected


def test_a_message_goes_and_comes_back(broker, credentials):
    result = attempt(broker.local(), credentials, topic="free/x")
    assert result == Connected("localhost", "free/x", received=True)


def test_a_server_with_tls_1_2_alone(broker, credentials):
    result = attempt(broker.local("tls 1.2"), credentials, topic="free/y")
    assert isinstance(result, Connected), result


def test_the_topic_is_the_devices_own_by_default(broker, device):
    result = attempt(broker.endpoint("tls 1.2"), device.credentials, "a+b/#")
    assert result.topic.startswith("tng/connect/a_b/_/")


def test_messages_of_others_are_passed_over(broker, device):
    def chatter():
        link = open_link(broker.local(), device.credentials, "other", timeout_seconds=SECONDS)
        with link:
            link.connect()
            while not done.is_set():
                link.publish("free/shared", b"other")
                link.wait(0.01)

    done = threading.Event()
    thread = threading.Thread(target=chatter)
    thread.start()
    try:
        assert isinstance(
            attempt(broker.local(), device.credentials, topic="free/shared"), Connected
        )
    finally:
        done.set()
        thread.join()


# Before TLS


def unreached(result, reason):
    assert isinstance(result, Unsafe), result
    assert result.reason == reason, result
    return result.message


def test_a_name_that_leads_nowhere(credentials):
    for host in ("a..b", "x" * 64):
        unreached(attempt(DeviceEndpoint(host), credentials), "host-unresolved")


def test_a_port_where_nothing_listens(credentials):
    with serving(Client.linger) as port:
        pass
    message = unreached(attempt(DeviceEndpoint("127.0.0.1", port), credentials), "host-unreachable")
    assert "nothing listens" in message


def test_a_firewall_that_swallows_everything(credentials):
    with black_hole() as port:
        result = attempt(DeviceEndpoint("127.0.0.1", port), credentials, seconds=0.4)
    assert isinstance(result, Unanswered)
    assert result.reason == "no-connection"


def test_a_server_that_never_finishes_the_handshake(credentials):
    with serving(lambda visitor: visitor.recv(100_000) and visitor.recv(1)) as port:
        result = attempt(DeviceEndpoint("127.0.0.1", port), credentials, seconds=0.4)
    assert result.reason == "no-connection"


# The server


@pytest.mark.parametrize(
    "greeting", [b"HTTP/1.1 400 Bad Request\r\n\r\n", b"\x20\x02\x00\x05", b"SSH-2.0-x\r\n"]
)
def test_a_port_that_speaks_no_tls(credentials, greeting):
    def speak(visitor):
        visitor.recv(1000)
        visitor.sendall(greeting * 4)
        while visitor.recv(1000):
            pass

    with serving(speak) as port:
        result = attempt(DeviceEndpoint("127.0.0.1", port), credentials)
    unreached(result, "not-tls")


def test_a_server_that_hangs_up_in_the_handshake(device):
    with serving(lambda visitor: visitor.recv(100_000)) as port:
        result = attempt(DeviceEndpoint("127.0.0.1", port), device.credentials)
    assert isinstance(result, Denied)
    assert result.reason == "tls-closed"
    assert "not ACTIVE" in hint(result.reason)


def test_a_server_that_hangs_up_in_the_handshake_with_a_token(token_device):
    with serving(lambda visitor: visitor.recv(100_000)) as port:
        result = attempt(DeviceEndpoint("127.0.0.1", port), token_device)
    assert isinstance(result, Denied)
    assert result.reason in ("connect-denied", "certificate-refused")
    assert "not ACTIVE" in hint(result.reason)


def only_old_versions(context):
    context.minimum_version = ssl.TLSVersion.TLSv1
    context.maximum_version = ssl.TLSVersion.TLSv1_1
    context.set_ciphers("ALL:@SECLEVEL=0")


@pytest.mark.filterwarnings("ignore:ssl.TLSVersion:DeprecationWarning")
def test_a_server_with_old_versions_of_tls_alone(at_server, credentials):
    endpoint = at_server(Client.linger, change=only_old_versions, local=True)
    unreached(attempt(endpoint, credentials), "tls-version")


def test_a_server_of_an_unknown_ca(broker, credentials):
    endpoint = replace(broker.local(), ca_file=broker.other_ca_file)
    message = unreached(attempt(endpoint, credentials), "server-untrusted")
    assert "its issuer is test CA" in message
    assert "Amazon Root CA" in hint(ConnectReason.SERVER_UNTRUSTED)
    assert "--ca-file" in hint(ConnectReason.SERVER_UNTRUSTED)


def test_a_self_signed_server(at_server, device, other_authority):
    endpoint = at_server(Client.linger, other_authority.server(NAME))
    unreached(attempt(endpoint, device.credentials), "server-untrusted")


def test_the_endpoint_of_another_account(broker, device):
    endpoint = replace(broker.endpoint(), host="b-ats.iot.eu-west-1.amazonaws.com")
    message = unreached(attempt(endpoint, device.credentials), "wrong-endpoint")
    assert "server iot.example.test" in message


def test_aws_old_endpoint(at_server, device, other_authority):
    host = "a1b2c3.iot.eu-west-1.amazonaws.com"
    endpoint = at_server(Client.linger, other_authority.server(host), host=host)
    message = unreached(attempt(endpoint, device.credentials), "wrong-endpoint")
    assert "no -ats in its name" in message


def test_a_server_that_knows_no_such_name(at_server, device):
    def refuse(context):
        context.sni_callback = lambda *_: ssl.ALERT_DESCRIPTION_UNRECOGNIZED_NAME

    result = attempt(at_server(Client.linger, change=refuse), device.credentials)
    unreached(result, "wrong-endpoint")


def test_an_expired_server_and_both_times_are_told(at_server, authority, device):
    issued = authority.server(NAME, begin=now() - YEAR / 2, end=now() - timedelta(days=3))
    message = unreached(attempt(at_server(Client.linger, issued), device.credentials),
                        "server-expired")  # fmt: skip
    assert f"to {now() - timedelta(days=3):%Y-%m-%d}" in message
    assert f"clock says {now():%Y-%m-%d}" in message


def test_a_clock_that_is_behind(at_server, authority, device):
    issued = authority.server(NAME, begin=now() + timedelta(days=3))
    message = unreached(attempt(at_server(Client.linger, issued), device.credentials),
                        "clock-wrong")  # fmt: skip
    assert f"valid from {now() + timedelta(days=3):%Y-%m-%d}" in message
    assert "NTP" in hint(ConnectReason.CLOCK_WRONG)


ALERTS = {
    40: "certificate-refused",
    42: "certificate-refused",
    43: "certificate-refused",
    44: "certificate-refused",
    45: "certificate-expired",
    46: "certificate-refused",
    48: "certificate-refused",
    49: "certificate-refused",
    51: "key-refused",
    70: "tls-version",
    71: "tls-failed",
    80: "tls-failed",
    112: "wrong-endpoint",
    120: "alpn-refused",
}
"""By their numbers (RFC 8446 §6)."""


@pytest.mark.parametrize("alert", ALERTS)
def test_every_alert_has_its_reason(credentials, alert):
    def refuse(visitor):
        visitor.recv(100_000)
        visitor.sendall(bytes([21, 3, 3, 0, 2, 2, alert]))
        while visitor.recv(1000):
            pass

    with serving(refuse) as port:
        result = attempt(DeviceEndpoint("127.0.0.1", port), credentials)
    assert result.reason == ALERTS[alert], result


# The device's certificate


def test_a_certificate_whose_ca_is_unknown(broker, device):
    result = attempt(broker.endpoint("strangers"), device.credentials)
    assert isinstance(result, Denied)
    assert result.reason == "certificate-refused"
    assert "UNKNOWN_CA" in result.message


def test_a_certificate_in_a_token_whose_ca_is_unknown(broker, token_device):
    result = attempt(broker.local("strangers"), token_device)
    assert isinstance(result, Denied)
    assert result.reason in ("certificate-refused", "connect-denied")
    assert "not ACTIVE" in hint(result.reason)


def test_a_revoked_certificate(broker, revoked):
    result = attempt(broker.endpoint("revocation"), revoked.credentials)
    assert result.reason == "certificate-refused"
    assert "REVOKED" in result.message


def test_an_expired_certificate(broker, authority):
    expired = authority.device("old", begin=now() - YEAR / 2, end=now() - timedelta(days=1))
    assert attempt(broker.endpoint(), expired.credentials).reason == "certificate-expired"


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
def test_a_refused_certificate_in_both_versions_of_tls(at_server, device, other_authority, version):
    def demand(context):
        context.maximum_version = version
        context.verify_mode = ssl.CERT_REQUIRED

    stranger = other_authority.device("stranger")
    result = attempt(at_server(Client.linger, change=demand), stranger.credentials)
    assert result.reason == "certificate-refused"


def test_tls_1_3_may_refuse_by_hanging_up_alone(at_server, device):
    result = attempt(at_server(lambda client: None), device.credentials)
    assert isinstance(result, Denied)
    assert result.reason == "tls-closed"


# MQTT


def test_connect_is_refused(broker, credentials):
    result = attempt(broker.local("passwords"), credentials)
    assert isinstance(result, Denied)
    assert result.reason == "connect-denied"
    assert "iot:Connection.Thing.ThingName" in hint(result.reason)


def test_connect_is_answered_by_hanging_up(at_server, device):
    result = attempt(at_server(Client.packet), device.credentials)
    assert isinstance(result, Denied)
    assert result.reason == "connect-denied"
    assert "instead of answering CONNECT" in result.message


def accepting(*then):
    def behave(client):
        client.packet()
        client.send(mqtt.connect_acknowledged(mqtt.ACCEPTED))
        for step in then:
            step(client)

    return behave


def grant(client):
    packet = client.packet()
    if isinstance(packet, mqtt.Subscribe):
        client.send(mqtt.subscribe_acknowledged(packet.packet_id, (1,)))


def refuse_subscription(client):
    code = (mqtt.SUBSCRIPTION_FAILED,)
    client.send(mqtt.subscribe_acknowledged(client.packet().packet_id, code))
    client.linger()


def hang_up_on(kind):
    """Read until such a packet comes, then close as AWS does."""

    def behave(client):
        while not isinstance(client.packet(), kind):
            pass

    return behave


def test_subscribe_is_refused(at_server, device):
    result = attempt(at_server(accepting(refuse_subscription)), device.credentials)
    assert isinstance(result, Denied)
    assert result.reason == "subscribe-denied"


def test_subscribe_is_answered_by_hanging_up(at_server, device):
    result = attempt(at_server(accepting(hang_up_on(mqtt.Subscribe))), device.credentials)
    assert result.reason == "subscribe-denied"


def test_publish_is_answered_by_hanging_up(at_server, device):
    behave = accepting(grant, hang_up_on(mqtt.Publish))
    result = attempt(at_server(behave), device.credentials)
    assert isinstance(result, Denied)
    assert result.reason == "publish-denied"
    assert "iot:Publish" in hint(result.reason)


def test_another_device_of_the_same_client_id_is_told_from_a_policy(at_server, device):
    visits = []

    def rival(client):
        visits.append(1)
        client.packet()
        client.send(mqtt.connect_acknowledged(mqtt.ACCEPTED))
        if len(visits) == 1:
            client.packet()

    result = attempt(at_server(rival), device.credentials)
    assert isinstance(result, Denied)
    assert result.reason == "client-id-taken"


def test_the_message_does_not_come_back(broker, authority):
    quiet = authority.device("no-receive").credentials
    result = attempt(broker.endpoint("rules"), quiet, "no-receive", seconds=1)
    assert isinstance(result, Unanswered)
    assert result.reason == "not-received"
    assert "iot:Receive" in hint(result.reason)


def test_throttled(at_server, device):
    def busy(client):
        client.packet()
        client.send(mqtt.connect_acknowledged(mqtt.UNAVAILABLE))
        client.linger()

    result = attempt(at_server(busy), device.credentials)
    assert isinstance(result, Unanswered)
    assert result.reason == "unavailable"


@pytest.mark.parametrize(
    ("steps", "words"),
    [((Client.linger,), "subscription"), ((grant, Client.linger), "acknowledged")],
)
def test_silence_says_what_was_waited_for(at_server, device, steps, words):
    result = attempt(at_server(accepting(*steps)), device.credentials, seconds=0.6)
    assert isinstance(result, Unanswered)
    assert result.reason == "silent"
    assert words in result.message


def test_a_server_that_accepts_tls_and_says_nothing(at_server, device):
    result = attempt(at_server(Client.linger), device.credentials, seconds=0.6)
    assert result.reason == "silent"
    assert "the answer to CONNECT" in result.message


@pytest.mark.parametrize("sent", [b"\xff" * 64, b"\x30\xff\xff\xff\x7f" + b" " * 400_000])
def test_what_is_no_mqtt(at_server, device, sent):
    def babble(client):
        client.packet()
        client.send(mqtt.connect_acknowledged(mqtt.ACCEPTED))
        client.packet()
        client.send(sent)
        client.linger()

    unreached(attempt(at_server(babble), device.credentials), "server-misbehaves")


def test_a_connection_that_ends_while_the_message_is_awaited(at_server, device):
    def forget(client):
        while not isinstance(packet := client.packet(), mqtt.Publish):
            pass
        client.send(mqtt.publish_acknowledged(packet.packet_id))

    result = attempt(at_server(accepting(grant, forget)), device.credentials)
    assert isinstance(result, Unanswered)
    assert result.reason == "connection-lost"


# The account


@dataclass
class Account:
    """`RegistrationFacts` with fixed answers."""

    registered: Registration | None = None
    host: str = NAME
    place: str = "account 111122223333 in eu-central-1"
    problem: str = ""

    def endpoint(self):
        return self.host

    def registration(self, certificate_id):
        assert len(certificate_id) == 64
        if self.problem:
            raise FactsError(self.problem)
        return self.registered


ELSEWHERE = "b-ats.iot.eu-west-1.amazonaws.com"
FINE = Registration("ACTIVE", "DEFAULT", ("fleet",), ("device-1",))


@pytest.mark.parametrize(
    ("facts", "reason", "words"),
    [
        (Account(), "not-registered", "account 111122223333 in eu-central-1 has no certificate"),
        (Account(replace(FINE, status="INACTIVE")), "not-active", "INACTIVE, expected ACTIVE"),
        (Account(replace(FINE, status="REVOKED")), "not-active", "REVOKED"),
        (Account(replace(FINE, status="PENDING_TRANSFER")), "not-active", "PENDING_TRANSFER"),
        (Account(replace(FINE, policies=())), "no-policy", "no policy is attached"),
        (Account(FINE), "connect-denied", "ACTIVE, with the policies fleet"),
        (
            Account(replace(FINE, things=("lamp-7",))),
            "connect-denied",
            "its thing is lamp-7, the client id is device-1",
        ),
        (Account(FINE, host=ELSEWHERE), "connect-denied", "ACTIVE"),
        (Account(host=ELSEWHERE), "not-registered", "has no certificate"),
        (
            Account(replace(FINE, mode="SNI_ONLY"), host=ELSEWHERE),
            "wrong-endpoint",
            "the SNI must be that whole name",
        ),
        (Account(problem="AccessDenied"), "connect-denied", "not asked: AccessDenied"),
    ],
)  # fmt: skip
def test_the_account_tells_refusals_apart(at_server, device, facts, reason, words):
    result = attempt(at_server(Client.packet), device.credentials, facts=facts)
    assert result.reason == reason
    assert words in result.message


@pytest.mark.parametrize("registered", [None, FINE, replace(FINE, mode="SNI_ONLY")])
def test_a_name_of_aws_that_is_another_accounts(at_server, authority, device, registered):
    host = "a-ats.iot.eu-west-1.amazonaws.com"
    endpoint = at_server(Client.packet, authority.server(host), host=host)
    result = attempt(endpoint, device.credentials, facts=Account(registered, host=ELSEWHERE))
    assert isinstance(result, Unsafe)
    assert result.reason == "wrong-endpoint"
    assert f"in eu-central-1, which is {ELSEWHERE}" in result.message
    assert ("nor is the certificate" in result.message) == (registered is None)


def test_what_is_wrong_with_the_name_is_not_put_down_to_the_device(device):
    inactive = Account(replace(FINE, status="INACTIVE"), host="a..b")
    result = attempt(DeviceEndpoint("a..b"), device.credentials, facts=inactive)
    assert result.reason == "host-unresolved"


def test_with_a_token_a_server_without_tls_1_2_is_told(at_server, token_device):
    def only_new(context):
        context.minimum_version = ssl.TLSVersion.TLSv1_3

    endpoint = at_server(Client.linger, change=only_new, local=True)
    unreached(attempt(endpoint, token_device), "tls-version")


def test_the_deadline_holds_while_the_servers_certificate_is_fetched(
    at_server, other_authority, device
):
    def once(visitor):
        if visits:
            visitor.recv(100_000)
            visitor.recv(1)
        visits.append(1)
        answer(visitor)

    visits = []
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    endpoint = at_server(Client.linger, other_authority.server(NAME))
    context.load_cert_chain(endpoint.ca_file.parent / "server.pem",
                            endpoint.ca_file.parent / "server.key")  # fmt: skip
    answer = over_tls(Client.linger, context=context)
    with serving(once) as port:
        began = time.monotonic()
        result = attempt(
            replace(endpoint, address=("127.0.0.1", port)), device.credentials, seconds=1
        )
    assert unreached(result, "server-untrusted")
    assert time.monotonic() - began < 4


def test_the_account_is_not_asked_about_a_device_that_connects(broker, device):
    facts = Account(problem="asked")
    assert isinstance(attempt(broker.endpoint(), device.credentials, facts=facts), Connected)


def test_the_account_has_nothing_to_say_about_a_closed_port(device):
    with serving(Client.linger) as port:
        pass
    endpoint = DeviceEndpoint("127.0.0.1", port)
    result = attempt(endpoint, device.credentials, facts=Account(problem="asked"))
    assert "asked" not in result.message


# What is no trial


@pytest.mark.parametrize("topic", ["a/+", "#", "a\0b", "x" * 257, "\udcff"])
def test_what_is_no_topic(device, topic):
    with pytest.raises(UsageError, match="no topic"):
        AwsTrial(DeviceEndpoint(NAME), device.credentials, "d", topic)


@pytest.mark.parametrize("client_id", ["", "x" * 129, "\udcff", "a\n"])
def test_what_is_no_client_id(device, client_id):
    with pytest.raises(UsageError, match="client id"):
        AwsTrial(DeviceEndpoint(NAME), device.credentials, client_id)


def test_every_reason_has_a_hint():
    assert all(hint(reason) for kind in (ConnectReason, Reason) for reason in kind)
