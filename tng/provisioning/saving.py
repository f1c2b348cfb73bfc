"""The results of provisioning as files: what a device got is there before the ledger says done.

``NAME.json`` has what the service answered, ``NAME.pem`` the certificate; the second appears last
and complete. Nothing that is there is ever changed, and no name leads out of the folder. No
ownership token is written.
"""

import os
import stat
import tempfile
from dataclasses import dataclass
from pathlib import Path

import orjson

from tng.certificate_files import CertificateWriter, file_name, put_file
from tng.csr.issuing import IssuedCertificate
from tng.csr.model import RequestedDevice
from tng.errors import OutputError
from tng.models import DeviceEntry
from tng.provisioning.conversation import is_same_key
from tng.report.json_text import to_json
from tng.x509.certificate import CertificateError
from tng.x509.pem import read_certificate_file, to_pem

SCHEMA = "tng.provisioned/1"

_MAX_BYTES = 8 * 1024 * 1024
"""More than a device configuration of the largest size."""
_KEY_DIGITS = 16


@dataclass(frozen=True, slots=True)
class ResultFolder:
    """One folder of results."""

    folder: Path

    def prepare(self) -> None:
        """Make the folder, and see that files can be made in it: `OutputError` otherwise.

        A certificate that cannot be written when it comes would be lost.
        """
        CertificateWriter(self.folder).prepare()
        try:
            with tempfile.NamedTemporaryFile(prefix=".tng-", dir=self.folder):
                pass
        except OSError as error:
            raise OutputError(
                f"no files can be made in {self.folder}: {error.strerror}",
                "Name another folder with --certificates.",
            ) from error

    def save(self, device: RequestedDevice, issued: IssuedCertificate) -> Path:
        """Write the result; raises `OutputError`. What is there already is left as it is.

        The file is called by the device's id, and by its key too where that name is taken.
        """
        key = device.request.key
        members: dict[str, object] = {
            "schema": SCHEMA,
            "device_id": device.record.device_id,
            "public_key_sha256": key,
            "certificate_id": issued.certificate_id,
            "thing_name": issued.thing_name or None,
            "device_configuration": dict(issued.configuration),
        }
        told, pem = to_json(members) + b"\n", issued.pem.encode("ascii")
        paths = self._paths(device)
        try:
            for path in paths:
                is_free = not os.path.lexists(path) or self._is_of(path, device)
                if (
                    is_free
                    and put_file(
                        path.with_suffix(".json"), told, lambda at: bool(_document(at, key))
                    )
                    and put_file(path, pem, lambda at: self._is_of(at, device))
                ):
                    return path
        except OSError as error:
            raise OutputError(
                f"{path} cannot be written: {error.strerror}", "Check the folder --certificates."
            ) from error
        raise OutputError(
            f"{paths[-1]} cannot be written: something else is there",
            "Check the folder --certificates.",
        )

    def load(self, device: RequestedDevice) -> IssuedCertificate | None:
        """The result of an earlier run; ``None`` where there is no certificate of this key."""
        for path in self._paths(device):
            found = self._read(path, device)
            if found is not None:
                return found
        return None

    def _paths(self, device: RequestedDevice) -> tuple[Path, ...]:
        """Its names, in the order in which they are tried: a stranger may have guessed some."""
        name = file_name(DeviceEntry(device.record, (), None, ()))
        key = device.request.key
        names = (name, f"{name}-{key[:_KEY_DIGITS]}", f"{name}-{key}")
        return tuple(self.folder / f"{each}.pem" for each in names)

    def _is_of(self, path: Path, device: RequestedDevice) -> bool:
        return self._read(path, device) is not None

    def _read(self, path: Path, device: RequestedDevice) -> IssuedCertificate | None:
        data = _content(path)
        if data is None:
            return None
        try:
            leaf = read_certificate_file(data)[0]
        except CertificateError:
            return None
        if not is_same_key(leaf.public_key.spki, device.request.spki):
            return None
        told = _document(path.with_suffix(".json"), device.request.key)
        settings = told.get("device_configuration")
        return IssuedCertificate(
            pem=to_pem(leaf.der),
            # AWS calls a certificate by the SHA-256 of its DER.
            certificate_id=str(told.get("certificate_id") or leaf.sha256),
            thing_name=str(told.get("thing_name") or ""),
            configuration=_settings(settings),
            already=True,
        )


def _settings(value: object) -> tuple[tuple[str, str], ...]:
    if not isinstance(value, dict):
        return ()
    return tuple((name, str(member)) for name, member in value.items())


def _document(path: Path, key: str) -> dict[str, object]:
    """What stands beside a certificate, if it is about the same key; empty otherwise."""
    try:
        document = orjson.loads(_content(path) or b"{}")
    except orjson.JSONDecodeError:
        return {}
    fits = isinstance(document, dict) and document.get("public_key_sha256") == key
    return document if fits else {}


def _content(path: Path) -> bytes | None:
    """The bytes of a regular file of a bearable size; ``None`` for anything else."""
    try:
        status = path.lstat()
        if not stat.S_ISREG(status.st_mode) or status.st_size > _MAX_BYTES:
            return None
        return path.read_bytes()
    except OSError:
        return None
