"""The fleet topics' responder as a client of a real broker, so that both halves are judged apart.

The broker speaks MQTT and TLS, the responder decides: what a device of fleet provisioning says
to both must be the same as what it says to the gateway.
"""

import threading
from types import TracebackType

import paho.mqtt.client as paho

from tng.sandbox.gateway.fleet import CREATE_TOPIC, FleetResponder

_TOPICS = (CREATE_TOPIC, "$aws/provisioning-templates/+/provision/json")
_START_SECONDS = 30


class FleetBridge:
    """Answers at a broker's plain port of the loopback; a context manager."""

    def __init__(self, responder: FleetResponder, port: int) -> None:
        self._responder = responder
        self._port = port
        self._ready = threading.Event()
        self._client = paho.Client(client_id="responder", protocol=paho.MQTTv311)
        self._client.on_connect = self._connected
        self._client.on_subscribe = lambda *_: self._ready.set()
        self._client.on_message = self._answer

    def __enter__(self) -> "FleetBridge":
        self._client.connect("127.0.0.1", self._port)
        self._client.loop_start()
        assert self._ready.wait(_START_SECONDS)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._client.disconnect()
        self._client.loop_stop()

    def _connected(self, *_: object) -> None:
        self._client.subscribe([(topic, 1) for topic in _TOPICS])

    def _answer(self, _: object, __: object, message: paho.MQTTMessage) -> None:
        answer = self._responder.answer(message.topic, message.payload)
        if answer.reply is not None:
            self._client.publish(answer.reply.topic, answer.reply.payload, qos=1)
