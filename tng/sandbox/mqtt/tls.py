"""TLS with devices: the client's certificate is judged by us, not by the roots of `ssl`.

Devices are known by their own certificates, whoever issued them, while `ssl` has no verify
callback, and only asks for a certificate if it also verifies it. The way out is to see the
client's leaf before `ssl` judges it, and to make it a trust anchor of this one connection. That
the client holds the key is proven by TLS itself (CertificateVerify, RFC 5246 §7.4.8). Up to TLS
1.2 the leaf travels in the clear and is read from the handshake's bytes; see
`tng.sandbox.gateway.handshake` for TLS 1.3. Tickets are off, because a resumed session would
show no certificate.

Not used: pyOpenSSL, which has the callback, but would be one more dependency with its own
event loop semantics; loading all enrolled leaves as anchors, which grows with the fleet;
reaching into libssl with ctypes, which fails where Python is linked statically.
"""

import contextlib
import selectors
import socket
import ssl
from collections.abc import Callable
from dataclasses import dataclass, field

from tng.sandbox.authority import SandboxAuthority

_CHUNK = 16 * 1024
_MAX_HANDSHAKE_BYTES = 128 * 1024
_RECORD_HEADER = 5
_HANDSHAKE_RECORD = 22
_CERTIFICATE_MESSAGE = 11
_NO_CHECK_TIME = 0x200000
"""X509_V_FLAG_NO_CHECK_TIME of OpenSSL, which `ssl` has no name for: expiry is no matter of TLS."""


class DeviceTlsError(ConnectionError):
    """The client went away, does not speak TLS, or is refused in TLS."""


@dataclass(slots=True)
class CertificateWatch:
    """Finds the client's leaf in the bytes of a TLS 1.2 handshake (RFC 5246 §6.2.1, §7.4.2).

    ``feed`` takes what came, in pieces of any size, and gives the leaf's DER once.
    """

    _records: bytearray = field(default_factory=bytearray)
    _messages: bytearray = field(default_factory=bytearray)
    _done: bool = False

    def feed(self, data: bytes) -> bytes | None:
        """The leaf, as soon as it is complete; ``None`` before, afterwards and without one."""
        if self._done:
            return None
        self._records += data
        while len(self._records) >= _RECORD_HEADER and not self._done:
            end = _RECORD_HEADER + int.from_bytes(self._records[3:5], "big")
            if len(self._records) < end:
                break
            if self._records[0] == _HANDSHAKE_RECORD:
                self._messages += self._records[_RECORD_HEADER:end]
            else:
                # Change of cipher or an alert: from here on nothing is readable.
                self._done = True
            del self._records[:end]
        return self._leaf()

    def _leaf(self) -> bytes | None:
        while len(self._messages) >= 4:
            end = 4 + int.from_bytes(self._messages[1:4], "big")
            if len(self._messages) < end:
                return None
            if self._messages[0] == _CERTIFICATE_MESSAGE:
                self._done = True
                # Length of the list, length of the first certificate, the certificate.
                length = int.from_bytes(self._messages[7:10], "big")
                return bytes(self._messages[10 : min(10 + length, end)]) or None
            del self._messages[:end]
        return None


class DeviceConnection:
    """One client, over TLS. ``certificate`` is its leaf's DER, empty where it sent none.

    Made by the constructor's handshake; raises `DeviceTlsError` where that fails. ``watch`` is
    given the handshake's bytes before `ssl` is. The socket's time-out holds for every read.
    For one thread.
    """

    def __init__(
        self,
        connection: socket.socket,
        context: ssl.SSLContext,
        watch: Callable[[bytes], None] = lambda _: None,
    ) -> None:
        self._socket = connection
        self._incoming, self._outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        self._tls = context.wrap_bio(self._incoming, self._outgoing, server_side=True)
        self._arrived = bytearray()
        self._handshake(watch)
        self.certificate: bytes = self._tls.getpeercert(binary_form=True) or b""

    def read(self, count: int) -> bytes:
        """Exactly that many bytes; `DeviceTlsError` where the client stops before."""
        while len(self._arrived) < count:
            if not self._decrypt():
                self._incoming.write(self._receive())
        part = bytes(self._arrived[:count])
        del self._arrived[:count]
        return part

    def has_arrived(self, seconds: float, other: socket.socket) -> bool:
        """Whether the client has said something: waits so long, or until ``other`` can be read."""
        if self._arrived or self._decrypt():
            return True
        with selectors.DefaultSelector() as selector:
            selector.register(self._socket, selectors.EVENT_READ)
            selector.register(other, selectors.EVENT_READ)
            ready = {key.fileobj for key, _ in selector.select(seconds)}
        if self._socket not in ready:
            return False
        self._incoming.write(self._receive())
        return self._decrypt()

    def write(self, data: bytes) -> None:
        """Send all of it."""
        try:
            self._tls.write(data)
        except ssl.SSLError as error:
            raise DeviceTlsError(str(error)) from error
        self._flush()

    def close(self) -> None:
        """Say goodbye, so that the client can tell it from a cut."""
        # The client's own goodbye is not waited for, and it may be gone already.
        with contextlib.suppress(OSError):
            with contextlib.suppress(ssl.SSLError):
                self._tls.unwrap()
            self._flush()

    def _handshake(self, watch: Callable[[bytes], None]) -> None:
        received = 0
        while True:
            try:
                self._tls.do_handshake()
            except ssl.SSLWantReadError:
                self._flush()
                data = self._receive()
                received += len(data)
                if received > _MAX_HANDSHAKE_BYTES:
                    raise DeviceTlsError("an endless handshake") from None
                watch(data)
                self._incoming.write(data)
            except ssl.SSLError as error:
                # The alert is for the client; it may already have gone.
                with contextlib.suppress(OSError):
                    self._flush()
                raise DeviceTlsError(str(error)) from error
            else:
                self._flush()
                return

    def _decrypt(self) -> bool:
        """Whether something more could be read from what has been received."""
        try:
            part = self._tls.read(_CHUNK)
        except ssl.SSLWantReadError:
            self._flush()
            return False
        except ssl.SSLError as error:
            raise DeviceTlsError(str(error)) from error
        if not part:
            raise DeviceTlsError("the client has ended TLS")
        self._arrived += part
        return True

    def _receive(self) -> bytes:
        data = self._socket.recv(_CHUNK)
        if not data:
            raise DeviceTlsError("the client has closed the connection")
        return data

    def _flush(self) -> None:
        data = self._outgoing.read()
        if data:
            self._socket.sendall(data)


def anyone(connection: socket.socket, authority: SandboxAuthority) -> DeviceConnection:
    """A TLS 1.2 connection with whoever holds the key of a certificate, or sends none.

    The service behind it judges the certificate and answers strangers in its own words, so a
    stranger's must not fail in TLS. Raises `DeviceTlsError`.
    """
    context = _context(authority)
    leaf_watch = CertificateWatch()

    def watch(data: bytes) -> None:
        leaf = leaf_watch.feed(data)
        if leaf:
            trust(context, leaf)

    return DeviceConnection(connection, context, watch)


def trust(context: ssl.SSLContext, leaf: bytes) -> None:
    """Make a leaf (DER) an anchor of the one connection that a context is for."""
    # What is no certificate fails in the handshake, which says so to the client.
    with contextlib.suppress(ssl.SSLError):
        context.load_verify_locations(cadata=leaf)


def _context(authority: SandboxAuthority) -> ssl.SSLContext:
    """A context of one connection: what is trusted on it must not reach another."""
    context = authority.server_context()
    context.maximum_version = ssl.TLSVersion.TLSv1_2
    context.options |= ssl.OP_NO_TICKET
    context.verify_mode = ssl.CERT_OPTIONAL
    flags = ssl.VerifyFlags.VERIFY_X509_PARTIAL_CHAIN | ssl.VerifyFlags(_NO_CHECK_TIME)
    context.verify_flags |= flags
    return context
