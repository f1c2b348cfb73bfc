"""One connection to AWS IoT Core as a device makes it: connect, subscribe, publish, receive.

It proves that certificate, key, endpoint and policies fit together, and leaves nothing behind.
Why something is refused AWS does not say; what can be found out by trying is found out here,
what only the account knows in `tng.device.account`.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from secrets import token_hex

from tng.device.account import RegistrationFacts, judged
from tng.device.connection import Connected, ConnectReason, ConnectResult, Denied, Failure
from tng.device.endings import ENDINGS, Stage, ending
from tng.device.link import DeviceCredentials, DeviceEndpoint, DeviceLink, FileCredentials
from tng.device.links import open_link
from tng.device.mqtt_model import MqttLostError
from tng.device.precheck import explain, find_objection, find_trouble
from tng.errors import UsageError

_MAX_TOPIC_BYTES = 256
_MAX_CLIENT_ID_BYTES = 128
"""Both: AWS IoT Core, message broker limits."""


@dataclass(frozen=True, slots=True)
class Patience:
    """How long (seconds) is waited for what may not come, at most; never past the deadline."""

    listen: float = 3.0
    """For an alert after the handshake: it is already on its way."""
    fight: float = 5.0
    """For another device of the same client id to connect again: SDKs wait a second at first."""
    echo: float = 10.0
    """For a message that was acknowledged: they come back within fractions of a second."""


_PATIENCE = Patience()


@dataclass(frozen=True, slots=True)
class AwsTrial:
    """What is tried. ``topic`` is both published to and subscribed to.

    Raises `UsageError` for a topic or a client id that no policy could allow.
    """

    endpoint: DeviceEndpoint
    credentials: DeviceCredentials
    client_id: str
    topic: str = ""
    facts: RegistrationFacts | None = None

    def __post_init__(self) -> None:
        if not _is_name(self.client_id, _MAX_CLIENT_ID_BYTES):
            raise UsageError(
                f"{self.client_id!r:.150} is no client id: it is empty, not printable or longer "
                f"than {_MAX_CLIENT_ID_BYTES} bytes",
                "Name it with --client-id, as the policy allows it: often the thing's name.",
            )
        if not self.topic:
            topic = f"devices/{_without_wildcards(self.client_id)}/connect/{token_hex(4)}"
            object.__setattr__(self, "topic", topic)
        if set(self.topic) & set("+#") or not _is_name(self.topic, _MAX_TOPIC_BYTES):
            raise UsageError(
                f"{self.topic!r:.300} is no topic to publish to",
                f"A topic has no + and no #, and at most {_MAX_TOPIC_BYTES} bytes.",
            )

    @property
    def place(self) -> str:
        """The server, for messages."""
        return f"{self.endpoint.host}:{self.endpoint.port}"


def connect_to_aws(
    trial: AwsTrial,
    *,
    timeout_seconds: float,
    now: Callable[[], datetime] = lambda: datetime.now(UTC),
    patience: Patience = _PATIENCE,
) -> ConnectResult:
    """Try it once and say what came of it, by the deadline whatever happens.

    Afterwards the account is asked why, if there are ``trial.facts``; those calls have time-outs
    of their own. Raises what `open_link` raises for files and tokens that cannot be used.
    """
    attempt = _Attempt(trial, time.monotonic() + timeout_seconds, now, patience)
    result = attempt.run()
    if isinstance(result, Connected) or trial.facts is None:
        return result
    leaf = trial.credentials.certificate.sha256
    return judged(result, trial.facts, trial.endpoint, leaf, trial.client_id)


@dataclass(slots=True)
class _Attempt:
    trial: AwsTrial
    deadline: float
    now: Callable[[], datetime]
    patience: Patience
    stage: Stage = Stage.CONNECT

    @property
    def seconds_left(self) -> float:
        return max(0.0, self.deadline - time.monotonic())

    def run(self) -> ConnectResult:
        """TLS alone, then the conversation, with everything that may end it made a result."""
        trial = self.trial
        failure = find_trouble(trial.endpoint, trial.credentials, self.seconds_left, self.now())
        if failure is not None:
            return failure
        try:
            with self._open() as link:
                return self._converse(link)
        except ENDINGS as error:
            failure = ending(error, self.stage, trial.place)
            return self._looked_into(failure) if type(error) is MqttLostError else failure
        except OSError as error:
            return explain(error, trial.endpoint, self.seconds_left, self.now())

    def _open(self) -> DeviceLink:
        trial = self.trial
        return open_link(
            trial.endpoint,
            trial.credentials,
            trial.client_id,
            timeout_seconds=self.seconds_left,
        )

    def _converse(self, link: DeviceLink) -> Connected:
        topic, payload = self.trial.topic, token_hex(8).encode()
        link.connect()
        self.stage = Stage.SUBSCRIBE
        link.subscribe(topic)
        self.stage = Stage.PUBLISH
        link.publish(topic, payload)
        link.confirm()
        self.stage = Stage.RECEIVE
        link.renew(min(self.seconds_left, self.patience.echo))
        while link.receive().payload != payload:
            # Somebody else publishes there too; the deadline ends it.
            pass
        return Connected(self.trial.endpoint.host, topic, received=True)

    def _looked_into(self, failure: Failure) -> Failure:
        """A closed connection has several causes: connect again, and do less."""
        trial = self.trial
        if self.stage is Stage.CONNECT:
            if not isinstance(trial.credentials, FileCredentials):
                return failure
            seconds = min(self.patience.listen, self.seconds_left)
            objection = find_objection(trial.endpoint, trial.credentials, seconds, self.now())
            return objection or failure
        if self._is_thrown_out():
            message = (
                f"{trial.place} closed the connection, and a second one that sent nothing as well"
            )
            return Denied(ConnectReason.CLIENT_ID_TAKEN, message)
        return failure

    def _is_thrown_out(self) -> bool:
        """Whether a connection is closed also where nothing is subscribed to or published."""
        try:
            with self._open() as link:
                link.connect()
                link.wait(min(self.patience.fight, self.seconds_left))
        except MqttLostError:
            return True
        except (*ENDINGS, OSError):
            return False
        return False


def _is_name(text: str, limit: int) -> bool:
    # What is printable is also UTF-8, which what a terminal sent need not be.
    return text.isprintable() and 0 < len(text.encode()) <= limit


def _without_wildcards(topic: str) -> str:
    return topic.translate({ord(character): "_" for character in "+#"})
