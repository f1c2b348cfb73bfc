"""Reading what a service holds, in as few calls as the number of devices allows."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import partial

from tng.clouds.azure.api import DpsApi
from tng.clouds.azure.enrollment import RemoteEnrollment, read_enrollment, text
from tng.clouds.azure.failures import NotFoundError
from tng.clouds.azure.rates import GET, QUERY
from tng.clouds.azure.settings import AzureSettings
from tng.clouds.azure.wanted import wanted_ids
from tng.clouds.interface import Caller
from tng.clouds.listing import find
from tng.plan.models import PlannableDevice, device_key
from tng.plan.view import RemoteView

PAGE = 100
"""Enrollments asked for in a page; the service may give fewer (its bound is not documented)."""


class Inspector:
    """Reads the enrollments of devices on one target, through the engine's `Caller`."""

    def __init__(self, api: DpsApi, caller: Caller, settings: AzureSettings) -> None:
        self._api = api
        self._caller = caller
        self._settings = settings
        self._seen = 0
        self._ended = False
        self._beside: set[str] = set()
        self._seen_beside = 0

    def inspect(
        self, devices: Sequence[PlannableDevice], beside: Iterable[PlannableDevice] = ()
    ) -> RemoteView:
        """The enrollment of every device that has one, and how many ``beside`` have one too.

        The latter where the whole list was read, as for the number of all.
        """
        ids: dict[str, str] = {}
        for device in devices:
            registration_id = wanted_ids(self._settings, device).registration_id
            if registration_id:
                ids[device_key(device)] = registration_id
        wanted = dict.fromkeys(ids.values())
        self._beside = {wanted_ids(self._settings, item).registration_id for item in beside}
        self._beside.difference_update(("", *wanted))
        found = self.enrollments(list(wanted))
        states = {key: found[name] for key, name in ids.items() if name in found}
        if not self._ended:
            return RemoteView(states)
        return RemoteView(states, self._seen, self._seen_beside)

    def enrollments(self, registration_ids: Sequence[str]) -> dict[str, RemoteEnrollment]:
        """Those enrollments that are there, by registration id; in lower case, as asked for."""
        return find(registration_ids, self._pages(), self._one)

    def _pages(self) -> Iterator[Mapping[str, RemoteEnrollment]]:
        continuation: str | None = None
        while True:
            page = self._caller(QUERY, partial(self._api.page, PAGE, continuation))
            self._seen += len(page.items)
            # Before the page is given: whoever has found all asks for no further one.
            self._ended = page.continuation is None
            found = {
                text(item.get("registrationId")).lower(): read_enrollment(item)
                for item in page.items
            }
            self._seen_beside += sum(name in self._beside for name in found)
            yield found
            if page.continuation is None:
                return
            continuation = page.continuation

    def _one(self, registration_id: str) -> RemoteEnrollment | None:
        try:
            return read_enrollment(self._caller(GET, lambda: self._api.get(registration_id)))
        except NotFoundError:
            return None
