"""What it means that a conversation ended early, by how far it had come; shared by the clouds."""

from enum import StrEnum

from tng.device.connection import ConnectReason, Denied, Failure, Unanswered, Unsafe
from tng.device.mqtt_model import (
    MqttDeadlineError,
    MqttFloodError,
    MqttGarbledError,
    MqttLostError,
    MqttRefusedError,
    MqttUnavailableError,
)

ENDINGS = (MqttDeadlineError, MqttLostError, MqttRefusedError)
"""Every error by which a conversation ends, beside the `OSError` of connecting."""


class Stage(StrEnum):
    """What was being waited for; the words stand in messages."""

    CONNECT = "the answer to CONNECT"
    SUBSCRIBE = "the subscription to be granted"
    PUBLISH = "the message to be acknowledged"
    RECEIVE = "the message to come back"


_DENIALS = {
    Stage.CONNECT: ConnectReason.CONNECT_DENIED,
    Stage.SUBSCRIBE: ConnectReason.SUBSCRIBE_DENIED,
    Stage.PUBLISH: ConnectReason.PUBLISH_DENIED,
    Stage.RECEIVE: ConnectReason.CONNECTION_LOST,
}


def ending(error: Exception, stage: Stage, place: str) -> Failure:
    """The failure of one of `ENDINGS`. A connection that was closed counts as a denial."""
    match error:
        case MqttDeadlineError() if stage is Stage.RECEIVE:
            message = f"{place} acknowledged the message, but it did not come back"
            return Unanswered(ConnectReason.NOT_RECEIVED, message)
        case MqttDeadlineError():
            message = f"{place}: no end by the deadline: waited for {stage}"
            return Unanswered(ConnectReason.SILENT, message)
        case MqttUnavailableError():
            return Unanswered(ConnectReason.UNAVAILABLE, f"{place}: {error}")
        case MqttFloodError() | MqttGarbledError():
            return Unsafe(ConnectReason.SERVER_MISBEHAVES, f"{place}: {error}")
        case MqttRefusedError():
            return Denied(_DENIALS[stage], f"{place}: {error}")
        case _ if stage is Stage.RECEIVE:
            return Unanswered(ConnectReason.CONNECTION_LOST, f"{place}: {error}")
        case _:
            message = f"{place} closed the connection instead of {_INSTEAD_OF[stage]} ({error})"
            return Denied(_DENIALS[stage], message)


_INSTEAD_OF = {
    Stage.CONNECT: "answering CONNECT",
    Stage.SUBSCRIBE: "granting the subscription",
    Stage.PUBLISH: "acknowledging the message",
}
