"""Reading certificates out of an account: one by one, or by the public key that they certify.

No API of AWS finds a certificate by its key, and no list tells keys: whoever looks for one has to
describe what was made at the time in question.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from tng.clouds.aws.api import AwsApi
from tng.clouds.aws.failures import UNREADABLE, NotFoundError
from tng.clouds.aws.replies import structures
from tng.clouds.interface import Caller, TransientError
from tng.clouds.listing import all_pages
from tng.x509.pem import certified_key

LIST, DESCRIBE = "ListCertificates", "DescribeCertificate"

PAGE = 250
"""The largest page that the lists give (AWS IoT API reference)."""

CLOCK_SKEW = timedelta(minutes=10)
"""How far this clock and the cloud's may be apart. AWS refuses a signed call at 5 minutes
(Signature Version 4); twice that, since the list is read from the other side."""


@dataclass(frozen=True, slots=True)
class FoundCertificate:
    """A certificate that is there: its id, its status, and the leaf."""

    certificate_id: str
    status: str
    pem: str


class CertificateReader:
    """Reads certificates through the engine's `Caller`; raises `CloudError` siblings."""

    def __init__(self, api: AwsApi, caller: Caller) -> None:
        self._api = api
        self._caller = caller

    def describe(self, certificate_id: str) -> FoundCertificate | None:
        """One certificate; ``None`` if it is not there."""
        request = {"certificateId": certificate_id}
        try:
            reply = self._caller(DESCRIBE, lambda: self._api.call(DESCRIBE, request))
        except NotFoundError:
            return None
        description = reply.get("certificateDescription")
        if not isinstance(description, dict):
            raise TransientError(UNREADABLE, "the answer does not describe a certificate")
        status, pem = str(description.get("status")), str(description.get("certificatePem"))
        return FoundCertificate(certificate_id, status, pem)

    def orphans(
        self,
        wanted: Mapping[str, datetime],
        known: Callable[[datetime], frozenset[str]],
    ) -> dict[str, FoundCertificate]:
        """The certificates of the requests ``wanted`` that were made since their times.

        ``known`` gives the ids, of those made since a time, that are known to be another
        request's. The list is read newest first, back to the earliest of the times; where its order
        cannot be seen in it, to its end.
        """
        if not wanted:
            return {}
        since = min(wanted.values()) - CLOCK_SKEW
        others = known(since)
        found: dict[str, FoundCertificate] = {}
        for certificate_id in self._made_since(since):
            if certificate_id in others:
                continue
            certificate = self.describe(certificate_id)
            key = None if certificate is None else certified_key(certificate.pem)
            if certificate is not None and key is not None and key in wanted:
                found.setdefault(key, certificate)
                if len(found) == len(wanted):
                    break
        return found

    def _made_since(self, since: datetime) -> Iterator[str]:
        """The ids of all that was made since then, and of what does not tell when it was."""
        order = _Order()
        for page in all_pages(self._page):
            for item in structures(page, "certificates"):
                made_at = _time(item.get("creationDate"))
                order.see(made_at)
                if made_at is None or made_at >= since:
                    yield str(item.get("certificateId"))
            if order.is_past(since):
                return

    def _page(self, marker: str | None) -> tuple[Mapping[str, object], str | None]:
        request: dict[str, object] = {"pageSize": PAGE, "ascendingOrder": False}
        if marker is not None:
            request["marker"] = marker
        reply = self._caller(LIST, lambda: self._api.call(LIST, request))
        following = reply.get("nextMarker") or None
        if following is not None and not isinstance(following, str):
            raise TransientError(UNREADABLE, "the answer's nextMarker is no text")
        return reply, following


class _Order:
    """Whether a list shows itself to be the newest first."""

    def __init__(self) -> None:
        self._last: datetime | None = None
        self._descends = True

    def see(self, at: datetime | None) -> None:
        """The next item's time."""
        if at is None or (self._last is not None and at > self._last):
            self._descends = False
        self._last = at

    def is_past(self, since: datetime) -> bool:
        """Whether nothing that follows can be of ``since`` or later."""
        return self._descends and self._last is not None and self._last < since


def _time(value: object) -> datetime | None:
    """Of every form that AWS writes, botocore makes a `datetime`."""
    if not isinstance(value, datetime):
        return None
    return value if value.tzinfo else value.replace(tzinfo=UTC)
