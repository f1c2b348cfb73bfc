"""Which certificates requests got in this account and region, as far as this process knows.

A certificate's id is known only after it was made, so later steps have a reference in its place.
Nothing here calls anything.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from threading import Lock

from tng.clouds.interface import RememberedIssue


@dataclass(frozen=True, slots=True)
class IssuedReference:
    """Stands in a step's request for the certificate that the request ``key`` got.

    It is replaced when the step is performed: by the certificate's ARN, or by its id.
    """

    key: str
    is_arn: bool = False

    @property
    def arn(self) -> "IssuedReference":
        """The same, for its ARN."""
        return IssuedReference(self.key, is_arn=True)


def referenced_key(request: Mapping[str, object]) -> str | None:
    """The key of the request whose certificate stands in a step's request, if one does."""
    for value in request.values():
        if isinstance(value, IssuedReference):
            return value.key
    return None


@dataclass(frozen=True, slots=True)
class OwnCertificate:
    """The certificate of a request as it is there.

    ``problem`` says why it is not to be used. ``is_written`` is false where the ledger does not
    have it as the request's.
    """

    certificate_id: str
    status: str
    problem: str = ""
    is_written: bool = True


class IssuedTable:
    """Certificates by request, and calls of unknown outcome. Safe for several threads."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._certificates: dict[str, str] = {}
        self._lost: dict[str, datetime] = {}

    def certificate(self, key: str) -> str | None:
        """The id of the certificate of the request ``key``."""
        with self._lock:
            return self._certificates.get(key)

    def certificates(self) -> frozenset[str]:
        """The ids of all of them."""
        with self._lock:
            return frozenset(self._certificates.values())

    def learn(self, key: str, certificate_id: str | None) -> None:
        """What the request ``key`` got; ``None`` for nothing."""
        with self._lock:
            self._lost.pop(key, None)
            if certificate_id is None:
                self._certificates.pop(key, None)
            else:
                self._certificates[key] = certificate_id

    def lose(self, key: str, at: datetime) -> None:
        """A call that was begun then may have made one; the first such time stays."""
        with self._lock:
            self._lost.setdefault(key, at)

    def lost_since(self, key: str) -> datetime | None:
        """When the first call of unknown outcome was begun in this process."""
        with self._lock:
            return self._lost.get(key)


class NoIssuedMemory:
    """Remembers nothing: no run before this one."""

    def issue(self, target: str, key: str) -> RememberedIssue:  # noqa: ARG002 - see the Protocol
        """Nothing."""
        return RememberedIssue()

    def certificates_since(
        self,
        target: str,  # noqa: ARG002 - see the Protocol
        since: datetime,  # noqa: ARG002 - see the Protocol
    ) -> frozenset[str]:
        """None."""
        return frozenset()


class NoKeeper:
    """Keeps nothing, as if it had everything."""

    def has(self, key: str, certificate_id: str) -> bool:  # noqa: ARG002 - see the Protocol
        """It wants none."""
        return True

    def keep(self, key: str, certificate_id: str, pem: str) -> None:
        """Do nothing."""
