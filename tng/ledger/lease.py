"""A lease on one target of one ledger, that dies with the process that holds it.

An advisory lock (flock(2)) on a small file beside the ledger: the kernel releases
it when the process ends, however it ends, so that no stale lease is ever left.
"""

import fcntl
import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tng.errors import LedgerError
from tng.ledger.interface import HeldElsewhereError


@contextmanager
def lease(path: Path, what: str) -> Iterator[None]:
    """Hold the lock file ``path`` for the block; ``what`` names it in messages.

    Raises `HeldElsewhereError` at once if another process, or another part of this one, holds it.
    """
    descriptor = _acquire(path, what)
    try:
        os.ftruncate(descriptor, 0)
        os.pwrite(descriptor, f"process {os.getpid()} on {socket.gethostname()}".encode(), 0)
        yield
    finally:
        # Removed while it is still held: whoever waits for the lock finds out in _is_current.
        path.unlink(missing_ok=True)
        os.close(descriptor)


def _acquire(path: Path, what: str) -> int:
    while True:
        try:
            descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW, 0o600)
        except OSError as error:
            raise LedgerError(
                f"{path} cannot be made: {error.strerror}", "Check the ledger's directory."
            ) from error
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            holder = os.pread(descriptor, 200, 0).decode(errors="replace") or "another process"
            os.close(descriptor)
            raise HeldElsewhereError(
                f"{what} is being worked on by {holder}",
                "Wait until it has finished; this command then goes on where it stopped.",
            ) from error
        except OSError as error:
            os.close(descriptor)
            raise LedgerError(
                f"{path} cannot be locked: {error.strerror}",
                "Keep the ledger on a local file system.",
            ) from error
        if _is_current(descriptor, path):
            return descriptor
        os.close(descriptor)


def _is_current(descriptor: int, path: Path) -> bool:
    try:
        return os.path.samestat(os.fstat(descriptor), path.stat())
    except FileNotFoundError:
        return False
