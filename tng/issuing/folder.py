"""Certificates that were made of requests, as files: one for each device, in one folder.

A `tng.clouds.interface.CertificateKeeper`. Names come from the devices' names, of which nothing
can steer a file out of the folder; a file appears when it is complete, and no other is replaced
than an older certificate of the same key.
"""

import secrets
import stat
from collections import Counter
from collections.abc import Callable, Mapping
from pathlib import Path

from tng.apply.session import OpenTarget
from tng.certificate_files import put_file, safe_name
from tng.errors import OutputError
from tng.exit_codes import ExitCode
from tng.plan.models import Plan
from tng.x509.certificate import CertificateError
from tng.x509.pem import certified_key, read_certificate_file

_MOST_BYTES = 256 * 1024
"""A certificate in PEM has 1 to 6 kB."""

_DIGITS = 16
"""Of the key's digest, where a name alone is not enough."""


class CertificateLostError(OutputError):
    """A certificate was made, and cannot be written; the next run finds it in the cloud."""

    exit_code = ExitCode.PARTIAL


class CertificateFolder:
    """Writes into ``folder``. Safe to be used by several threads at once."""

    def __init__(self, folder: Path, names: Mapping[str, str]) -> None:
        """``names`` are the devices' names by the keys of their requests."""
        self._folder = folder
        safe = {key: safe_name(name) for key, name in names.items()}
        # On file systems that know no case, too.
        count = Counter(name.lower() for name in safe.values())
        self._names = {
            key: name if count[name.lower()] == 1 else _with_key(name, key)
            for key, name in safe.items()
        }

    def prepare(self) -> None:
        """Make the folder; `OutputError` if nothing can be written there."""
        trial = self._folder / f".{secrets.token_hex(8)}"
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            trial.touch(0o600, exist_ok=False)
            trial.unlink()
        except OSError as error:
            raise OutputError(
                f"{self._folder} cannot be written to: {error.strerror}",
                "Name another folder with --certificates.",
            ) from error

    def has(self, key: str, certificate_id: str) -> bool:
        """Whether the file of the device holds that certificate."""
        return any(_digest(path) == certificate_id for path in self._paths(key))

    def keep(self, key: str, certificate_id: str, pem: str) -> None:  # noqa: ARG002 - see the Protocol
        """Write the certificate; raises `CertificateLostError`."""
        content = pem.encode("ascii", "replace")
        try:
            if any(put_file(path, content, _is_of(key)) for path in self._paths(key)):
                return
            raise FileExistsError("something else is there")
        except OSError as error:
            raise CertificateLostError(
                f"{self._paths(key)[0]} cannot be written: {error}",
                "Make that possible, then run the same command again: it finds the certificates "
                "that were made.",
            ) from error

    def _paths(self, key: str) -> tuple[Path, ...]:
        """Its names, in the order in which they are tried: a stranger may have guessed some."""
        name = self._names.get(key, "device")
        names = (name, _with_key(name, key), f"{name}-{key}")
        return tuple(self._folder / f"{each}.pem" for each in dict.fromkeys(names))


def certificate_folders(folder: Path, plan: Plan) -> Callable[[OpenTarget], CertificateFolder]:
    """Who keeps the certificates of a ``plan``: one folder, of several targets one within for each.

    What it gives raises `OutputError` where nothing can be written.
    """
    places = [target.target for target in plan.targets]
    inner = {place.key: safe_name(place.name) for place in places}
    if len({name.lower() for name in inner.values()}) < len(inner):
        inner = {key: safe_name(key) for key in inner}
    names = {
        target.target.key: {
            item.key: item.name or item.device.record.device_id for item in target.devices
        }
        for target in plan.targets
    }

    def keeper(target: OpenTarget) -> CertificateFolder:
        key = target.cloud.description.key
        own = folder if len(places) == 1 else folder / inner[key]
        made = CertificateFolder(own, names[key])
        made.prepare()
        return made

    return keeper


def _with_key(name: str, key: str) -> str:
    digits = key[:_DIGITS]
    return name if name.endswith(f"-{digits}") else f"{name}-{digits}"


def _text(path: Path) -> str:
    """What a file holds; nothing where it is none, is a link, or far too large."""
    try:
        status = path.lstat()
        if not stat.S_ISREG(status.st_mode) or status.st_size > _MOST_BYTES:
            return ""
        return path.read_text("ascii", "replace")
    except OSError:
        return ""


def _digest(path: Path) -> str:
    try:
        return read_certificate_file(_text(path).encode("ascii", "replace"))[0].sha256
    except CertificateError:
        return ""


def _is_of(key: str) -> Callable[[Path], bool]:
    return lambda path: certified_key(_text(path)) == key
