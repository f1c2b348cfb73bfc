"""A device that is connected, as others see it: what it subscribed to, and what waits for it.

Messages are put into a bounded outbox by the threads of other devices and taken out by the
device's own, which alone touches its connection.
"""

import socket
import threading
from collections import deque
from dataclasses import dataclass

from tng.sandbox.gateway import topics
from tng.sandbox.gateway.policy import Action, Policies
from tng.sandbox.gateway.registry import Registry
from tng.sandbox.mqtt.codec import Publish
from tng.sandbox.mqtt.listener import abort

MAX_SUBSCRIPTIONS = 50
"""A connection's, as AWS limits it."""
_MAX_WAITING = 256
_MAX_WAITING_BYTES = 1024 * 1024


@dataclass(frozen=True, slots=True)
class _Waiting:
    topic: str
    payload: bytes
    qos: int


class Session:
    """One connected client; safe for threads. ``stream`` is its socket.

    `wake` can be read from when something waits; `ended` is set by `end`. Close the session
    when its connection is over.
    """

    def __init__(
        self, client_id: str, policies: Policies, registry: Registry, stream: socket.socket
    ) -> None:
        self.client_id = client_id
        self.ended = threading.Event()
        self.wake, self._waker = socket.socketpair()
        self.wake.settimeout(0)
        self._waker.settimeout(0)
        self._policies = policies
        self._registry = registry
        self._stream = stream
        self._lock = threading.Lock()
        self._granted: dict[str, int] = {}
        self._outbox: deque[_Waiting] = deque()
        self._waiting_bytes = 0
        self._last_packet_id = 0

    def may(self, action: Action, resource: str) -> bool:
        """Whether the policies allow that; ``resource`` is ``topic/…``, ``client/…`` and so on."""
        return self._policies.allow(action, self._registry.arn(resource))

    def subscribe(self, topic_filter: str, qos: int) -> bool:
        """Begin or change a subscription; ``False`` where it is not granted."""
        if not topics.is_filter(topic_filter):
            return False
        if not self.may(Action.SUBSCRIBE, f"topicfilter/{topic_filter}"):
            return False
        with self._lock:
            if len(self._granted) >= MAX_SUBSCRIPTIONS and topic_filter not in self._granted:
                return False
            self._granted[topic_filter] = qos
        return True

    def unsubscribe(self, topic_filter: str) -> None:
        """End a subscription; one that is not there is fine."""
        with self._lock:
            self._granted.pop(topic_filter, None)

    def offer(self, topic: str, payload: bytes, qos: int) -> None:
        """Let a message wait for the device, if it has asked for it and may receive it.

        What finds no place any more is dropped.
        """
        with self._lock:
            wanted = [
                granted for text, granted in self._granted.items() if topics.matches(text, topic)
            ]
        if not wanted or not self.may(Action.RECEIVE, f"topic/{topic}"):
            return
        with self._lock:
            has_room = self._waiting_bytes + len(payload) <= _MAX_WAITING_BYTES
            if len(self._outbox) < _MAX_WAITING and has_room:
                self._outbox.append(_Waiting(topic, payload, min(qos, max(wanted))))
                self._waiting_bytes += len(payload)
        self._ring()

    def take(self) -> Publish | None:
        """The next message to send, if one waits."""
        with self._lock:
            if not self._outbox:
                self._silence()
                return None
            waiting = self._outbox.popleft()
            self._waiting_bytes -= len(waiting.payload)
        if not waiting.qos:
            return Publish(waiting.topic, waiting.payload)
        self._last_packet_id = self._last_packet_id % 0xFFFF + 1
        return Publish(waiting.topic, waiting.payload, waiting.qos, self._last_packet_id)

    def end(self) -> None:
        """End the connection, from another thread."""
        self.ended.set()
        abort(self._stream)

    def close(self) -> None:
        """Give the sockets of `wake` back; nothing waits any more."""
        with self._lock:
            self.wake.close()
            self._waker.close()

    def _ring(self) -> None:
        try:
            self._waker.send(b"\0")
        except OSError:
            # It has been rung often enough, or is closed.
            return

    def _silence(self) -> None:
        try:
            while self.wake.recv(1024):
                pass
        except BlockingIOError:
            return
