"""What a name on a command line names: a file here, or an object behind a URL.

Only the schemes of the table are taken, and only whole: no chains of schemes (``a::b``), no
credentials and no queries. What is refused for that is not repeated in the message.
"""

import re
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Final
from urllib.parse import unquote

from tng.errors import UsageError


class Service(StrEnum):
    """Where objects lie; the values are the extras that bring the way there."""

    S3 = "s3"
    ABFS = "abfs"

    @property
    def holder(self) -> str:
        """What the service calls that in which objects lie."""
        return "bucket" if self is Service.S3 else "container"


_SERVICES: Final = {
    "s3": Service.S3,
    "abfs": Service.ABFS,
    "abfss": Service.ABFS,
    "az": Service.ABFS,
}
_FILE: Final = "file"
_ALLOWED: Final = "Use s3://, abfs://, abfss://, az:// or file://; a path needs none of them."

_SCHEME = re.compile(r"([^/]*?)://")
_ACCOUNT_HOST = re.compile(r"([a-z0-9]{3,24})\.(?:dfs|blob)\.core\.windows\.net")
_BUCKET = re.compile(r"[A-Za-z0-9$][A-Za-z0-9._-]{1,254}")
"""Wider than either service's rule, which the service tells; narrow enough to mean one thing."""


@dataclass(frozen=True, slots=True)
class Url:
    """One object, or what begins as its name does.

    ``bucket`` is Azure's container; ``account`` is Azure's, or empty for the one that the
    environment names. ``root`` is the URL as it was given, up to ``key``.
    """

    service: Service
    account: str
    bucket: str
    key: str
    root: str

    def __str__(self) -> str:
        return self.root + self.key

    @property
    def path(self) -> str:
        """Bucket and key, as fsspec names them."""
        return f"{self.bucket}/{self.key}"

    def at(self, key: str) -> "Url":
        """Another object in the same bucket."""
        return replace(self, key=key)

    def is_same(self, other: "Url") -> bool:
        """Whether both may be one object: an account that is not named may be any."""
        accounts = {self.account, other.account} - {""}
        return self.service is other.service and self.path == other.path and len(accounts) < 2


def is_url(name: str) -> bool:
    """Whether ``name`` leads to another service; `UsageError` for a scheme that is not allowed."""
    return _scheme(name) in _SERVICES


def local_path(name: str) -> str:
    """``name`` itself, or the path of a ``file://`` URL (RFC 8089); `UsageError` for another host.

    Raises `UsageError` for a scheme that is not allowed, too.
    """
    if _scheme(name) != _FILE:
        return name
    host, slash, path = name.partition("://")[2].partition("/")
    if host not in {"", "localhost"} or not slash:
        raise UsageError("a file:// URL has to be file:///path", "Or give the path alone.")
    return unquote("/" + path)


def parse_url(name: str) -> Url:
    """The parts of a URL for which `is_url` holds; wildcards are not told from other characters.

    Raises `UsageError` where it says more than which object: credentials, a query, a fragment.
    """
    scheme, _, rest = name.partition("://")
    authority, _, key = rest.partition("/")
    service = _SERVICES[scheme]
    account, bucket = "", authority
    if service is Service.ABFS and "@" in authority:
        bucket, _, host = authority.partition("@")
        matched = _ACCOUNT_HOST.fullmatch(host)
        if matched is None:
            raise UsageError(
                f"an {scheme}:// URL names something else than a storage account",
                "The form is abfss://container@account.dfs.core.windows.net/path.",
            )
        account = matched.group(1)
    if _BUCKET.fullmatch(bucket) is None:
        raise _no_bucket(scheme, service, authority)
    _refuse_more_than_a_name(scheme, key)
    return Url(service, account, bucket, key, f"{scheme}://{authority}/")


def _no_bucket(scheme: str, service: Service, authority: str) -> UsageError:
    """What stands where the bucket's name should may be a secret: it is not repeated."""
    form = f"the form is {scheme}://{service.holder}/path."
    if "@" in authority or ":" in authority:
        hint = f"Give credentials to the environment, never in a URL; {form}"
    else:
        hint = f"Correct the {service.holder}: letters, digits, dots and hyphens; {form}"
    return UsageError(f"an {scheme}:// URL has no usable name of a {service.holder}", hint)


def _refuse_more_than_a_name(scheme: str, key: str) -> None:
    if "?" in key or "#" in key:
        raise UsageError(
            f"an {scheme}:// URL has a ? or #: queries, signatures and fragments are not taken",
            "Give the URL without them, and credentials to the environment; "
            "of wildcards there are * and [].",
        )
    if not key.isprintable() or "\\" in key:
        raise UsageError(
            f"an {scheme}:// URL has a character that no URL can have", "Give another name."
        )


def _scheme(name: str) -> str:
    """The scheme of a URL; empty for a path."""
    matched = _SCHEME.match(name)
    if matched is None:
        return ""
    scheme = matched.group(1)
    if scheme in _SERVICES or scheme == _FILE:
        return scheme
    if "::" in scheme:
        raise UsageError("schemes cannot be chained with ::", _ALLOWED)
    shown = scheme if re.fullmatch(r"[A-Za-z][A-Za-z0-9+.-]{0,20}", scheme) else "such"
    raise UsageError(f"{shown}:// URLs are not read or written", _ALLOWED)
