"""A client of a few lines on `ssl` alone, for what no library would let one say or see."""

import socket
import ssl
import struct
from contextlib import suppress
from pathlib import Path

PATIENCE = 30.0


def tls_context(ca_pem, identity=None, version=None):
    context = ssl.create_default_context(cadata=ca_pem)
    if identity is not None:
        context.load_cert_chain(identity.certificate_file, identity.key_file)
    if version is not None:
        context.minimum_version = context.maximum_version = version
    return context


def open_stream(address, context, server_name):
    host, port = address.split(":")
    plain = socket.create_connection((host, int(port)), timeout=PATIENCE)
    if server_name is None:
        context.check_hostname = False
    try:
        return context.wrap_socket(plain, server_hostname=server_name)
    except OSError:
        plain.close()
        raise


def field(text):
    data = text.encode() if isinstance(text, str) else text
    return struct.pack(">H", len(data)) + data


def packet(first, body):
    length, octets = len(body), bytearray((first,))
    while True:
        length, low = divmod(length, 128)
        octets.append(low | (0x80 if length else 0))
        if not length:
            return bytes(octets) + body


def connect_packet(client_id, keep_alive=60, level=4):
    return packet(
        0x10, field("MQTT") + bytes((level, 2)) + struct.pack(">H", keep_alive) + field(client_id)
    )


class RawClient:
    """One connection, step by step; a context manager. What is not there in time fails."""

    def __init__(self, stream):
        self.stream = stream
        self._messages = []
        self._last_id = 0

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stream.close()

    def send(self, data):
        self.stream.sendall(data)

    def connect(self, client_id, **more):
        """The return code of CONNACK."""
        self.send(connect_packet(client_id, **more))
        return self._answer(0x20)[1]

    def subscribe(self, *filters, qos=1):
        """The granted quality of service, a filter each."""
        wanted = b"".join(field(text) + bytes((qos,)) for text in filters)
        self.send(packet(0x82, self._next_id() + wanted))
        return tuple(self._answer(0x90)[2:])

    def unsubscribe(self, topic_filter):
        self.send(packet(0xA2, self._next_id() + field(topic_filter)))
        self._answer(0xB0)

    def publish(self, topic, payload=b"", qos=1, *, retain=False):
        """Whether it was acknowledged; the other end is a closed connection."""
        number = self._next_id() if qos else b""
        self.send(packet(0x30 | qos << 1 | retain, field(topic) + number + payload))
        return not qos or self._answer(0x40) is not None

    def ping(self):
        self.send(b"\xc0\0")
        return self._answer(0xD0) is not None

    def receive(self):
        """The next message: topic and payload."""
        while not self._messages:
            first, body = self._read()
            assert first & 0xF0 == 0x30, hex(first)
            self._keep(first, body)
        return self._messages.pop(0)

    def waiting(self):
        """The messages that have come before the answer to a ping."""
        assert self.ping()
        found, self._messages = self._messages, []
        return found

    def is_closed(self):
        """Whether the server ends the connection without another word."""
        return self._read() is None

    def _answer(self, kind):
        while (read := self._read()) is not None:
            if read[0] & 0xF0 == kind:
                return read[1]
            self._keep(*read)
        return None

    def _keep(self, first, body):
        length = struct.unpack(">H", body[:2])[0]
        rest = body[2 + length + (2 if first & 0x06 else 0) :]
        self._messages.append((body[2 : 2 + length].decode(), bytes(rest)))

    def _next_id(self):
        self._last_id += 1
        return struct.pack(">H", self._last_id)

    def _read(self):
        """The next packet, or ``None`` at the end."""
        first = self._exactly(1)
        if not first:
            return None
        length = shift = 0
        while True:
            octet = self._exactly(1)[0]
            length |= (octet & 0x7F) << shift
            shift += 7
            if not octet & 0x80:
                return first[0], self._exactly(length)

    def _exactly(self, count):
        data = b""
        while len(data) < count:
            part = b""
            with suppress(ConnectionError):
                part = self.stream.recv(count - len(data))
            if not part:
                return b""
            data += part
        return data


class Identity:
    """A certificate and its key as files."""

    def __init__(self, folder: Path, certificate_pem: str, key_pem: str):
        folder.mkdir(parents=True, exist_ok=True)
        self.certificate_file = folder / "device.pem"
        self.key_file = folder / "device.key"
        self.pem = certificate_pem
        self.certificate_file.write_text(certificate_pem)
        self.key_file.write_text(key_pem)
