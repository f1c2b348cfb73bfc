"""All that a target holds, and whether it holds certain certificates. Read-only.

A certificate has no name of its own: which thing it belongs to would be a call for each.
"""

import re
from collections.abc import Iterator, Mapping

from tng.clouds.aws.api import AwsApi
from tng.clouds.aws.certificates import LIST, PAGE
from tng.clouds.aws.failures import UNREADABLE, clean
from tng.clouds.aws.inspection import Inspector
from tng.clouds.aws.replies import listed
from tng.clouds.interface import Caller, HeldDevice, TransientError
from tng.clouds.listing import all_pages

_CERTIFICATE_ID = re.compile(r"[0-9a-f]{64}")


def held_devices(api: AwsApi, caller: Caller) -> Iterator[HeldDevice]:
    """Every certificate of the account and region; raises `CloudError` siblings."""

    def read(marker: str | None) -> tuple[list[object], str | None]:
        request: dict[str, object] = {"pageSize": PAGE}
        if marker is not None:
            request["marker"] = marker
        return _page(caller(LIST, lambda: api.call(LIST, request)))

    for page in all_pages(read):
        yield from map(_held, page)


def holds(inspector: Inspector, keys: list[str]) -> dict[str, HeldDevice]:
    """Which of the certificates ``keys`` are there."""
    return {
        key: HeldDevice((key,), "", clean(status))
        for key, status in inspector.statuses(keys).items()
    }


def _page(reply: Mapping[str, object]) -> tuple[list[object], str | None]:
    marker = reply.get("nextMarker") or None
    if marker is not None and not isinstance(marker, str):
        raise TransientError(UNREADABLE, "the answer's nextMarker is no text")
    return listed(reply, "certificates"), marker


def _held(item: object) -> HeldDevice:
    """What cannot be read is held all the same."""
    members = item if isinstance(item, dict) else {}
    key, status = members.get("certificateId"), members.get("status")
    known = isinstance(key, str) and _CERTIFICATE_ID.fullmatch(key)
    return HeldDevice(
        (str(key),) if known else (),
        "" if known or key is None else clean(str(key)[:128]),
        clean(status) if isinstance(status, str) else "",
    )
