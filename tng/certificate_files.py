"""Files of certificates: one for each decoded device, and what all who write some need.

Nothing in the input can steer a file out of the folder: names are built from a small
set of characters, files are created exclusively and links are never followed. What is there
already is never changed.
"""

import os
import re
import secrets
import stat
from contextlib import suppress
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
_PLAINLY = os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0)
_PART = re.compile(r"\.tng-[0-9a-f]{16}")
_PART_SECONDS = 3600.0
"""No file is written for that long: an older part is nobody's any more."""


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


def put_file(path: Path, content: bytes, mode: int = 0o644) -> bool:
    """Write all of it or nothing, also if the machine stops; raises `OSError`.

    False where something is there already, also if another process was faster: that stays as it
    is. A link is never followed.
    """
    part = _part_of(path.parent)
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_NOFOLLOW", 0)
    try:
        with os.fdopen(os.open(part, flags, mode), "wb") as stream:
            stream.write(content)
            stream.flush()
            os.fsync(stream.fileno())
        return _appears(part, path)
    finally:
        part.unlink(missing_ok=True)


def read_file(path: Path, most_bytes: int) -> bytes | None:
    """The bytes of a regular file of that size at most; ``None`` for anything else.

    A link is never followed, a pipe not waited for.
    """
    try:
        if path.is_symlink():
            return None
        descriptor = os.open(path, _PLAINLY)
        try:
            status = os.fstat(descriptor)
            if not stat.S_ISREG(status.st_mode) or status.st_size > most_bytes:
                return None
            with os.fdopen(descriptor, "rb", closefd=False) as stream:
                return stream.read(most_bytes)
        finally:
            os.close(descriptor)
    except OSError:
        return None


def try_folder(folder: Path) -> None:
    """Make the folder, and see that files can be made in it; raises `OSError`.

    Part files of processes that died while they wrote there are removed.
    """
    folder.mkdir(parents=True, exist_ok=True)
    trial = _part_of(folder)
    with trial.open("xb") as stream:
        # The folder's own clock, which a server of files may have.
        now = os.fstat(stream.fileno()).st_mtime
    trial.unlink()
    _remove_parts(folder, now - _PART_SECONDS)


def _part_of(folder: Path) -> Path:
    return folder / f".tng-{secrets.token_hex(8)}"


def _remove_parts(folder: Path, before: float) -> None:
    # There are folders that may be written to and not be listed.
    with suppress(OSError), os.scandir(folder) as entries:
        for entry in entries:
            if not _PART.fullmatch(entry.name):
                continue
            # It may be another user's, or be removed by another process meanwhile.
            with suppress(OSError):
                status = entry.stat(follow_symlinks=False)
                if stat.S_ISREG(status.st_mode) and status.st_mtime < before:
                    Path(entry.path).unlink()


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
    if read_file(path, len(content)) == content:
        return WrittenFile(path, (finding("name-repeated", f"{path.name} is there already"),))
    return WrittenFile(None, (finding("name-collision", f"{path.name} holds something else"),))
