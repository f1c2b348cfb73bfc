"""Says which requests come under another name than the one under which their key is known."""

from typing import TYPE_CHECKING

from tng.cli.console import talk
from tng.report.text import printable

if TYPE_CHECKING:
    from tng.ledger import Ledger
    from tng.plan.models import DevicePlan, Plan

_TOLD = 5


def warn_of_other_names(plan: "Plan", ledger: "Ledger") -> None:
    """On stderr, for devices whose certificate is there already and that would get something more.

    A thing of the new name would be made beside the old one, for one certificate.
    """
    known = {target.key for target in ledger.targets()}
    for target in plan.targets:
        if target.target.key not in known:
            continue
        told = [
            line
            for device in target.devices
            if (line := _other_name(device, target.target.key, ledger))
        ]
        for line in told[:_TOLD]:
            talk().print(f"warning: {target.target.name}: {printable(line)}", style="yellow")
        if len(told) > _TOLD:
            talk().print(f"warning: so it is with {len(told) - _TOLD:,} more", style="yellow")


def _other_name(device: "DevicePlan", target: str, ledger: "Ledger") -> str:
    from tng.csr.model import RequestedDevice
    from tng.plan.models import Disposition

    is_there = device.disposition is Disposition.COMPLETE
    if not is_there or not isinstance(device.device, RequestedDevice):
        return ""
    row = ledger.device(target, device.key)
    own = device.device.record.device_id
    if row is None or row.device_id == own:
        return ""
    return f"{own} has the key that is known as {row.device_id}, and would be made beside it"
