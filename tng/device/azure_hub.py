"""One device at Azure as it begins its life: registered to *assigned*, then at its IoT hub.

Registering is `tng.device.dps`; here is the hub that it names: TLS with the same certificate, MQTT
and one message that is acknowledged. Source: Azure, "Communicate with your IoT hub using MQTT".
"""

import re
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import quote

from tng.device.connection import (
    Connected,
    ConnectReason,
    ConnectResult,
    Denied,
    Failure,
    Unanswered,
    Unsafe,
)
from tng.device.dps import DEVICE_PORT, ProvisioningService, check_registration
from tng.device.endings import ENDINGS, Stage, ending
from tng.device.identity import DeviceIdentity, client_context
from tng.device.link import DeviceEndpoint, DeviceLink, FileCredentials
from tng.device.links import open_link
from tng.device.mqtt_model import MqttLostError
from tng.device.precheck import explain, find_objection, find_trouble
from tng.device.result import Assigned, CheckResult, Refused, Unfinished, Unreached

HUB_API_VERSION = "2021-04-12"
_HOST = re.compile(r"(?=.{1,253}\Z)[A-Za-z0-9-]{1,63}(?:\.[A-Za-z0-9-]{1,63})*")
_REFUSALS = (
    ConnectReason.CONNECT_DENIED,
    ConnectReason.PUBLISH_DENIED,
    ConnectReason.CERTIFICATE_REFUSED,
)
_MESSAGE = b'{"tng":"connect"}'


@dataclass(frozen=True, slots=True)
class AzureTrial:
    """What is tried. ``hub_address`` is where the hub really is, if its name leads elsewhere.

    ``ca_file`` is trusted for the service and for the hub.
    """

    identity: DeviceIdentity
    service: ProvisioningService
    ca_file: Path | None = None
    hub_address: tuple[str, int] | None = None


def connect_to_azure(
    trial: AzureTrial,
    *,
    timeout_seconds: float,
    now: Callable[[], datetime] = lambda: datetime.now(UTC),
    listen_seconds: float = 3.0,
) -> ConnectResult:
    """Register, go to the hub that was assigned, and send it one message.

    It ends by the deadline whatever happens. A hub that hangs up may have sent an alert, which is
    listened for ``listen_seconds``. Raises what `client_context` raises.
    """
    deadline = time.monotonic() + timeout_seconds
    context = client_context(trial.identity, trial.ca_file)
    found = check_registration(
        trial.identity, trial.service, context, timeout_seconds=timeout_seconds
    )
    if not isinstance(found, Assigned):
        return _of_registration(found)
    if not _HOST.fullmatch(found.hub):
        message = f"the service names {found.hub!r} as the hub, which is no host name"
        return Unsafe(ConnectReason.SERVER_MISBEHAVES, message)
    endpoint = DeviceEndpoint(found.hub, DEVICE_PORT, trial.hub_address, trial.ca_file)
    visit = _Visit(trial.identity, endpoint, found.device_id, deadline, now, listen_seconds)
    return visit.run()


def _of_registration(result: CheckResult) -> ConnectResult:
    match result:
        case Refused():
            code = f" ({result.error_code})" if result.error_code else ""
            return Denied(result.reason, f"registration: {result.message}{code}")
        case Unfinished():
            return Unanswered(result.reason, f"registration: {result.message}")
        case Unreached():
            return Unsafe(result.reason, f"registration: {result.message}")
        case Assigned():
            raise AssertionError(result)


@dataclass(slots=True)
class _Visit:
    identity: DeviceIdentity
    endpoint: DeviceEndpoint
    device_id: str
    deadline: float
    now: Callable[[], datetime]
    listen_seconds: float
    stage: Stage = Stage.CONNECT

    @property
    def seconds_left(self) -> float:
        return max(0.0, self.deadline - time.monotonic())

    @property
    def credentials(self) -> FileCredentials:
        return FileCredentials(self.identity.certificate, self.identity.key)

    def run(self) -> ConnectResult:
        """TLS alone, then the message, with everything that may end it made a result."""
        endpoint, credentials = self.endpoint, self.credentials
        failure = find_trouble(endpoint, credentials, self.seconds_left, self.now())
        if failure is None:
            try:
                return self._converse()
            except ENDINGS as error:
                failure = ending(error, self.stage, f"{endpoint.host}:{endpoint.port}")
                if type(error) is MqttLostError and self.stage is Stage.CONNECT:
                    seconds = min(self.listen_seconds, self.seconds_left)
                    objection = find_objection(endpoint, credentials, seconds, self.now())
                    failure = objection or failure
            except OSError as error:
                failure = explain(error, endpoint, self.seconds_left, self.now())
        return self._of_hub(failure)

    def _converse(self) -> Connected:
        host = self.endpoint.host
        topic = f"devices/{quote(self.device_id, safe='')}/messages/events/"
        with self._open(f"{host}/{self.device_id}/?api-version={HUB_API_VERSION}") as link:
            link.connect()
            self.stage = Stage.PUBLISH
            link.publish(topic, _MESSAGE)
            link.confirm()
        return Connected(host, topic, received=False, device_id=self.device_id)

    def _open(self, username: str) -> DeviceLink:
        return open_link(
            self.endpoint,
            self.credentials,
            self.device_id,
            timeout_seconds=self.seconds_left,
            username=username,
        )

    def _of_hub(self, failure: Failure) -> Failure:
        """A refusal in the hub's terms: it judges the certificate only after TLS, by its digest."""
        message = f"the device was assigned to {self.endpoint.host}, but: {failure.message}"
        if failure.reason not in _REFUSALS:
            return replace(failure, message=message)
        leaf = self.identity.certificate
        if self.now() > leaf.not_after:
            expired = f"{failure.message}; the certificate expired on {leaf.not_after:%Y-%m-%d}"
            return Denied(ConnectReason.CERTIFICATE_EXPIRED, expired)
        return Denied(ConnectReason.HUB_REFUSED, message)
