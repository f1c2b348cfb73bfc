"""Which objects a URL means: one, all below a folder, or those that wildcards match.

Listings are walked page by page, in the services' own order, which is that of the names. What
they give are names only: whether one can be asked for is known when it is opened.
"""

import re
from collections.abc import Iterator
from enum import Enum, auto
from fnmatch import fnmatchcase
from itertools import islice
from typing import Any

from tng.errors import InputError
from tng.storage.errors import NotFoundError, converted
from tng.storage.filesystems import filesystem
from tng.storage.locations import Service, Url

_PAGE = 1000
"""Names a call; S3 gives no more (API reference, ListObjectsV2: MaxKeys)."""

MOST_MATCHES = 100_000
"""Names that wildcards may match: they are held in memory. A folder's are not."""


class Kind(Enum):
    """What there is under a name."""

    OBJECT = auto()
    FOLDER = auto()
    ABSENT = auto()


def look(url: Url) -> Kind:
    """What ``url`` names; raises `StorageError` where that cannot be known."""
    client = filesystem(url)
    if url.key and not url.key.endswith("/"):
        try:
            with converted(url):
                found = client.info(url.path)
        except NotFoundError:
            return Kind.ABSENT
        return Kind.OBJECT if found.get("type") == "file" else Kind.FOLDER
    try:
        return Kind.FOLDER if next(walk(url), None) is not None else Kind.ABSENT
    except NotFoundError:
        return Kind.ABSENT


def walk(folder: Url) -> Iterator[str]:
    """The URL of every object below ``folder``, hidden ones left out; `StorageError` on failure.

    Hidden is what has a part that begins with a dot, as in folders here.
    """
    prefix = folder.key if not folder.key or folder.key.endswith("/") else f"{folder.key}/"
    for key in _keys(folder.at(prefix), flat=True):
        if not _is_hidden(key[len(prefix) :]):
            yield str(folder.at(key))


def match(pattern: Url) -> tuple[str, ...]:
    """The URLs of the objects that the wildcards in ``pattern`` match, sorted.

    ``*`` and ``[…]`` stay within a part of a name, ``**`` stands for any parts. Raises
    `InputError` for more than `MOST_MATCHES`, `StorageError` where they cannot be listed.
    """
    key = pattern.key
    fixed = re.split(r"[*\[]", key, maxsplit=1)[0]
    parts = key.split("/")
    found = (
        str(pattern.at(item))
        for item in _keys(pattern.at(fixed), flat="/" in key[len(fixed) :] or "**" in key)
        if not _is_hidden(item[fixed.rfind("/") + 1 :]) and _matches(parts, item.split("/"))
    )
    try:
        matches = sorted(islice(found, MOST_MATCHES + 1))
    except NotFoundError:
        return ()
    if len(matches) > MOST_MATCHES:
        raise InputError(
            f"{pattern} matches more than {MOST_MATCHES:,} objects",
            "Name their folder instead, with a slash at its end.",
        )
    return tuple(matches)


def has_wildcard(url: Url) -> bool:
    """Whether ``url`` may mean several objects."""
    return "*" in url.key or "[" in url.key


def _matches(pattern: list[str], parts: list[str]) -> bool:
    if not pattern or not parts:
        return not parts and all(item == "**" for item in pattern)
    if pattern[0] == "**":
        return _matches(pattern[1:], parts) or _matches(pattern, parts[1:])
    return fnmatchcase(parts[0], pattern[0]) and _matches(pattern[1:], parts[1:])


def _is_hidden(key: str) -> bool:
    """Whether an object is passed over, as are the markers that stand for folders."""
    return not key or key.endswith("/") or any(part.startswith(".") for part in key.split("/"))


def _keys(prefix: Url, *, flat: bool) -> Iterator[str]:
    """The names that begin as ``prefix`` does; unless ``flat``, those in folders are left out."""
    pages = _s3_pages if prefix.service is Service.S3 else _azure_pages
    for page in pages(filesystem(prefix), prefix, flat=flat):
        yield from page


def _s3_pages(client: Any, prefix: Url, *, flat: bool) -> Iterator[list[str]]:  # noqa: ANN401 - s3fs
    following: dict[str, str] = {} if flat else {"Delimiter": "/"}
    while True:
        with converted(prefix):
            page = client.call_s3(
                "list_objects_v2",
                Bucket=prefix.bucket,
                Prefix=prefix.key,
                MaxKeys=_PAGE,
                **following,
            )
        yield [item["Key"] for item in page.get("Contents", ())]
        if not page.get("IsTruncated"):
            return
        following["ContinuationToken"] = page["NextContinuationToken"]


def _azure_pages(client: Any, prefix: Url, *, flat: bool) -> Iterator[list[str]]:  # noqa: ANN401 - adlfs
    from fsspec.asyn import sync

    token = None
    while True:
        with converted(prefix):
            names, token = sync(client.loop, _azure_page, client, prefix, token)
        yield [name for name in names if flat or "/" not in name[prefix.key.rfind("/") + 1 :]]
        if not token:
            return


async def _azure_page(client: Any, prefix: Url, token: str | None) -> tuple[list[str], str | None]:  # noqa: ANN401 - adlfs
    async with client.service_client.get_container_client(prefix.bucket) as container:
        pages = container.list_blobs(
            name_starts_with=prefix.key or None, include=["metadata"], results_per_page=_PAGE
        ).by_page(token)
        try:
            page = await anext(pages)
        except StopAsyncIteration:
            return [], None
        names = [blob.name async for blob in page if not _is_azure_folder(blob.metadata)]
        return names, pages.continuation_token


def _is_azure_folder(metadata: dict[str, str] | None) -> bool:
    """Whether a blob stands for a folder of a hierarchical account."""
    return (metadata or {}).get("hdi_isfolder") == "true"
