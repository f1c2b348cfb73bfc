"""One key, one device: requests of a run that have the same key, found in bounded memory."""

from hashlib import sha256
from types import TracebackType
from typing import Self

from tng.csr.model import RequestedDevice
from tng.findings import Finding, finding
from tng.temporary_database import temporary_database

_SCHEMA = """
CREATE TABLE keys (key BLOB PRIMARY KEY, request BLOB, place TEXT) WITHOUT ROWID
"""


class RequestedKeys:
    """Remembers the keys of usable requests, on disk; a context manager.

    A forged request is not asked about, so that none can push a genuine one out.
    """

    def __init__(self) -> None:
        self._database = temporary_database(_SCHEMA)
        # Never committed: it is gone with the process either way.
        self._database.execute("BEGIN")

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._database.close()

    def duplicate(self, device: RequestedDevice) -> Finding | None:
        """A finding if its key came before; otherwise ``None``, and it is remembered."""
        key = sha256(device.request.spki).digest()
        request = sha256(device.request.der).digest()
        row = (key, request, str(device.record.source).encode("utf-8", "backslashreplace").decode())
        if self._database.execute("INSERT OR IGNORE INTO keys VALUES (?, ?, ?)", row).rowcount:
            return None
        query = "SELECT request, place FROM keys WHERE key = ?"
        first, place = self._database.execute(query, (key,)).fetchone()
        what = "the same request" if first == request else "another request of the same key"
        return finding("csr-key-duplicate", f"{what} stands in {place}")
