"""A local Device Provisioning Service, ready to be enrolled in.

    with DpsSandbox() as sandbox:
        ...  # tng register --cloud azure --dps-host {sandbox.instances[0].hosts[0]} …

Nothing outlives it: not the ports, not the files, not what was enrolled.
"""

import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType

from tng.sandbox.authority import CA_FILE, SandboxAuthority
from tng.sandbox.configuration import SideFile, TargetSection
from tng.sandbox.dps.authorization import new_key
from tng.sandbox.dps.device_endpoint import DeviceEndpoint
from tng.sandbox.dps.device_registration import DeviceBehaviour, DeviceRegistrations
from tng.sandbox.dps.hub import IotHubs
from tng.sandbox.dps.identity import DEFAULT_LIFETIME, IdentityEndpoint, TokenStore
from tng.sandbox.dps.quotas import DEFAULT_QUOTA, DpsQuota
from tng.sandbox.dps.server import DpsServer
from tng.sandbox.dps.state import DpsInstance, DpsState, InstanceState
from tng.sandbox.faults import Fault
from tng.sandbox.listener import Listener
from tng.sandbox.record import DEFAULT_LIMIT, CallLog

DEVICE_HOST = "127.0.0.1"
POLICY = "provisioningserviceowner"
"""The policy that a new service has, with all rights."""

_SHARE_OF_QUOTA = 0.9
"""What is written as rate into ``tng.toml``: a little less than the instance takes."""
_UNLIMITED_RATE = 1000.0
_USUAL = DeviceBehaviour()


@dataclass(frozen=True, slots=True)
class InstanceSpecification:
    """What an instance is to be like; its hosts, id scope and key are made by the sandbox.

    ``aliases`` are further values of the ``Host`` header that mean it, as a private endpoint
    or a proxy before it would have.
    """

    name: str
    hubs: tuple[str, ...] = ("sandbox-hub.azure-devices.net",)
    resource_group: str = "sandbox"
    subscription: str = "00000000-0000-0000-0000-000000000000"
    location: str = "westeurope"
    disable_local_auth: bool = False
    capacity: int = 1_000_000
    aliases: tuple[str, ...] = ()


DEFAULT_INSTANCES = (InstanceSpecification("sandbox-dps"),)


@dataclass(frozen=True, slots=True)
class RunningDps:
    """A running sandbox.

    ``registrations`` decides about devices, ``devices`` is where they come in; ``hubs`` keep
    what assigned devices have sent.
    ``ca_file`` is the CA that clients must trust, as PEM; ``management_url`` is the
    ``base_url`` of Resource Manager; ``environment`` lets `azure-identity` find a managed
    identity, and makes it try nothing else.
    """

    server: DpsServer
    state: DpsState
    registrations: DeviceRegistrations
    devices: DeviceEndpoint
    hubs: IotHubs
    quota: DpsQuota
    authority: SandboxAuthority
    tokens: TokenStore
    ca_file: Path
    management_url: str
    environment: Mapping[str, str]

    @property
    def instances(self) -> tuple[DpsInstance, ...]:
        """The instances, in the order in which they were asked for."""
        return tuple(state.instance for state in self.state.instances)

    @property
    def device_address(self) -> str:
        """Where devices find every instance: host and port."""
        host, port = self.devices.address
        return f"{host}:{port}"

    @property
    def variables(self) -> Mapping[str, str]:
        """Environment variables: the connection strings that `sections` name, and for devices."""
        found = {}
        for instance in self.instances:
            prefix = _prefix(instance.name)
            found[f"{prefix}_CONNECTION_STRING"] = connection_string(instance)
            found[f"{prefix}_DEVICE_ADDRESS"] = self.device_address
            found[f"{prefix}_HUB_ADDRESS"] = self.hub_address
            found[f"{prefix}_ID_SCOPE"] = instance.id_scope
        return found

    @property
    def hub_address(self) -> str:
        """Where devices find every linked hub: host and port, the same as `device_address`."""
        return self.device_address

    def sections(self) -> tuple[TargetSection, ...]:
        """A target of ``tng.toml`` for each instance."""
        rate = self.quota.per_minute / 60 * _SHARE_OF_QUOTA or _UNLIMITED_RATE
        return tuple(
            TargetSection(
                instance.name,
                {
                    "cloud": "azure",
                    "dps_host": instance.hosts[0],
                    "connection_string_env": f"{_prefix(instance.name)}_CONNECTION_STRING",
                    "ca_file": CA_FILE,
                    "rate": round(rate, 3),
                },
            )
            for instance in self.instances
        )

    def side_files(self) -> tuple[SideFile, ...]:
        """What the targets refer to: the CA."""
        return (SideFile(CA_FILE, self.authority.ca_pem),)

    def instance(self, name: str) -> InstanceState:
        """An instance and its enrollments. Raises `KeyError`."""
        return {state.instance.name: state for state in self.state.instances}[name]

    def connection_string(self, name: str) -> str:
        """The connection string of an instance. Raises `KeyError`."""
        return connection_string(self.instance(name).instance)


def connection_string(instance: DpsInstance) -> str:
    """An instance's connection string with its first key, as the portal shows it."""
    policy, key = next(iter(instance.keys.items()))
    return f"HostName={instance.hosts[0]};SharedAccessKeyName={policy};SharedAccessKey={key}"


def device_names(
    instances: Sequence[InstanceSpecification] = DEFAULT_INSTANCES, host: str = DEVICE_HOST
) -> tuple[str, ...]:
    """The names that a certificate of the devices' side must be valid for: host and hubs."""
    return (host, *(hub for instance in instances for hub in instance.hubs))


def _prefix(instance: str) -> str:
    return instance.upper().replace("-", "_")


class DpsSandbox:
    """Starts a `RunningDps`; a context manager.

    ``directory`` takes the CA's file (``None``: a temporary one). ``port`` is the first
    instance's, 0 a free one; every other instance and the management API have free ones.
    ``device_host`` and ``device_port`` are where devices find the service
    (azure-iot-device knows port 8883 alone), ``behaviour`` how it treats them. ``authority``
    must be valid for `device_names`, ``None`` makes one.
    ``token_lifetime`` is in seconds. Raises `ConfigurationError` if a port is taken.
    """

    def __init__(
        self,
        instances: Sequence[InstanceSpecification] = DEFAULT_INSTANCES,
        *,
        directory: Path | None = None,
        port: int = 0,
        device_host: str = DEVICE_HOST,
        device_port: int = 0,
        authority: SandboxAuthority | None = None,
        behaviour: DeviceBehaviour = _USUAL,
        quota: DpsQuota = DEFAULT_QUOTA,
        faults: Sequence[Fault] = (),
        seed: int = 0,
        log_limit: int = DEFAULT_LIMIT,
        token_lifetime: float = DEFAULT_LIFETIME,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
        now: Callable[[], float] = time.time,
    ) -> None:
        self._specifications = tuple(instances)
        self._directory = directory
        self._port = port
        self._device_host = device_host
        self._device_port = device_port
        self._authority = authority
        self._behaviour = behaviour
        self._quota = quota
        self._faults = tuple(faults)
        self._seed = seed
        self._log_limit = log_limit
        self._token_lifetime = token_lifetime
        self._clock = clock
        self._sleep = sleep
        self._now = now
        self._stack = ExitStack()

    def __enter__(self) -> RunningDps:
        with ExitStack() as stack:
            running = self._start(stack)
            self._stack = stack.pop_all()
        return running

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._stack.close()

    def _start(self, stack: ExitStack) -> RunningDps:
        listeners = self._listen(stack)
        state = DpsState(
            tuple(
                self._instance(number, specification, listeners[number])
                for number, specification in enumerate(self._specifications)
            )
        )
        authority = self._authority or SandboxAuthority(
            device_names(self._specifications, self._device_host)
        )
        tokens = TokenStore(self._now, self._token_lifetime)
        identity = IdentityEndpoint(tokens)
        stack.callback(identity.stop)
        identity.start()
        registrations = DeviceRegistrations(state, self._behaviour)
        hubs = IotHubs(state)
        devices = DeviceEndpoint(
            registrations,
            authority,
            hubs=hubs,
            host=self._device_host,
            port=self._device_port,
        )
        stack.enter_context(devices)
        server = self._serve(state, listeners, authority, tokens)
        stack.enter_context(server)
        return RunningDps(
            server=server,
            state=state,
            registrations=registrations,
            devices=devices,
            hubs=hubs,
            quota=self._quota,
            authority=authority,
            tokens=tokens,
            ca_file=self._write(authority, stack),
            management_url=f"https://{listeners[-1].host}",
            environment={
                "IDENTITY_ENDPOINT": identity.url,
                "IDENTITY_HEADER": identity.header,
                "AZURE_TOKEN_CREDENTIALS": "ManagedIdentityCredential",
            },
        )

    def _listen(self, stack: ExitStack) -> list[Listener]:
        """A listener for each instance, and one for the management API."""
        listeners = []
        for port in (self._port, *(0 for _ in self._specifications)):
            listener = Listener(port)
            stack.callback(listener.stop)
            listeners.append(listener)
        return listeners

    def _serve(
        self,
        state: DpsState,
        listeners: Sequence[Listener],
        authority: SandboxAuthority,
        tokens: TokenStore,
    ) -> DpsServer:
        return DpsServer(
            state,
            listeners,
            authority.server_context(),
            tokens,
            management_host=listeners[-1].host,
            quota=self._quota,
            faults=self._faults,
            seed=self._seed,
            log=CallLog(self._log_limit),
            clock=self._clock,
            sleep=self._sleep,
            now=self._now,
        )

    def _instance(
        self, number: int, wanted: InstanceSpecification, listener: Listener
    ) -> DpsInstance:
        return DpsInstance(
            name=wanted.name,
            hosts=(listener.host, f"localhost:{listener.port}", *wanted.aliases),
            id_scope=f"0ne{number:08X}",
            keys={POLICY: new_key()},
            hubs=wanted.hubs,
            resource_group=wanted.resource_group,
            subscription=wanted.subscription,
            location=wanted.location,
            disable_local_auth=wanted.disable_local_auth,
            capacity=wanted.capacity,
            device_host=self._device_host,
        )

    def _write(self, authority: SandboxAuthority, stack: ExitStack) -> Path:
        directory = self._directory or Path(
            stack.enter_context(tempfile.TemporaryDirectory(prefix="tng-sandbox-dps-"))
        )
        directory.mkdir(parents=True, exist_ok=True)
        path = directory / CA_FILE
        path.write_text(authority.ca_pem, encoding="ascii")
        stack.callback(path.unlink, missing_ok=True)
        return path
