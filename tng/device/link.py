"""One MQTT connection of a device to its cloud, whatever holds the private key.

The contract between conversations (`connect`, fleet provisioning) and the two clients that carry
them: `tng.device.mqtt` with a key in a file, `tng.device.token_link` with a key in a token.
"""

from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Protocol, Self

from cryptography.hazmat.primitives.asymmetric.types import PrivateKeyTypes

from tng.device.mqtt_model import MqttMessage
from tng.pkcs11.uri import TokenUri
from tng.x509.certificate import Certificate

AWS_PORT = 8883


@dataclass(frozen=True, slots=True)
class DeviceEndpoint:
    """Where a cloud takes devices. ``host`` is the name that is checked, and the exact SNI.

    ``address`` is the ``(host, port)`` that is really connected to, where that is another one (a
    private link, a local gateway); only keys in files can do that. ``ca_file`` are the CAs that
    are trusted instead of the system's.
    """

    host: str
    port: int = AWS_PORT
    address: tuple[str, int] | None = None
    ca_file: Path | None = None


@dataclass(frozen=True, slots=True)
class FileCredentials:
    """A leaf and its private key from files; they belong together."""

    certificate: Certificate
    key: PrivateKeyTypes = field(repr=False)


@dataclass(frozen=True, slots=True)
class TokenCredentials:
    """A leaf whose private key stays in a token; their public keys were compared."""

    certificate: Certificate
    uri: TokenUri
    pin: str = field(repr=False)


DeviceCredentials = FileCredentials | TokenCredentials


class DeviceLink(Protocol):
    """One connection; a context manager that disconnects at its end.

    Everything raises the errors of `tng.device.mqtt_model` (`MqttDeadlineError`,
    `MqttRefusedError`, `MqttLostError`); `connect` also what TCP and TLS raise (`OSError`).
    """

    def __enter__(self) -> Self:
        """Nothing happens yet."""

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Say goodbye and close."""

    @property
    def seconds_left(self) -> float:
        """Until the deadline; 0 when it has passed."""

    def renew(self, seconds: float) -> None:
        """Set a new deadline, so many seconds from now; what may be received counts anew."""

    def connect(self) -> None:
        """Connect and be accepted."""

    def subscribe(self, topic: str) -> None:
        """Subscribe and be granted it."""

    def publish(self, topic: str, payload: bytes) -> None:
        """Send, at least once."""

    def confirm(self) -> None:
        """Wait until all that was published is acknowledged."""

    def receive(self) -> MqttMessage:
        """The next message."""

    def wait(self, seconds: float) -> None:
        """Stay connected for so long, and no longer than the deadline."""
