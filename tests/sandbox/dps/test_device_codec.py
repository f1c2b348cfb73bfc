from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tng.sandbox.mqtt import codec as mqtt


class _EndedError(Exception):
    pass


def reader(data):
    position = 0

    def read(count):
        nonlocal position
        if position + count > len(data):
            raise _EndedError
        position += count
        return data[position - count : position]

    return read


def parse(text):
    return mqtt.read_packet(reader(bytes.fromhex(text)))


def test_connect_as_a_real_client_sends_it():
    # protocol MQTT 4, flags username, keep-alive 60, client id "ab", username "u/1"
    packet = parse("1013 00044d515454 04 80 003c 00026162 0003752f31")
    assert packet == mqtt.Connect("ab", "u/1", 60)


def test_connect_with_a_will_and_a_password_skips_both():
    packet = parse("101a 00044d515454 04 c4 0000 000161 000174 0002ffff 000175 000170")
    assert packet == mqtt.Connect("a", "u", 0)


@pytest.mark.parametrize(
    "text",
    ["100d 00064d5149736470 03 02 003c 0000", "100c 00044d515454 05 02 003c 0000"],
    ids=["MQTT 3.1", "MQTT 5"],
)
def test_other_versions_are_told_apart(text):
    with pytest.raises(mqtt.MqttVersionError):
        parse(text)


def test_subscribe_publish_and_the_small_packets():
    assert parse("8206 0007 0001 61 01") == mqtt.Subscribe(7, (("a", 1),))
    assert parse("a205 0007 0001 61") == mqtt.Unsubscribe(7, ("a",))
    assert parse("3205 0001 61 0009") == mqtt.Publish("a", b"", 1, 9)
    assert parse("3005 0001 61 6869") == mqtt.Publish("a", b"hi")
    assert parse("4002 0009") == mqtt.PublishAcknowledged(9)
    assert parse("c000") == mqtt.PingRequest()
    assert parse("e000") == mqtt.Disconnect()


@pytest.mark.parametrize(
    "text",
    [
        "30ffffffff7f",  # 5 bytes of length
        "30ffffff7f",  # 256 MB announced
        "3403000161",  # QoS 2
        "3003000900",  # topic longer than the packet
        "30030001ff",  # topic not UTF-8
        "3003000100",  # null in a topic
        "3205000161 0000",  # packet id 0
        "8006000700016101",  # SUBSCRIBE without its flag
        "82020007",  # no filter
        "8206000000016101",  # packet id 0
        "a0050007000161",  # UNSUBSCRIBE without its flag
        "a2020007",  # no filter
        "c00100",  # PINGREQ with a body
        "20020000",  # CONNACK, a server's
        "f000",
    ],
)
def test_what_is_malformed_is_refused(text):
    with pytest.raises(mqtt.MqttError):
        parse(text)


def test_a_long_packet_is_refused_before_it_is_read():
    asked = []

    def read(count):
        asked.append(count)
        return bytes.fromhex("30ffff7f")[len(asked) - 1 :][:count]

    with pytest.raises(mqtt.MqttError, match="at most"):
        mqtt.read_packet(read)
    assert max(asked) == 1


def test_too_many_filters_are_refused():
    body = b"\0\1" + b"\0\1a\0" * 17
    with pytest.raises(mqtt.MqttError, match="filters"):
        mqtt.read_packet(reader(bytes((0x82, len(body))) + body))


@given(st.binary(max_size=200))
def test_any_bytes_give_a_packet_or_an_mqtt_error(data):
    with suppress(mqtt.MqttError, _EndedError):
        mqtt.read_packet(reader(data))


@given(st.text(alphabet="abc/$é", max_size=300), st.binary(max_size=20_000), st.booleans())
def test_what_is_published_is_read_back(topic, payload, with_qos):
    message = mqtt.Publish(topic, payload, int(with_qos), 77 if with_qos else 0)
    assert mqtt.read_packet(reader(mqtt.publish(message))) == message


def test_acknowledgements_on_the_wire():
    assert mqtt.connect_acknowledged(mqtt.NOT_AUTHORIZED).hex() == "20020005"
    assert mqtt.subscribe_acknowledged(258, (1, 0x80)).hex() == "900401020180"
    assert mqtt.publish_acknowledged(3).hex() == "40020003"
    assert mqtt.ping_answer().hex() == "d000"
