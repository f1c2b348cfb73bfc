"""What it means where the conversation breaks off: not a rejection, but a connection that ends.

AWS IoT says nothing when a policy denies something: it closes the connection. Where it was closed
is therefore the explanation.
"""

import socket
import ssl
from collections.abc import Callable
from dataclasses import dataclass

from tng.csr.issuing import IssuingRefused
from tng.device.mqtt_model import MqttDeadlineError, MqttFloodError, MqttLostError, MqttRefusedError
from tng.device.tls_troubles import is_refusal
from tng.provisioning.conversation import Stage, TooManyForeignError
from tng.provisioning.messages import REGISTER_TOPIC, ReplyError
from tng.provisioning.rejections import REGISTER

FAILURES = (
    MqttDeadlineError,
    MqttLostError,
    MqttRefusedError,
    OSError,
    ReplyError,
    TooManyForeignError,
)
"""Everything that a conversation may end with."""

_AGAIN = "Run it again; --timeout gives it longer."
_CLAIM = (
    "Check that the claim certificate is registered and active in the account and region of "
    "--endpoint, and that its policy allows iot:Connect as this client id (--client-id)."
)


@dataclass(frozen=True, slots=True)
class Circumstances:
    """Where a conversation ended. ``was_connected``: the claim was accepted earlier in this run."""

    stage: Stage
    operation: str
    place: str
    client_id: str
    template: str
    was_connected: bool


def explain_failure(error: Exception, where: Circumstances) -> IssuingRefused:
    """The failure in the user's terms; ``error`` is one of `FAILURES`."""
    explanations: dict[Stage, Callable[[Exception, Circumstances], IssuingRefused]] = {
        Stage.CONNECTING: _connecting,
        Stage.SUBSCRIBING: _subscribing,
        Stage.ASKING: _asking,
    }
    return explanations[where.stage](error, where)


def _connecting(error: Exception, where: Circumstances) -> IssuingRefused:
    place = where.place
    # What worked a moment ago is not wrong for all devices: the line may be back for the next.
    fatal = not where.was_connected
    match error:
        case MqttRefusedError():
            return IssuingRefused(
                f"{place} refuses the claim certificate: {error}", _CLAIM, fatal=True
            )
        case MqttFloodError():
            return IssuingRefused(
                f"{place} is no MQTT server: {error}", "Check --endpoint.", fatal=True
            )
        case MqttLostError():
            return IssuingRefused(
                f"{place} closed the connection of client {where.client_id} without a word "
                f"({error})",
                _CLAIM,
                fatal=fatal,
            )
        case ssl.SSLCertVerificationError():
            return IssuingRefused(
                f"{place} is not trusted: {error.verify_message}",
                "Pass the CA of your own server with --ca-file; AWS's endpoints are signed by "
                "Amazon's CAs, which systems trust.",
                fatal=True,
            )
        case ssl.SSLError() if is_refusal(error):
            return IssuingRefused(
                f"{place} does not take the claim certificate ({error.reason or error})",
                _CLAIM,
                fatal=fatal,
            )
        case ssl.SSLError():
            return IssuingRefused(
                f"{place} ends TLS: {error.reason or error}",
                f"{_CLAIM} --endpoint has to be the account's Data-ATS endpoint, exactly.",
                fatal=fatal,
            )
        case socket.gaierror():
            return IssuingRefused(
                f"{place} has no address: its name cannot be resolved",
                "Check --endpoint: aws iot describe-endpoint --endpoint-type iot:Data-ATS",
                fatal=fatal,
            )
        case OSError():
            return IssuingRefused(
                f"{place} cannot be reached: {error.strerror or error}",
                "Check --endpoint, and that firewalls let port 8883 through.",
                fatal=fatal,
            )
    return IssuingRefused(f"no connection to {place} by the deadline", _AGAIN, fatal=fatal)


def _subscribing(error: Exception, where: Circumstances) -> IssuingRefused:
    if isinstance(error, MqttRefusedError | MqttLostError):
        return IssuingRefused(
            "the claim certificate may not subscribe to the answers of fleet provisioning: "
            f"{error}",
            "Its policy must allow iot:Subscribe on topicfilter/$aws/certificates/create-from-csr/"
            f"* and topicfilter/$aws/provisioning-templates/{where.template}/provision/*.",
            fatal=True,
        )
    return IssuingRefused(f"{where.place} grants no subscription by the deadline", _AGAIN)


def _asking(error: Exception, where: Circumstances) -> IssuingRefused:
    topics = "$aws/certificates/create-from-csr/*"
    if where.operation == REGISTER:
        topics = REGISTER_TOPIC.format(template=where.template).removesuffix("json") + "*"
    match error:
        case ReplyError() | TooManyForeignError():
            return IssuingRefused(
                f"{where.operation}: the answer cannot be used: "
                f"{error or 'nothing but answers to other requests came'}",
                "Check --endpoint: this does not behave like the service.",
            )
        case MqttFloodError():
            return IssuingRefused(f"{where.operation}: {error}", "Check --endpoint.")
        case MqttDeadlineError():
            return IssuingRefused(
                f"{where.operation}: no answer by the deadline",
                f"{_AGAIN} Where it never answers, the claim's policy does not allow iot:Receive "
                f"on {topics}.",
            )
    return IssuingRefused(
        f"{where.operation}: {where.place} closed the connection when it was asked ({error})",
        f"The claim's policy must allow iot:Publish and iot:Receive on {topics}.",
        fatal=isinstance(error, MqttLostError | MqttRefusedError),
    )
