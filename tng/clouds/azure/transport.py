"""The https connections of a target: as many as threads, bounded, and never silently again.

The SDK brings its own transport; this one is for what it leaves open: connections enough for
all threads, answers of bounded size and time, and no credentials but those that were chosen.
"""

import math
import ssl
import time
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from azure.core.pipeline.transport import RequestsTransport
from requests import PreparedRequest, Response, Session
from requests.adapters import HTTPAdapter
from requests.exceptions import ContentDecodingError
from urllib3 import ProxyManager
from urllib3.util.ssl_ import create_urllib3_context

if TYPE_CHECKING:
    from _typeshed import ReadableBuffer, WriteableBuffer

CONNECT_TIMEOUT, READ_TIMEOUT = 5, 15
"""Seconds; the SDK's own 300 would stall a thread for minutes on one lost packet."""

MAX_REPLY_SECONDS = 60.0
"""For the whole of an answer: the time-out above is for each part of it, however small."""

MAX_REPLY_BYTES = 16 * 1024 * 1024
"""Four times a page of 100 enrollments with the largest twins."""


def make_transport(
    threads: int, ca_file: Path | None, reply_seconds: float = MAX_REPLY_SECONDS
) -> RequestsTransport:
    """A transport for ``threads`` calls at once.

    ``ca_file`` is trusted instead of the system's authorities. No answer takes longer than
    ``reply_seconds``, and one more `READ_TIMEOUT`.
    """
    session = Session()
    # With none of its own, `requests` would put what a .netrc has for the host, or for every
    # host, in the place of the signature.
    session.auth = _keep_authorization
    adapter = _BoundedAdapter(max(threads, 10), reply_seconds)
    session.mount("https://", adapter)
    session.mount("http://", adapter)
    return RequestsTransport(
        session=session,
        connection_timeout=CONNECT_TIMEOUT,
        read_timeout=READ_TIMEOUT,
        connection_verify=True if ca_file is None else str(ca_file),
    )


def _keep_authorization(request: PreparedRequest) -> PreparedRequest:
    return request


class _BoundedResponse(Response):
    """A response that fails when it becomes larger than any genuine one."""

    # The base class has overloads for text, which nobody asks for here.
    def iter_content(  # type: ignore[override]
        self, chunk_size: int | None = 1
    ) -> Iterator[bytes]:
        """The body in chunks, decompressed; raises `ContentDecodingError` where it is too long."""
        size = 0
        for chunk in super().iter_content(chunk_size):
            size += len(chunk)
            if size > MAX_REPLY_BYTES:
                self.close()
                raise ContentDecodingError(f"the answer has more than {MAX_REPLY_BYTES} bytes")
            yield chunk


class _BoundedSocket(ssl.SSLSocket):
    """A TLS socket on which nothing more is read, some time after something was written."""

    reply_seconds = math.inf
    _until = math.inf

    def send(self, data: "ReadableBuffer", flags: int = 0) -> int:
        self._until = time.monotonic() + self.reply_seconds
        return super().send(data, flags)

    def recv_into(
        self, buffer: "WriteableBuffer", nbytes: int | None = None, flags: int = 0
    ) -> int:
        if time.monotonic() > self._until:
            raise TimeoutError(f"the answer takes more than {self.reply_seconds:g} seconds")
        return super().recv_into(buffer, nbytes, flags)


class _BoundedAdapter(HTTPAdapter):
    def __init__(self, connections: int, reply_seconds: float) -> None:
        # Which authorities are trusted is added by requests, as for a context of its own.
        self._context = create_urllib3_context()
        self._context.sslsocket_class = type(
            "_BoundedSocket", (_BoundedSocket,), {"reply_seconds": reply_seconds}
        )
        super().__init__(max_retries=0, pool_maxsize=connections)

    def init_poolmanager(self, *places: Any, **settings: Any) -> None:  # noqa: ANN401 - urllib3's
        super().init_poolmanager(*places, ssl_context=self._context, **settings)

    def proxy_manager_for(self, proxy: str, **settings: Any) -> ProxyManager:  # noqa: ANN401 - urllib3's
        manager: ProxyManager = super().proxy_manager_for(
            proxy, ssl_context=self._context, **settings
        )
        return manager

    def build_response(self, req: PreparedRequest, resp: Any) -> Response:  # noqa: ANN401 - urllib3's
        response = _BoundedResponse()
        response.__dict__.update(super().build_response(req, resp).__dict__)
        return response
