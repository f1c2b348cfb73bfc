"""The results of provisioning as files: what a device got is there before the ledger says done.

``NAME.json`` has what the service answered, beside ``NAME.pem``, the certificate, which appears
last. Their names, and that nothing is ever changed, are `tng.issuing.folder`'s part. No ownership
token is written.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from tng.csr.issuing import IssuedCertificate
from tng.csr.model import RequestedDevice
from tng.errors import OutputError
from tng.issuing.folder import CertificateFiles, no_one
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

    def save(self, device: RequestedDevice, issued: IssuedCertificate) -> Path:
        """Write the result, and give the certificate's path; raises `OutputError`.

        What is there already is left as it is, also if it is of the same certificate.
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
        found = [
            kept
            for name in dict.fromkeys((device.record.device_id, *names))
            for kept in self._files.found(name, certificate_id)
            if is_same_key(kept.leaf.public_key.spki, device.request.spki)
        ]
        if not found:
            return None
        documents = (kept.beside() for kept in found)
        told = next((each for each in documents if _is_about(each, device)), {})
        return IssuedCertificate(
            pem=to_pem(found[0].leaf.der),
            certificate_id=certificate_id,
            thing_name=str(told.get("thing_name") or ""),
            configuration=_settings(told.get("device_configuration")),
            already=True,
        )

    @property
    def _files(self) -> CertificateFiles:
        return CertificateFiles(self.folder, self.tell)


def _is_about(document: Mapping[str, object], device: RequestedDevice) -> bool:
    return document.get("public_key_sha256") == device.request.key


def _settings(value: object) -> tuple[tuple[str, str], ...]:
    if not isinstance(value, dict):
        return ()
    return tuple((name, str(member)) for name, member in value.items())
