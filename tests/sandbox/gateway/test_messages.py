"""Messages between the devices of an account, and what their policies say about them."""

import pytest

from tests.sandbox.gateway.clients import field, packet
from tests.sandbox.gateway.world import ALL, World, allow
from tng.sandbox.gateway.conversation import MAX_PAYLOAD_BYTES
from tng.sandbox.gateway.session import MAX_SUBSCRIPTIONS


@pytest.mark.parametrize(("qos", "granted"), [(0, 0), (0, 1), (1, 0), (1, 1)])
def test_a_message_reaches_who_has_asked_for_it(world: World, qos, granted):
    device = world.device()
    with world.connected(device, "a") as sender, world.connected(device, "b") as receiver:
        assert receiver.subscribe("+/state", "other/#", qos=granted) == (granted, granted)
        sender.publish("a/state", b"\0on", qos=qos)
        sender.publish("a/state/more", b"not asked for")
        sender.publish("other", b"", qos=qos)
        assert receiver.receive() == ("a/state", b"\0on")
        assert receiver.receive() == ("other", b"")
        receiver.unsubscribe("+/state")
        sender.publish("a/state", b"off")
        sender.publish("other/last", b"!")
        assert receiver.receive() == ("other/last", b"!")


def test_many_messages_come_in_their_order(world: World):
    device = world.device()
    with world.connected(device, "a") as client:
        client.subscribe("t", qos=1)
        for number in range(100):
            assert client.publish("t", str(number).encode())
        assert [client.receive()[1] for _ in range(100)] == [str(n).encode() for n in range(100)]


def test_accounts_do_not_hear_each_other(world: World):
    device = world.device(world.eu, world.us)
    with (
        world.connected(device, "a", world.eu) as here,
        world.connected(device, "a", world.us) as there,
    ):
        there.subscribe("#")
        assert here.publish("t", b"secret")
        assert there.waiting() == []


def test_a_client_id_is_taken_over(world: World):
    device = world.device()
    with world.connected(device, "same") as first, world.connected(device, "same") as second:
        assert first.is_closed()
        assert second.ping()
        assert world.side.broker.client_ids == ("same",)


def test_a_client_that_is_silent_for_too_long_is_ended(world: World):
    device = world.device()
    client = world.client(device)
    assert client.connect("a", keep_alive=1) == 0
    assert client.is_closed()


def test_sizes_are_bounded(world: World):
    device = world.device()
    with world.connected(device, "a") as client:
        client.subscribe("t")
        assert client.publish("t", b"x" * MAX_PAYLOAD_BYTES)
        assert len(client.receive()[1]) == MAX_PAYLOAD_BYTES
        client.send(packet(0x30, field("t") + b"x" * (MAX_PAYLOAD_BYTES + 1)))
        assert client.is_closed()


@pytest.mark.parametrize("topic", ["a/+", "#", "", "x" * 257, "/".join("12345678") + "/9"])
def test_topics_that_are_none_end_the_connection(world: World, topic):
    with world.connected(world.device(), "a") as client:
        assert not client.publish(topic)


def test_filters_that_are_none_are_not_granted(world: World):
    with world.connected(world.device(), "a") as client:
        assert client.subscribe("a#", "#/a", "a+/b", "+/a/#") == (0x80, 0x80, 0x80, 1)
        for number in range(MAX_SUBSCRIPTIONS - 1):
            assert client.subscribe(f"t/{number}") == (1,)
        assert client.subscribe("one/too/many") == (0x80,)
        assert client.subscribe("+/a/#", qos=2) == (0x80,)


def test_reserved_topics_lead_nowhere_and_wildcards_do_not_mean_them(world: World):
    with world.connected(world.device(), "a") as client:
        client.subscribe("#", "$aws/things/a/shadow/#")
        assert client.publish("$aws/things/a/shadow/update", b"{}")
        assert client.waiting() == []


def test_the_sandbox_policy_lets_a_device_speak_as_its_thing_alone(world: World):
    device = world.register(world.identity(), thing="sn1")
    assert world.client(device).connect("another") == 5
    with world.connected(device, "sn1") as client:
        granted = client.subscribe("devices/sn1/#", "devices/#", "devices/sn2/x", "#")
        assert granted == (1, 0x80, 0x80, 0x80)
        assert client.publish("devices/sn1/state", b"on")
        assert client.receive() == ("devices/sn1/state", b"on")
        assert not client.publish("devices/sn2/state")


def test_a_thing_that_is_attached_to_another_certificate_does_not_count(world: World):
    world.register(world.identity(), thing="sn1")
    stranger = world.register(world.identity(), thing="sn2")
    assert world.client(stranger).connect("sn1") == 5


def test_what_may_not_be_received_is_not_delivered(world: World):
    statements = [
        allow("iot:Connect", "client/*"),
        allow("iot:Subscribe", "topicfilter/*"),
        allow("iot:Receive", "topic/public/*"),
    ]
    listener = world.register(world.identity(), statements=statements)
    with (
        world.connected(world.device(), "a") as sender,
        world.connected(listener, "b") as receiver,
    ):
        receiver.subscribe("#")
        sender.publish("private/x", b"1")
        sender.publish("public/x", b"2")
        assert receiver.receive() == ("public/x", b"2")
        assert not receiver.publish("public/x")


def test_a_denial_wins(world: World):
    denial = {"Effect": "Deny", "Action": "iot:Publish", "Resource": "*/topic-of-*"}
    denial["Resource"] = f"{world.side.registry.arn('topic')}/bad*"
    device = world.register(world.identity(), statements=[ALL, denial])
    with world.connected(device, "a") as client:
        assert client.publish("good")
        assert not client.publish("bad/x")


def test_a_message_that_is_to_be_kept_needs_a_permission_of_its_own(world: World):
    statements = [allow("iot:Connect", "client/a"), allow("iot:Publish", "topic/*")]
    device = world.register(world.identity(), statements=statements)
    with world.connected(device, "a") as client:
        assert client.publish("news")
        assert not client.publish("news", retain=True)
    statements.append(allow("iot:RetainPublish", "topic/news"))
    other = world.register(world.identity(), statements=statements)
    with world.connected(other, "a") as client:
        assert client.publish("news", retain=True)
        assert not client.publish("more", retain=True)


def test_policies_and_their_statements_add_up(world: World):
    device = world.register(world.identity(), statements=[allow("iot:Connect", "client/a")])
    with world.connected(device, "a") as client:
        assert client.subscribe("t") == (0x80,)
    other = world.register(world.identity(), statements=[allow("iot:Publish", "topic/t")])
    assert world.client(other).connect("a") == 5
