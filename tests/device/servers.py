"""Servers that are no Device Provisioning Service, or a bad one, each as one function."""

import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

from tng.sandbox.authority import SandboxAuthority
from tng.sandbox.mqtt import codec as mqtt

AUTHORITY = SandboxAuthority()

Behaviour = Callable[[socket.socket], None]


@contextmanager
def serving(behaviour: Behaviour, host: str = "127.0.0.1") -> Iterator[int]:
    """A port at which every visitor meets ``behaviour``, until the block ends."""
    listener = socket.create_server((host, 0))
    visitors: list[socket.socket] = []

    def run() -> None:
        with suppress(OSError):
            while True:
                visitor, _ = listener.accept()
                visitor.settimeout(10)
                visitors.append(visitor)
                with suppress(OSError, _GoneError, mqtt.MqttError):
                    behaviour(visitor)
                visitor.close()

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    try:
        yield listener.getsockname()[1]
    finally:
        # Wakes accept(), and whatever the behaviour waits for.
        listener.shutdown(socket.SHUT_RDWR)
        for visitor in visitors:
            with suppress(OSError):
                visitor.shutdown(socket.SHUT_RDWR)
        thread.join(10)
        listener.close()


@contextmanager
def black_hole() -> Iterator[int]:
    """A port at which connecting never ends: its queue is full and nobody accepts."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen(0)
        waiting = [socket.socket() for _ in range(4)]
        for visitor in waiting:
            visitor.setblocking(False)
            visitor.connect_ex(listener.getsockname())
        try:
            yield listener.getsockname()[1]
        finally:
            for visitor in waiting:
                visitor.close()


class _GoneError(Exception):
    """The client went away."""


class Client:
    """The server's view of a client, behind TLS."""

    def __init__(self, stream: ssl.SSLSocket) -> None:
        self.stream = stream

    def read(self, count: int) -> bytes:
        parts = b""
        while len(parts) < count:
            part = self.stream.recv(count - len(parts))
            if not part:
                raise _GoneError
            parts += part
        return parts

    def packet(self) -> mqtt.Packet:
        return mqtt.read_packet(self.read)

    def send(self, data: bytes) -> None:
        self.stream.sendall(data)

    def linger(self) -> None:
        """Say nothing until the client goes."""
        while True:
            self.read(1)

    def accept(self) -> None:
        """CONNECT and SUBSCRIBE, both granted."""
        self.packet()
        self.send(mqtt.connect_acknowledged(mqtt.ACCEPTED))
        subscribe = self.packet()
        self.send(mqtt.subscribe_acknowledged(subscribe.packet_id, (1,)))

    def answer(self, payload: bytes, status: int = 200, parameters: str = "") -> None:
        """Take a request and answer it with that payload."""
        request = self.packet()
        while not isinstance(request, mqtt.Publish):
            request = self.packet()
        self.send(mqtt.publish_acknowledged(request.packet_id))
        number = request.topic.partition("$rid=")[2].partition("&")[0]
        topic = f"$dps/registrations/res/{status}/?$rid={number}{parameters}"
        self.send(mqtt.publish(mqtt.Publish(topic, payload)))


def over_tls(
    behaviour: Callable[[Client], None],
    change: Callable[[ssl.SSLContext], None] = lambda _: None,
    context: ssl.SSLContext | None = None,
) -> Behaviour:
    """The behaviour behind a TLS server, by default one of `AUTHORITY`."""
    context = context or AUTHORITY.server_context()
    change(context)

    def behave(visitor: socket.socket) -> None:
        stream = context.wrap_socket(visitor, server_side=True, do_handshake_on_connect=False)
        with stream:
            try:
                stream.do_handshake()
            except ssl.SSLError:
                # Closing at once could overtake the alert.
                while socket.socket.recv(stream, 1000):
                    pass
                raise
            behaviour(Client(stream))

    return behave


def answering(payload: bytes, status: int = 200, parameters: str = "") -> Behaviour:
    """A server that does everything right, but answers every request with this."""

    def behave(client: Client) -> None:
        client.accept()
        while True:
            client.answer(payload, status, parameters)

    return over_tls(behave)
