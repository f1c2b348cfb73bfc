"""Files by name, wherever they lie: on this machine, in Amazon S3 or in Azure Blob Storage.

It turns a name (a path or a URL) into streams of bytes, and everything that can go wrong on the
way into our errors. It does not know what the bytes mean. Credentials come from the clouds' own
chains and never from a name; nothing in an input is ever taken for a name.
"""

from tng.storage.errors import NotFoundError, StorageError, StorageSetupError
from tng.storage.locations import Service, Url, is_url, local_path, parse_url
from tng.storage.reading import Stored, describe, open_url, read_range, size

__all__ = [
    "NotFoundError",
    "Service",
    "StorageError",
    "StorageSetupError",
    "Stored",
    "Url",
    "describe",
    "is_url",
    "local_path",
    "open_url",
    "parse_url",
    "read_range",
    "size",
]
