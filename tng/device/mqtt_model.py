"""The words of an MQTT conversation: what is received, and what ends it.

No client is known here, so that whoever only speaks of conversations needs none installed.
"""

from dataclasses import dataclass

MAX_CONVERSATION_BYTES = 256 * 1024
"""Of all that a server sends: a registration takes a few kilobytes."""


class MqttDeadlineError(Exception):
    """The deadline has passed."""


class MqttLostError(Exception):
    """The connection ended, or what came over it was not MQTT; the message says what."""


class MqttUnavailableError(MqttLostError):
    """The server takes no connections at the moment (CONNACK 3)."""

    def __init__(self) -> None:
        super().__init__("the server is unavailable at the moment")


class MqttGarbledError(MqttLostError):
    """What the server sent is not MQTT; the message says what a client made of it."""


class MqttFloodError(MqttLostError):
    """The server sent more than `MAX_CONVERSATION_BYTES`."""

    def __init__(self) -> None:
        super().__init__(f"the server sent more than {MAX_CONVERSATION_BYTES:,} bytes")


class MqttRefusedError(Exception):
    """The server accepts no connection, or no subscription, from this client."""


@dataclass(frozen=True, slots=True)
class MqttMessage:
    """What was published to us."""

    topic: str
    payload: bytes
