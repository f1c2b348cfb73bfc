"""What the stand-in knows: instances, their enrollments, and who has registered.

Memory only: a sandbox begins empty. Documents are those of the service API
(api-version 2021-10-01) as the stand-in answers with them; the certificate itself is kept
beside them, since the service never gives it back.
"""

import threading
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class DpsInstance:
    """One Device Provisioning Service.

    ``name`` is the resource's; ``hosts`` are the values of the ``Host`` header, in lower case
    and with a port, that mean it: the first is its service host name. ``keys`` are shared
    access keys in base64 by policy name. ``hubs`` are the host names of the linked hubs.
    ``device_host`` is where devices find it.
    """

    name: str
    hosts: tuple[str, ...]
    id_scope: str
    keys: Mapping[str, str]
    hubs: tuple[str, ...]
    resource_group: str = "sandbox"
    subscription: str = "00000000-0000-0000-0000-000000000000"
    location: str = "westeurope"
    disable_local_auth: bool = False
    capacity: int = 1_000_000
    device_host: str = "127.0.0.1"


@dataclass(slots=True)
class Enrollment:
    """An individual enrollment: what was asked for, and what a device has made of it.

    ``document`` is the service's answer without ``registrationState``. ``sha256`` is the
    primary certificate's thumbprint in lower hex. ``registration`` is the registration state
    document; ``operation`` is the id of a registration that is going on.
    """

    registration_id: str
    document: dict[str, object]
    sha256: str
    registration: dict[str, object] | None = None
    operation: str | None = None


@dataclass(slots=True)
class InstanceState:
    """The enrollments of one instance, by lower-case registration id. Hold `lock` to touch.

    ``creations`` counts how often each id was really created: more than once, without a
    deletion between, is never right.
    """

    instance: DpsInstance
    enrollments: dict[str, Enrollment] = field(default_factory=dict)
    lock: threading.RLock = field(default_factory=threading.RLock)
    creations: Counter[str] = field(default_factory=Counter)


class DpsState:
    """All instances of a sandbox."""

    def __init__(self, instances: tuple[DpsInstance, ...]) -> None:
        self.instances = tuple(InstanceState(instance) for instance in instances)
        self._by_host = {host: state for state in self.instances for host in state.instance.hosts}
        self._by_scope = {state.instance.id_scope: state for state in self.instances}

    def by_host(self, host: str) -> InstanceState | None:
        """The instance that a ``Host`` header means."""
        return self._by_host.get(host.lower())

    def by_scope(self, id_scope: str) -> InstanceState | None:
        """The instance that a device's id scope means."""
        return self._by_scope.get(id_scope)
