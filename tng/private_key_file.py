"""Private keys from files: PEM or DER, PKCS#8, SEC 1 or PKCS#1, encrypted or not.

Keys stay in memory and are never shown; errors repeat nothing of what a file holds.
"""

import re
from collections.abc import Callable
from pathlib import Path

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.types import PrivateKeyTypes
from cryptography.hazmat.primitives.serialization import (
    load_der_private_key,
    load_pem_private_key,
)

from tng.errors import InputError

Passphrase = Callable[[], str]
"""Called at most once, and only for an encrypted key; raises `InputError` if there is none."""

_MAX_FILE_BYTES = 256 * 1024
_PEM_KEY = re.compile(
    rb"-----BEGIN ((?:[A-Z0-9]+ )*PRIVATE KEY)-----[^-]*(?:-[^-]+)*-----END \1-----"
)


def read_private_key(
    path: Path, passphrase: Passphrase, *, whose: str, hint: str
) -> PrivateKeyTypes:
    """The first private key of the file, whatever stands beside it.

    ``whose`` is put into hints ("the device's"), ``hint`` helps where no key can be read.
    Raises `InputError`.
    """
    data = read_small_file(path)
    block = _PEM_KEY.search(data)
    if block is None and b"-----BEGIN" in data:
        raise InputError(f"{path} holds no private key", f"Name {whose} private key file.")
    encoded = block[0] + b"\n" if block else data
    load = load_pem_private_key if block else load_der_private_key
    try:
        return load(encoded, None)
    except TypeError:
        # What the library raises where a password is needed.
        secret = passphrase()
    except (ValueError, UnsupportedAlgorithm) as error:
        raise _unusable(path, hint) from error
    try:
        return load(encoded, secret.encode())
    except ValueError as error:
        raise InputError(
            f"{path} cannot be decrypted with this passphrase", "Try the passphrase again."
        ) from error
    except (TypeError, UnsupportedAlgorithm) as error:
        raise _unusable(path, hint) from error


def read_small_file(path: Path) -> bytes:
    """A file that can be a certificate or a key; `InputError` for what is larger or unreadable."""
    try:
        with path.open("rb") as stream:
            data = stream.read(_MAX_FILE_BYTES + 1)
    except OSError as error:
        raise InputError(f"{path} cannot be read: {error.strerror}", "Check its name.") from error
    if len(data) > _MAX_FILE_BYTES:
        raise InputError(f"{path} is larger than any certificate or key", "Check its name.")
    return data


def _unusable(path: Path, hint: str) -> InputError:
    # The library's own words are left out: they may quote the key.
    return InputError(f"{path} holds no private key that can be read", hint)
