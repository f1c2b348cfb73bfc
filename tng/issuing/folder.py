"""Certificates that were made of requests, as files in one folder.

A file is a certificate's only if it holds exactly that certificate, which is known by its id (the
SHA-256 of its DER). What else is there, such as another certificate of the same key, is never
changed: the next name is taken. No name leads out of the folder, and a file appears when it is
complete.
"""

import errno
import os
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import orjson

from tng.certificate_files import put_file, read_file, safe_name, try_folder
from tng.errors import OutputError
from tng.exit_codes import ExitCode
from tng.x509.certificate import Certificate
from tng.x509.pem import read_certificate_file

_MOST_BYTES = 1024 * 1024
"""A certificate in PEM has 1 to 6 kB; what is told beside it comes in an MQTT message, of which AWS
sends 128 KiB at most."""

_TAKEN = "something else is there"
_DIGITS = 16
"""Of the certificate's id, where a name alone is not enough."""

_SECRET_MODE = 0o600
"""What is told beside a certificate may have a password of a network in it."""

Tell = Callable[[str], None]
"""Is given a sentence for a person."""


class CertificateLostError(OutputError):
    """A certificate was made, and cannot be written; the next run finds it in the cloud."""

    exit_code = ExitCode.PARTIAL


def no_one(_sentence: str) -> None:
    """Who listens where nobody was named."""


@dataclass(frozen=True, slots=True)
class KeptCertificate:
    """A certificate that lies in the folder, at ``path``."""

    path: Path
    leaf: Certificate

    def beside(self) -> Mapping[str, object]:
        """What the JSON file of the same name says of this certificate; empty without one."""
        return _told(self.path.with_suffix(".json"), self.leaf.sha256)


@dataclass(frozen=True, slots=True)
class CertificateFiles:
    """One folder of certificates, for whoever makes some. Safe to be used by several threads.

    A certificate of ``name`` is ``name.pem``; where that is taken, ``name-`` and the beginning of
    the certificate's id, and last the whole of it. ``tell`` is given a sentence for each that
    comes under another name than its first.
    """

    folder: Path
    tell: Tell = no_one

    def prepare(self) -> None:
        """Make the folder; `OutputError` if nothing can be written there.

        A certificate that cannot be written when it comes would be lost.
        """
        try:
            try_folder(self.folder)
        except OSError as error:
            raise OutputError(
                f"{self.folder} cannot be written to: {error.strerror}",
                "Name another folder with --certificates.",
            ) from error

    def found(self, name: str, certificate_id: str) -> Iterator[KeptCertificate]:
        """That very certificate, wherever it lies under ``name``."""
        for path in self.paths(name, certificate_id):
            leaf = _certificate(path)
            if leaf is not None and leaf.sha256 == certificate_id:
                yield KeptCertificate(path, leaf)

    def keep(
        self, name: str, certificate_id: str, pem: str, beside: bytes = b"", *, alone: bool = True
    ) -> Path:
        """Write the certificate, and first of all the JSON document that goes ``beside`` it.

        Gives its path. What is there already of this certificate stays as it is. ``alone`` is
        false where another device is known to have the same name: neither gets it then. Raises
        `OSError`, and does so if all names are taken.
        """
        content = pem.encode("ascii", "replace")
        paths = self.paths(name, certificate_id)[0 if alone else 1 :]
        for path in paths:
            if _put(path, certificate_id, content, beside):
                if path != paths[0]:
                    self.tell(
                        f"the name {paths[0].name} is taken: the certificate {certificate_id} is "
                        f"in {path}"
                    )
                return path
        raise FileExistsError(errno.EEXIST, _TAKEN)

    def paths(self, name: str, certificate_id: str) -> tuple[Path, Path, Path]:
        """The files that it may be, in the order in which they are tried."""
        stem, identity = safe_name(name), safe_name(certificate_id)
        return (
            self.folder / f"{stem}.pem",
            self.folder / f"{stem}-{identity[:_DIGITS]}.pem",
            self.folder / f"{stem}-{identity}.pem",
        )


class CertificateFolder:
    """A `tng.clouds.interface.CertificateKeeper`. Safe to be used by several threads at once."""

    def __init__(self, folder: Path, names: Mapping[str, str], tell: Tell = no_one) -> None:
        """``names`` are the devices' names by the keys of their requests."""
        self._files = CertificateFiles(folder, tell)
        self._names = names
        # On file systems that know no case, too.
        self._count = Counter(safe_name(name).lower() for name in names.values())

    def prepare(self) -> None:
        """See `CertificateFiles`."""
        self._files.prepare()

    def has(self, key: str, certificate_id: str) -> bool:
        """Whether there is a file of the device with that certificate."""
        return any(self._files.found(self._name(key), certificate_id))

    def keep(self, key: str, certificate_id: str, pem: str) -> None:
        """Write the certificate; raises `CertificateLostError`."""
        name = self._name(key)
        try:
            alone = self._count[safe_name(name).lower()] <= 1
            self._files.keep(name, certificate_id, pem, alone=alone)
        except OSError as error:
            raise CertificateLostError(
                f"{self._files.paths(name, certificate_id)[0]} cannot be written: {error.strerror}",
                "Make that possible, then run the same command again: it finds the certificates "
                "that were made.",
            ) from error

    def _name(self, key: str) -> str:
        return self._names.get(key, "device")


def _put(path: Path, certificate_id: str, pem: bytes, beside: bytes) -> bool:
    """Both files or none; false where one of the names is something else's."""
    if os.path.lexists(path) and not _is(path, certificate_id):
        return False
    document = path.with_suffix(".json")
    is_new = bool(beside) and put_file(document, beside, _SECRET_MODE)
    if not is_new and os.path.lexists(document) and not _told(document, certificate_id):
        return False
    is_kept = False
    try:
        is_kept = put_file(path, pem) or _is(path, certificate_id)
    finally:
        if is_new and not is_kept:
            document.unlink(missing_ok=True)
    return is_kept


def _is(path: Path, certificate_id: str) -> bool:
    leaf = _certificate(path)
    return leaf is not None and leaf.sha256 == certificate_id


def _certificate(path: Path) -> Certificate | None:
    """The one certificate that a file holds."""
    try:
        (leaf,) = read_certificate_file(read_file(path, _MOST_BYTES) or b"")
    except ValueError:
        return None
    return leaf


def _told(path: Path, certificate_id: str) -> Mapping[str, object]:
    """A JSON document about that certificate; empty where it is none."""
    try:
        document = orjson.loads(read_file(path, _MOST_BYTES) or b"{}")
    except orjson.JSONDecodeError:
        return {}
    fits = isinstance(document, dict) and document.get("certificate_id") == certificate_id
    return document if fits else {}
