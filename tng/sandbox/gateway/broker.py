"""The messages of one account: who is connected, and what was published.

A client id is taken over by whoever connects with it last, as the protocol wants (MQTT 3.1.1
§3.1.4). Nothing is kept for clients that are away: no sessions, no retained messages, no wills.
"""

import threading
from collections import deque
from dataclasses import dataclass

from tng.sandbox.gateway.session import Session

_KEPT = 1000


@dataclass(frozen=True, slots=True)
class PublishedMessage:
    """What a client published and was allowed to."""

    client_id: str
    topic: str
    payload: bytes


class Broker:
    """One account's; safe for threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._sessions: dict[str, Session] = {}
        self._published: deque[PublishedMessage] = deque(maxlen=_KEPT)

    @property
    def client_ids(self) -> tuple[str, ...]:
        """Who is connected."""
        with self._lock:
            return tuple(self._sessions)

    @property
    def published(self) -> tuple[PublishedMessage, ...]:
        """The last messages that were accepted, in their order."""
        with self._lock:
            return tuple(self._published)

    def join(self, session: Session) -> None:
        """A client has connected; one of the same id is ended."""
        with self._lock:
            replaced = self._sessions.get(session.client_id)
            self._sessions[session.client_id] = session
        if replaced is not None:
            replaced.end()

    def leave(self, session: Session) -> None:
        """A client has gone."""
        with self._lock:
            if self._sessions.get(session.client_id) is session:
                del self._sessions[session.client_id]

    def end(self) -> None:
        """End all connections."""
        with self._lock:
            sessions = tuple(self._sessions.values())
        for session in sessions:
            session.end()

    def publish(self, sender: Session, topic: str, payload: bytes, qos: int) -> None:
        """Take a message and let it wait for all who have asked for it."""
        with self._lock:
            self._published.append(PublishedMessage(sender.client_id, topic, payload))
            sessions = tuple(self._sessions.values())
        for session in sessions:
            session.offer(topic, payload, qos)
