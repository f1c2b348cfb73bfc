"""Certificate ownership tokens: who may make a thing of a certificate that is still pending.

A token is a random text, known here only. It stands for one certificate of one account, lives
for an hour ("the token must be used within one hour") and ends with its use.
"""

import secrets
import threading
from collections import OrderedDict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

LIFETIME_SECONDS = 3600.0

_TOKEN_BYTES = 96
_MAX_TOKENS = 10_000


@dataclass(frozen=True, slots=True)
class _Ownership:
    certificate_id: str
    expires: float


class OwnershipTokens:
    """The tokens of one account; safe for threads. ``clock`` gives seconds, monotonic."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._tokens: OrderedDict[str, _Ownership] = OrderedDict()

    def issue(self, certificate_id: str) -> str:
        """A new token for a certificate."""
        token = secrets.token_urlsafe(_TOKEN_BYTES)
        with self._lock:
            self._tokens[token] = _Ownership(certificate_id, self._clock() + LIFETIME_SECONDS)
            while len(self._tokens) > _MAX_TOKENS:
                self._tokens.popitem(last=False)
        return token

    @contextmanager
    def used(self, token: str) -> Iterator[str | None]:
        """Use a token: the id of the certificate that it stands for, if it is valid.

        Nobody else can use it meanwhile. Afterwards it has ended; what raises leaves it as it was.
        """
        with self._lock:
            found = self._tokens.pop(token, None)
        if found is None or found.expires <= self._clock():
            yield None
            return
        try:
            yield found.certificate_id
        except BaseException:
            with self._lock:
                self._tokens[token] = found
            raise
