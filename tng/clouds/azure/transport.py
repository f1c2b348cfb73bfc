"""The https connections of a target: as many as threads, bounded, and never silently again.

The SDK brings its own transport; this one is for what it leaves open: connections enough for
all threads, answers of bounded size, and no credentials but those that were chosen.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from azure.core.pipeline.transport import RequestsTransport
from requests import PreparedRequest, Response, Session
from requests.adapters import HTTPAdapter
from requests.exceptions import ContentDecodingError

CONNECT_TIMEOUT, READ_TIMEOUT = 5, 15
"""Seconds; the SDK's own 300 would stall a thread for minutes on one lost packet."""

MAX_REPLY_BYTES = 16 * 1024 * 1024
"""Four times a page of 100 enrollments with the largest twins."""


def make_transport(threads: int, ca_file: Path | None) -> RequestsTransport:
    """A transport for ``threads`` calls at once.

    ``ca_file`` is trusted instead of the system's authorities.
    """
    session = Session()
    # With none of its own, `requests` would put what a .netrc has for the host, or for every
    # host, in the place of the signature.
    session.auth = _keep_authorization
    adapter = _BoundedAdapter(max_retries=0, pool_maxsize=max(threads, 10))
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


class _BoundedAdapter(HTTPAdapter):
    def build_response(self, req: PreparedRequest, resp: Any) -> Response:  # noqa: ANN401 - urllib3's
        response = _BoundedResponse()
        response.__dict__.update(super().build_response(req, resp).__dict__)
        return response
