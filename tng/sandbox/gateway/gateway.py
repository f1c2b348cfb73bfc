"""The device gateway: where devices of all local AWS accounts come in, by TLS and MQTT 3.1.1.

It stands beside the emulator because no emulator routes as AWS does: by SNI to the account, and
there by the certificate's id, so that one certificate can live in several accounts. Registered
certificates, policies and templates are the emulator's, asked at every connection.
"""

import socket
import threading
from collections.abc import Mapping, Sequence
from types import MappingProxyType, TracebackType

from tng.sandbox.accounts import SandboxAccount
from tng.sandbox.authority import SandboxAuthority
from tng.sandbox.faults import Fault
from tng.sandbox.gateway.broker import Broker
from tng.sandbox.gateway.conversation import AccountSide, Conversation
from tng.sandbox.gateway.endpoints import accounts_by_name
from tng.sandbox.gateway.fleet import FleetResponder
from tng.sandbox.gateway.handshake import shake_hands
from tng.sandbox.gateway.preparation import ClaimCertificate, register_claim
from tng.sandbox.gateway.registry import Registry, RegistryError
from tng.sandbox.listener import LOOPBACK
from tng.sandbox.mqtt.listener import DeviceListener
from tng.sandbox.quotas import UNLIMITED, Quotas

_ACTIVE = "ACTIVE"


class DeviceGateway:
    """A running gateway; a context manager.

    ``accounts`` (at least one) are found by the names of `accounts_by_name`, for which
    ``authority`` must be valid. ``emulator_port`` is the emulator's own; ``port`` 0 takes a free
    one. ``quotas`` are those of fleet provisioning. Raises `ConfigurationError` if the port is
    taken.
    """

    def __init__(
        self,
        accounts: Sequence[SandboxAccount],
        emulator_port: int,
        authority: SandboxAuthority,
        *,
        port: int = 0,
        quotas: Quotas = UNLIMITED,
    ) -> None:
        self._authority = authority
        sides = {account: _side(emulator_port, account, quotas) for account in accounts}
        self._by_name = {
            name: sides[account] for name, account in accounts_by_name(accounts).items()
        }
        self._sides = sides
        self._lock = threading.Lock()
        self._awaited: dict[tuple[SandboxAccount, str], ClaimCertificate] = {}
        self._listener = DeviceListener(LOOPBACK, port, "aws-devices")

    @property
    def address(self) -> str:
        """Where devices of every account connect to: host and port."""
        host, port = self._listener.address
        return f"{host}:{port}"

    @property
    def sides(self) -> Mapping[SandboxAccount, AccountSide]:
        """What happens in each account: its broker, its fleet topics, its registry."""
        return MappingProxyType(self._sides)

    def await_claim(self, claim: ClaimCertificate) -> None:
        """Register a claim in its account when it first connects there."""
        self._awaited[claim.account, claim.certificate_id] = claim

    def inject(self, *faults: Fault) -> None:
        """Append faults to the fleet topics of those accounts that they are for."""
        for side in self._sides.values():
            side.fleet.inject(*faults)

    def __enter__(self) -> "DeviceGateway":
        self._listener.start(self._serve)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        for side in self._sides.values():
            side.broker.end()
        self._listener.stop()

    def _serve(self, accepted: socket.socket) -> None:
        connection, name = shake_hands(
            accepted, self._authority, self._by_name.__contains__, self._may_connect
        )
        Conversation(self._by_name[name], connection, accepted).run()
        connection.close()

    def _may_connect(self, name: str, certificate_id: str) -> bool:
        registry = self._by_name[name].registry
        try:
            self._register_awaited(registry, certificate_id)
            found = registry.certificate(certificate_id)
        except RegistryError:
            # The emulator has gone: nobody is known any more.
            return False
        return found is not None and found.status == _ACTIVE

    def _register_awaited(self, registry: Registry, certificate_id: str) -> None:
        # Two connections may be the first at the same time.
        with self._lock:
            claim = self._awaited.pop((registry.account, certificate_id), None)
            if claim is not None:
                register_claim(registry, claim)


def _side(emulator_port: int, account: SandboxAccount, quotas: Quotas) -> AccountSide:
    registry = Registry(emulator_port, account)
    return AccountSide(registry, Broker(), FleetResponder(registry, quotas))
