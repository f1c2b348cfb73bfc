"""One call to one service, with every exception converted and every answer checked for form."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple, TypeVar

from azure.iot.deviceprovisioning import DeviceProvisioningClient

from tng.clouds.azure.enrollment import text
from tng.clouds.azure.failures import CONVERTED, UNREADABLE, converted
from tng.clouds.interface import TransientError

Json = Mapping[str, Any]
"""A document of the service; values are what it sent."""

_ALL = {"query": "SELECT * FROM enrollments"}
_Answer = TypeVar("_Answer")


class Page(NamedTuple):
    """Some enrollments, and the token with which to ask for the next ones."""

    items: tuple[Json, ...]
    continuation: str | None


class DpsApi:
    """The calls of one service. Safe to be used by several threads.

    Every method makes one call and raises `CloudError` siblings; an answer that has not the
    form of one is a `TransientError`, as the call may have taken effect.
    """

    def __init__(self, client: DeviceProvisioningClient) -> None:
        self._enrollments = client.enrollment

    def put(self, registration_id: str, document: Json, etag: str | None = None) -> Json:
        """Create; with ``etag``, replace the enrollment that has it."""
        return _document(
            made(
                lambda: self._enrollments.create_or_update(
                    registration_id, dict(document), if_match=etag
                )
            )
        )

    def get(self, registration_id: str) -> Json:
        """An enrollment and its registration state; one of another id is no answer."""
        document = _document(made(lambda: self._enrollments.get(registration_id)))
        if text(document.get("registrationId")).lower() != registration_id.lower():
            raise TransientError(UNREADABLE, "the answer is not the enrollment that was asked for")
        return document

    def delete(self, registration_id: str, etag: str) -> None:
        """Delete the enrollment that has ``etag``."""
        made(lambda: self._enrollments.delete(registration_id, if_match=etag))

    def page(self, size: int, continuation: str | None) -> Page:
        """A page of at most ``size`` enrollments, without registration states."""
        return made(lambda: self._page(size, continuation))

    def bulk_create(self, documents: Sequence[Json]) -> Json:
        """Create at most 10 enrollments; the answer names those that failed."""
        operation = {"mode": "create", "enrollments": [dict(item) for item in documents]}
        return _document(made(lambda: self._enrollments.run_bulk_operation(operation)))

    def _page(self, size: int, continuation: str | None) -> Page:
        pages = self._enrollments.query(_ALL, top=size).by_page(continuation)
        items = tuple(next(pages))
        if not all(isinstance(item, dict) for item in items):
            raise ValueError("the answer is not a list of enrollments")
        token = getattr(pages, "continuation_token", None)
        return Page(items, token if isinstance(token, str) and token else None)


def made(call: Callable[[], _Answer]) -> _Answer:
    """What ``call``, one call through an SDK, gives; raises `CloudError` siblings."""
    try:
        return call()
    except CONVERTED as error:
        raise converted(error) from error


def _document(answer: object) -> Json:
    if isinstance(answer, dict):
        return answer
    raise TransientError(UNREADABLE, "the answer is not a JSON object")
