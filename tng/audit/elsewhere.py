"""What the ledger knows of targets: of those that were asked about, and of further ones.

Reads the ledger alone; no target is called.
"""

from collections.abc import Callable, Container, Iterator

from tng.audit.models import HeldElsewhere
from tng.findings import Finding, finding
from tng.ledger import DeviceState, Ledger
from tng.plan.models import TargetDescription

_THERE = (DeviceState.DONE, DeviceState.ATTENTION, DeviceState.REMOVING)
"""States in which the device is on the target, whoever brought it there."""


def recorded_keys(ledger: Ledger, target: str) -> Iterator[str]:
    """The certificates that the ledger has on the target of this key; raises `LedgerError`."""
    if any(known.key == target for known in ledger.targets()):
        for key, _ in _registered(ledger, target):
            yield key


def find_elsewhere(
    ledger: Ledger,
    is_asked: Callable[[TargetDescription], bool],
    certificates: Container[str],
    tell: Callable[[str, Finding], None],
) -> tuple[HeldElsewhere, ...]:
    """The targets not asked about on which the ledger has some of the ``certificates``.

    ``tell`` is told of each such certificate, once a target. Raises `LedgerError`.
    """
    found = []
    for target in ledger.targets():
        if is_asked(target):
            continue
        told: set[str] = set()
        for key, name in _registered(ledger, target.key):
            if key in certificates and key not in told:
                told.add(key)
                tell(key, _finding(target, name))
        if told:
            found.append(HeldElsewhere(target.name, len(told)))
    return tuple(found)


def _registered(ledger: Ledger, target: str) -> Iterator[tuple[str, str]]:
    """Certificates and names, some twice: those there, and those of which something was made.

    Of a device that asked with a request, it is the certificate that it got.
    """
    for row in ledger.devices(target, states=_THERE):
        yield row.certificate_id or row.key, row.name
    for made in ledger.registered(target):
        yield made.certificate_id or made.key, made.name


def _finding(target: TargetDescription, name: str) -> Finding:
    called = f" as {name}" if name else ""
    return finding(
        "registered-elsewhere",
        f"the ledger has it on {target.name} ({target.place}){called}, which was not asked about",
    )
