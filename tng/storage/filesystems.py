"""The ways to S3 and to Azure: fsspec's file systems, made with the clouds' own credentials.

Nothing of a URL but its service and account decides how one is made, and nothing else in the
program asks fsspec to take a URL apart: that would follow chains and queries.
"""

import logging
import os
from importlib import import_module
from typing import Any, Final
from weakref import WeakSet

from tng.storage.errors import StorageSetupError, converted
from tng.storage.locations import Service, Url

BLOCK: Final = 4 * 1024 * 1024
"""Bytes asked for at once when reading; a few of them are in memory for an open object."""

_CONNECT_SECONDS: Final = 10
_READ_SECONDS: Final = 60
_CONCURRENT_PARTS: Final = 4

_TOKEN_SCOPE: Final = "https://storage.azure.com/.default"  # noqa: S105 - what it is for

# What the SDKs warn of is in their errors too; without a handler it would go to stderr.
for _name in ("azure", "msal", "botocore", "aiobotocore", "s3fs", "adlfs", "fsspec"):
    logging.getLogger(_name).addHandler(logging.NullHandler())

_CLASSES: Final = {
    Service.S3: ("s3fs", "S3FileSystem"),
    Service.ABFS: ("adlfs", "AzureBlobFileSystem"),
}


def filesystem(url: Url) -> Any:  # noqa: ANN401 - fsspec and what implements it have no types
    """The file system that holds ``url``; made once for a thread and an account.

    Raises `StorageSetupError` where its extra is not installed, or the environment does not say
    which account or says another.
    """
    module, name = _CLASSES[url.service]
    try:
        kind = getattr(import_module(module), name)
    except ImportError as error:
        raise StorageSetupError(
            f"{url.service}:// URLs need the package {module}",
            f"Install it: pip install 'tng[{url.service}]'.",
        ) from error
    if url.service is Service.S3:
        return _s3(kind, url)
    return _azure(kind, url)


def _s3(kind: Any, url: Url) -> Any:  # noqa: ANN401 - see above
    with converted(url):
        return kind(
            anon=False,
            use_listings_cache=False,
            max_concurrency=_CONCURRENT_PARTS,
            config_kwargs={"connect_timeout": _CONNECT_SECONDS, "read_timeout": _READ_SECONDS},
        )


def _azure(kind: Any, url: Url) -> Any:  # noqa: ANN401 - see above
    known = ("AZURE_STORAGE_CONNECTION_STRING", "AZURE_STORAGE_ACCOUNT_NAME")
    if not url.account and not any(os.environ.get(name) for name in known):
        raise StorageSetupError(
            f"{url} does not say in which storage account, and the environment does not either",
            f"Set {known[0]} or {known[1]}, or give "
            f"abfss://{url.bucket}@account.dfs.core.windows.net/….",
        )
    try:
        made = kind(
            account_name=url.account or None,
            anon=False,
            use_listings_cache=False,
            max_concurrency=_CONCURRENT_PARTS,
            connection_timeout=_CONNECT_SECONDS,
            read_timeout=_READ_SECONDS,
        )
    # It wraps what it does not understand, and repeats the connection string with it.
    except ValueError as error:
        raise StorageSetupError(
            "what the environment says of the storage account cannot be used",
            f"Check {known[0]} and {known[1]}.",
        ) from error
    found = made.service_client.account_name
    if url.account and found != url.account:
        raise StorageSetupError(
            f"{url} lies in another storage account than the credentials, which are of {found}",
            f"Unset {known[0]}, or name the account that it is for.",
        )
    if made.credential is not None and made not in _signed_in:
        _sign_in(made, url)
    return made


_signed_in: WeakSet[Any] = WeakSet()


def _sign_in(client: Any, url: Url) -> None:  # noqa: ANN401 - see above
    """Ask once for a token: the service's client would ask four times, in a minute and a half."""
    from fsspec.asyn import sync

    with converted(url):
        sync(client.loop, client.credential.get_token, _TOKEN_SCOPE)
    _signed_in.add(client)
