"""What the ledger knows of a device that asks again, or of another one with its name.

Reads the ledger and judges; it asks no service and writes nothing. An intent at the first step is
harmless: AWS deletes a certificate that is never activated. One at the second step is a certificate
that may be active.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from tng.csr.model import RequestedDevice
from tng.ledger import (
    DeviceRow,
    DeviceState,
    Direction,
    Ledger,
    NameKind,
    StepMemory,
    StepState,
)
from tng.plan.models import TargetDescription
from tng.provisioning.rejections import CREATE, REGISTER
from tng.provisioning.template import ParameterTemplates
from tng.x509.certificate import CertificateError
from tng.x509.pem import read_certificate_file

Memory = Mapping[tuple[str, str], StepMemory]


@dataclass(frozen=True, slots=True)
class Earlier:
    """What earlier attempts with one key came to.

    ``done`` is the id of the certificate that it has, empty for none; ``doubtful`` are those whose
    RegisterThing has no known end. ``note`` is what the ledger has of the certificate that was made
    last: itself in PEM, or only its id in ledgers of older versions. ``began`` is true where one
    was asked for, and it is not known whether it was made. ``row`` is the device in the ledger.
    """

    row: DeviceRow | None = None
    done: str = ""
    doubtful: tuple[str, ...] = ()
    note: str = field(default="", repr=False)
    began: bool = False

    @property
    def names(self) -> tuple[str, ...]:
        """The device ids under which its certificate may have been written before."""
        return () if self.row is None else (self.row.device_id,)

    def pem_of(self, certificate_id: str) -> str:
        """That certificate, empty where the ledger does not have it."""
        try:
            leaf = read_certificate_file(self.note.encode("utf-8", "replace"))[0]
        except CertificateError:
            return ""
        return self.note if leaf.sha256 == certificate_id else ""


def recall(ledger: Ledger, target: str, key: str) -> Earlier:
    """What is known of the request of that key; raises `LedgerError`."""
    memory = ledger.memory(target, key, Direction.REGISTER)
    create = memory.get((CREATE, ""))
    registered = [(subject, step) for (operation, subject), step in memory.items()
                  if operation == REGISTER]  # fmt: skip
    return Earlier(
        row=ledger.device(target, key),
        done=next((each for each, step in registered if step.state is StepState.DONE), ""),
        doubtful=tuple(each for each, step in registered if step.state is StepState.INTENT),
        note="" if create is None else create.note,
        began=create is not None and create.state is StepState.INTENT,
    )


def namesakes(
    ledger: Ledger, target: str, device: RequestedDevice, parameters: ParameterTemplates
) -> tuple[DeviceRow, ...]:
    """Other keys that are known by the id of this device, where the template is told that id.

    Where it is not, as with the key's digest alone, one name of many devices takes nobody's thing.
    """
    if not parameters.tell_names:
        return ()
    return ledger.holders(target, NameKind.DEVICE, device.record.device_id, device.request.key)


def certificates_of(ledger: Ledger, target: str, rows: tuple[DeviceRow, ...]) -> tuple[str, ...]:
    """The certificates of these devices that are active, or may be."""
    found: list[str] = []
    for row in rows:
        earlier = recall(ledger, target, row.key)
        found += [each for each in (earlier.done, *earlier.doubtful) if each]
    return tuple(found)


def expected_state(
    ledger: Ledger,
    target: TargetDescription,
    device: RequestedDevice,
    parameters: ParameterTemplates,
    *,
    again: bool = False,
    keep: frozenset[str] = frozenset(),
) -> Literal["new", "done", "attention"]:
    """What would become of a device, with what is said of doubts; raises `LedgerError`."""
    if not _is_known(ledger, target):
        return "new"
    earlier = recall(ledger, target.key, device.request.key)
    if earlier.done:
        waits = earlier.row is not None and earlier.row.state is DeviceState.ATTENTION
        return "attention" if waits and not again else "done"
    if keep.intersection(earlier.doubtful):
        return "done"
    if again:
        return "new"
    if earlier.doubtful or namesakes(ledger, target.key, device, parameters):
        return "attention"
    return "new"


def _is_known(ledger: Ledger, target: TargetDescription) -> bool:
    return target.key in {known.key for known in ledger.targets()}
