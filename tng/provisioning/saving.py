"""The results of provisioning as files: what a device got is there before the ledger says done.

``NAME.json`` has what the service answered, beside ``NAME.pem``, the certificate, which appears
last. Their names, and that nothing is ever changed, are `tng.issuing.folder`'s part. No ownership
token is written.
"""

from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from tng.csr.issuing import IssuedCertificate
from tng.csr.model import RequestedDevice
from tng.errors import OutputError
from tng.issuing.folder import CertificateFiles, KeptCertificate, no_one
from tng.report.json_text import to_json
from tng.x509.pem import to_pem
from tng.x509.same_key import is_same_key

SCHEMA = "tng.provisioned/1"


@dataclass(frozen=True, slots=True)
class ResultFolder:
    """One folder of results.

    ``tell`` is given a sentence for each that does not get the name of its device.
    """

    folder: Path
    tell: Callable[[str], None] = no_one

    def prepare(self) -> None:
        """Make the folder, and see that files can be made in it: `OutputError` otherwise."""
        self._files.prepare()

    def save(
        self, device: RequestedDevice, issued: IssuedCertificate, *, is_doubtful: bool = False
    ) -> Path:
        """Write the result, and give the certificate's path; raises `OutputError`.

        What is there already is left as it is, also if it is of the same certificate. A result
        that ``is_doubtful`` says so: nobody answered that the certificate is active.
        """
        name, identity = device.record.device_id, issued.certificate_id
        members: dict[str, object] = {
            "schema": SCHEMA,
            "device_id": name,
            "public_key_sha256": device.request.key,
            "certificate_id": identity,
            "thing_name": issued.thing_name or None,
            "device_configuration": dict(issued.configuration),
        }
        if is_doubtful:
            members["may_be_active"] = True
        try:
            return self._files.keep(name, identity, issued.pem, to_json(members) + b"\n")
        except OSError as error:
            path = self._files.paths(name, identity)[0]
            raise OutputError(
                f"{path} cannot be written: {error.strerror}", "Check the folder --certificates."
            ) from error

    def load(
        self, device: RequestedDevice, certificate_id: str, names: Sequence[str] = ()
    ) -> IssuedCertificate | None:
        """Exactly that certificate; ``None`` where it is not there, or has another key.

        ``names`` are other device ids under which it may have been written. Thing and
        configuration are those of the document beside it, if that is of the same certificate and
        key.
        """
        found = self._found(device, certificate_id, names)
        if not found:
            return None
        told = next((each for _, each in found if each), {})
        return IssuedCertificate(
            pem=to_pem(found[0][0].leaf.der),
            certificate_id=certificate_id,
            thing_name=str(told.get("thing_name") or ""),
            configuration=_settings(told.get("device_configuration")),
            already=True,
        )

    def remove(
        self, device: RequestedDevice, certificate_id: str, names: Sequence[str] = ()
    ) -> None:
        """Remove the files of that certificate, see `load`; not being able to is no harm."""
        with suppress(OSError):
            for kept, document in self._found(device, certificate_id, names):
                kept.path.unlink()
                if document:
                    kept.path.with_suffix(".json").unlink()

    def has_answer(
        self, device: RequestedDevice, certificate_id: str, names: Sequence[str] = ()
    ) -> bool:
        """Whether a file has what RegisterThing answered about that certificate; see `load`.

        One that was written because the answer is not known is none, wherever it lies.
        """
        documents = (each for _, each in self._found(device, certificate_id, names))
        return any(each and each.get("may_be_active", False) is False for each in documents)

    def _found(
        self, device: RequestedDevice, certificate_id: str, names: Sequence[str]
    ) -> list[tuple[KeptCertificate, Mapping[str, object]]]:
        """The files of that certificate, each with what is told beside it of the device."""
        return [
            (kept, document if _is_about(document, device) else {})
            for name in dict.fromkeys((device.record.device_id, *names))
            for kept in self._files.found(name, certificate_id)
            if is_same_key(kept.leaf.public_key.spki, device.request.spki)
            for document in (kept.beside(),)
        ]

    @property
    def _files(self) -> CertificateFiles:
        return CertificateFiles(self.folder, self.tell)


def _is_about(document: Mapping[str, object], device: RequestedDevice) -> bool:
    return document.get("public_key_sha256") == device.request.key


def _settings(value: object) -> tuple[tuple[str, str], ...]:
    if not isinstance(value, dict):
        return ()
    return tuple((name, str(member)) for name, member in value.items())
