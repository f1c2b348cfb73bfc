"""Every end of MQTT with AWS, at a real broker or a server that behaves as AWS does."""

import threading

import pytest

from tests.device.conftest import NAME
from tests.device.servers import Client
from tests.device.trials import SECONDS, attempt, unreached
from tng.device.aws import AwsTrial
from tng.device.connection import Connected, ConnectReason, Denied, Unanswered
from tng.device.connection_hints import hint
from tng.device.link import DeviceEndpoint
from tng.device.links import open_link
from tng.device.result import Reason
from tng.errors import UsageError
from tng.sandbox.mqtt import codec as mqtt


def test_a_message_goes_and_comes_back(broker, credentials):
    result = attempt(broker.local(), credentials, topic="free/x")
    assert result == Connected("localhost", "free/x", received=True)


def test_a_server_with_tls_1_2_alone(broker, credentials):
    result = attempt(broker.local("tls 1.2"), credentials, topic="free/y")
    assert isinstance(result, Connected), result


def test_the_topic_is_the_devices_own_by_default(broker, device):
    result = attempt(broker.endpoint("tls 1.2"), device.credentials, "a+b/#")
    assert result.topic.startswith("devices/a_b/_/connect/")


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
