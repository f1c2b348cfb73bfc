"""What earlier audits saw of the chips of this one, and writing down what this one saw.

The memory itself is the ledger's. Only genuine chips are asked for and remembered, so that a
forged entry can neither accuse a genuine one nor be taken for it. A source that could not be
read to its end is left out: nobody knows whether its content is another.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime

from tng.audit.arrivals import chip_of
from tng.audit.models import AuditedDevice, Delivery, SeenBefore
from tng.findings import Finding, finding
from tng.ledger import AuditedChip, AuditMemory, Recollection


@dataclass(frozen=True, slots=True)
class Recalled:
    """What the memory says of device ``number``."""

    number: int
    findings: tuple[Finding, ...]


class EarlierAudits:
    """The memory of audits, for one audit.

    ``contents`` are the sources of this audit: the SHA-256 of each (lower hex, empty where it
    could not all be read) by what `Source.file` calls it.
    """

    def __init__(self, memory: AuditMemory, contents: Mapping[str, str]) -> None:
        self._memory = memory
        self._contents = contents
        self._seen: Counter[tuple[str, str]] = Counter()

    @property
    def seen_before(self) -> tuple[SeenBefore, ...]:
        """The earlier audits that `recall` came upon in its last walk, earliest first."""
        return tuple(
            SeenBefore(at, source, devices) for (at, source), devices in sorted(self._seen.items())
        )

    def recall(self, devices: Iterable[AuditedDevice]) -> Iterator[Recalled]:
        """The devices of which anything is to be said, in their order.

        ``devices`` have been matched with the orders. Raises `LedgerError`.
        """
        self._seen.clear()
        contents = filter(None, self._contents.values())
        for item in self._memory.recall(self._chips(devices), contents):
            if item.sighting is not None:
                self._seen[item.sighting.at, item.sighting.source] += 1
            yield Recalled(item.chip.number, tuple(_findings(item)))

    def remember(self, devices: Iterable[AuditedDevice], at: datetime) -> None:
        """Write down the genuine ones of ``devices``, all or none, as an audit of ``at`` saw them.

        ``devices`` have been matched with the orders, and must not read the same ledger while
        they are walked. Raises `LedgerError`.
        """
        self._memory.remember(at, self._chips(devices))

    def _chips(self, devices: Iterable[AuditedDevice]) -> Iterator[AuditedChip]:
        for device in devices:
            chip = chip_of(device)
            content = self._contents.get(device.source.file, "")
            if device.accepted and chip is not None and content:
                certificate = device.certificate.sha256 if device.certificate else ""
                file, order = device.source.file, _order(device)
                yield AuditedChip(device.number, chip, certificate, content, file, order)


def _order(device: AuditedDevice) -> str:
    """The order that the chip counts for; what is over counts for none."""
    if device.order is None or device.order.delivery is not Delivery.AS_ORDERED:
        return ""
    return device.order.order


def _findings(item: Recollection) -> Iterator[Finding]:
    if item.sighting is not None:
        changed = "" if item.sighting.same_certificate else ", with another certificate"
        message = f"the audit of {item.sighting.at} saw it in {item.sighting.source}{changed}"
        yield finding("seen-in-earlier-audit", message)
    if item.order is not None:
        message = (
            f"the audit of {item.order.at} counted it for {item.order.order}, "
            f"this one for {item.chip.order}"
        )
        yield finding("delivered-on-earlier-order", message)
