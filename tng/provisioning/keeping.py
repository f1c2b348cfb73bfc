"""Results of earlier runs: from their file, or written anew from what the ledger has.

The ledger keeps the certificate, which is public, before it can become active; the template's
device configuration it does not.
"""

import re
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import replace

from tng.csr.issuing import IssuedCertificate
from tng.csr.model import RequestedDevice
from tng.errors import OutputError, UsageError
from tng.provisioning.doubts import MAY_BE_ACTIVE
from tng.provisioning.earlier import Earlier
from tng.provisioning.saving import ResultFolder

_CERTIFICATE_ID = re.compile(r"[0-9a-f]{64}")


def kept_result(
    results: ResultFolder, device: RequestedDevice, earlier: Earlier, tell: Callable[[str], None]
) -> IssuedCertificate | None:
    """The certificate that the device has; ``None`` where neither folder nor ledger have it.

    A file that is not in the folder is written again, by the name that the ledger has. Raises
    `OutputError`.
    """
    thing = "" if earlier.row is None else earlier.row.name
    found = results.load(device, earlier.done, earlier.names)
    if found is not None:
        return found if found.thing_name else replace(found, thing_name=thing)
    pem = earlier.pem_of(earlier.done)
    if not pem:
        return None
    known = device if earlier.row is None else _called(device, earlier.row.device_id)
    issued = IssuedCertificate(pem, earlier.done, thing, already=True)
    path = results.save(known, issued)
    tell(
        f"the certificate of {known.record.device_id} is not in {results.folder}; {path} is "
        "written again from the ledger, without the device configuration; if another folder has "
        "it, name that one"
    )
    return issued


def taken_result(
    results: ResultFolder, device: RequestedDevice, earlier: Earlier, certificate_id: str
) -> IssuedCertificate | None:
    """The certificate in doubt, which a person found to be live, as the device's own.

    ``None`` where nobody has it. Its files leave the folder of those in doubt. Raises
    `OutputError`.
    """
    found = results.load(device, certificate_id, earlier.names)
    if found is not None:
        return found
    apart = replace(results, folder=results.folder / MAY_BE_ACTIVE)
    doubtful = apart.load(device, certificate_id, earlier.names)
    pem = earlier.pem_of(certificate_id) if doubtful is None else doubtful.pem
    if not pem:
        return None
    known = device if earlier.row is None else _called(device, earlier.row.device_id)
    issued = IssuedCertificate(pem, certificate_id, already=True)
    results.save(known, issued)
    apart.remove(device, certificate_id, earlier.names)
    return issued


def wanted_certificates(words: Sequence[str]) -> frozenset[str]:
    """The ids of certificates that are to be kept; raises `UsageError`."""
    for word in words:
        if not _CERTIFICATE_ID.fullmatch(word.lower()):
            raise UsageError(
                f"{word[:80]!r} is no id of a certificate",
                "It has 64 hex digits; `tng status` tells those that may be active.",
            )
    return frozenset(word.lower() for word in words)


def keep_doubtful(
    results: ResultFolder, device: RequestedDevice, certificate_id: str, pem: str
) -> None:
    """Put a certificate that may be active where it can be tried; not being able to is no harm."""
    apart = replace(results, folder=results.folder / MAY_BE_ACTIVE)
    with suppress(OutputError):
        apart.prepare()
        apart.save(device, IssuedCertificate(pem, certificate_id), is_doubtful=True)


def _called(device: RequestedDevice, device_id: str) -> RequestedDevice:
    return replace(device, record=replace(device.record, device_id=device_id))
