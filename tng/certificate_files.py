"""Writing a certificate file for each decoded device; names come from the signed id.

Nothing in the input can steer a file out of the folder: names are built from a small
set of characters, files are created exclusively and links are never followed.
"""

import os
import re
import secrets
import stat
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from tng.errors import OutputError
from tng.findings import Finding, finding
from tng.models import DeviceEntry
from tng.x509.certificate import Certificate
from tng.x509.pem import to_pem

_UNSAFE = re.compile(r"[^0-9A-Za-z_-]+")
_MAX_NAME = 120
_FIRST_SLOT = "0"


@dataclass(frozen=True, slots=True)
class WrittenFile:
    """Where a device's certificate went; ``findings`` tell of collisions."""

    path: Path | None
    findings: tuple[Finding, ...]


@dataclass(frozen=True, slots=True)
class CertificateWriter:
    """Writes into one folder; ``with_chain`` appends the issuers, ``as_der`` writes DER."""

    folder: Path
    with_chain: bool = False
    as_der: bool = False

    def prepare(self) -> None:
        """Make the folder; `OutputError` if that cannot be."""
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise OutputError(
                f"{self.folder} cannot be made: {error.strerror}", "Name another folder with -o."
            ) from error

    def write(self, entry: DeviceEntry, leaf: Certificate) -> WrittenFile:
        """Write one device's certificate; what is there already is never changed."""
        path = self.folder / f"{file_name(entry)}.{'der' if self.as_der else 'pem'}"
        content = self._content(entry, leaf)
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_NOFOLLOW", 0)
        try:
            descriptor = os.open(path, flags, 0o644)
        except FileExistsError:
            return _collision(path, content)
        except OSError as error:
            raise _not_written(path, error) from error
        try:
            with os.fdopen(descriptor, "wb") as stream:
                stream.write(content)
        except OSError as error:
            # Half a certificate would collide with the whole one at the next run.
            path.unlink(missing_ok=True)
            raise _not_written(path, error) from error
        return WrittenFile(path, ())

    def _content(self, entry: DeviceEntry, leaf: Certificate) -> bytes:
        if self.as_der:
            return leaf.der
        chain = (leaf, *entry.issuers) if self.with_chain else (leaf,)
        return "".join(to_pem(certificate.der) for certificate in chain).encode("ascii")


def file_name(entry: DeviceEntry) -> str:
    """A name without its ending: the signed id, and the object where a chip has several."""
    record = entry.record
    parts = [record.device_id]
    if record.object_id and not (record.vendor == "microchip" and record.object_id == _FIRST_SLOT):
        parts.append(record.object_id)
    return safe_name("-".join(parts))


def safe_name(name: str) -> str:
    """``name`` as a file's, without an ending: whatever it says, it stays in its folder."""
    return _UNSAFE.sub("_", name)[:_MAX_NAME].lstrip("-_") or "device"


def put_file(path: Path, content: bytes, is_own: Callable[[Path], bool]) -> bool:
    """Write all of it or nothing, also if the machine stops; raises `OSError`.

    False where something is there already, also if another process was faster, unless it ``is_own``
    and may be replaced. A link is never followed.
    """
    part = path.with_name(f".tng-{secrets.token_hex(8)}")
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_NOFOLLOW", 0)
    try:
        with os.fdopen(os.open(part, flags, 0o644), "wb") as stream:
            stream.write(content)
            stream.flush()
            os.fsync(stream.fileno())
        if _appears(part, path):
            return True
        if not is_own(path):
            return False
        part.replace(path)
        return True
    finally:
        part.unlink(missing_ok=True)


def _appears(part: Path, path: Path) -> bool:
    """Give it the other name too; false where that is taken."""
    try:
        os.link(part, path)
    except FileExistsError:
        return False
    except OSError:
        # A file system without links, such as a memory card's: nothing there is exclusive.
        if os.path.lexists(path):
            return False
        part.replace(path)
    return True


def _not_written(path: Path, error: OSError) -> OutputError:
    return OutputError(
        f"{path} cannot be written: {error.strerror}", "Check the folder given with -o."
    )


def _collision(path: Path, content: bytes) -> WrittenFile:
    if _holds(path, content):
        return WrittenFile(path, (finding("name-repeated", f"{path.name} is there already"),))
    return WrittenFile(None, (finding("name-collision", f"{path.name} holds something else"),))


def _holds(path: Path, content: bytes) -> bool:
    try:
        status = path.lstat()
        # A link is never followed, a pipe would be waited for, a large file read for nothing.
        if not stat.S_ISREG(status.st_mode) or status.st_size != len(content):
            return False
        return path.read_bytes() == content
    except OSError:
        return False
