"""What the sections of the page say beside the audit's own values: words, sums, orders.

Pure functions of an `Audit`; no markup.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from tng.audit.models import (
    Audit,
    AuditedDevice,
    AuditedTarget,
    Decision,
    Delivery,
    Standing,
    Trouble,
)
from tng.findings import Effect, Severity
from tng.models import Status

HEADLINES = {
    Decision.ACCEPT: "Accept",
    Decision.ACCEPT_WITH_REMARKS: "Accept with remarks",
    Decision.DO_NOT_ACCEPT: "Do not accept",
    Decision.NOTHING: "Nothing to judge",
}
"""The verdict in two or three words."""
STATUS_MEANINGS = {
    Status.VERIFIED: "genuine: every check passed up to a pinned anchor",
    Status.ATTESTED: "genuine by the manifest's signature; it has no certificate",
    Status.UNVERIFIED: "nothing wrong was found, but the issuer or signer is not at hand",
    Status.REJECTED: "something is wrong with it; not to be accepted",
    Status.UNDECODABLE: "could not be read",
}
STANDING_MEANINGS = {
    Standing.IN_PLACE: "registered as wanted",
    Standing.INCOMPLETE: "registered, but a policy, thing or group is missing",
    Standing.DIFFERENT: "registered in another state than wanted",
    Standing.CONFLICT: "something else has its place",
    Standing.MISSING: "genuine, and not registered",
    Standing.UNEXPECTED: "registered, although it must not be",
    Standing.ABSENT: "not registered, as it should be for what is not genuine",
    Standing.UNKNOWN: "the target could not be read",
}
DELIVERY_MEANINGS = {
    Delivery.AS_ORDERED: "as ordered",
    Delivery.OVER: "over what was ordered",
    Delivery.NOT_ORDERED: "part not ordered",
    Delivery.NOT_LISTED: "serial not on the list",
    Delivery.NOT_GENUINE: "not genuine",
}
_EFFECTS = (
    Effect.REJECTED,
    Effect.UNVERIFIED,
    Effect.UNDECODABLE,
    Effect.INELIGIBLE,
    Effect.NONE,
)
FIRST_TROUBLES = 4
"""So many troubles fit under the verdict on a screen of 1280 by 800."""
EXAMPLES = 8
"""So many examples of a trouble are shown; with them it is not taller than half a page of A4."""
STATIC_DEVICES = 200
"""So many devices with trouble stand in print and without JavaScript."""


@dataclass(frozen=True, slots=True)
class Figure:
    """One of the few numbers beside the verdict. ``good`` says whether all is as it should be."""

    label: str
    value: int
    of: int
    note: str

    @property
    def good(self) -> bool:
        """Whether nothing is missing of what it is counted against."""
        return self.value >= self.of


def by_weight(troubles: Iterable[Trouble], *severities: Severity) -> list[Trouble]:
    """The troubles of these severities, heaviest first, what is not genuine before the rest."""
    chosen = [trouble for trouble in troubles if trouble.check.severity in severities]
    return sorted(chosen, key=lambda trouble: (-trouble.check.severity.rank, _place(trouble)))


def _place(trouble: Trouble) -> int:
    return _EFFECTS.index(trouble.check.effect)


def other_reasons(audit: Audit, attention: list[Trouble]) -> list[str]:
    """The verdict's reasons, without those that the troubles right below it say in full."""
    told = tuple(trouble.check.title for trouble in attention[:FIRST_TROUBLES])
    return [reason for reason in audit.verdict.reasons if not reason.startswith(told)]


def figures(audit: Audit) -> Iterator[Figure]:
    """Genuine chips, what was ordered, and each target."""
    tally = audit.tally
    outcomes = sum(tally.statuses.values())
    note = f"in {outcomes:,} entries" if outcomes != tally.chips else ""
    yield Figure("Genuine chips", tally.accepted_chips, tally.chips, note)
    if audit.reconciliation is not None:
        lines = audit.reconciliation.lines
        ordered = sum(line.line.quantity for line in lines)
        as_ordered = sum(min(line.delivered, line.line.quantity) for line in lines)
        over = sum(line.over for line in lines)
        yield Figure("Delivered of ordered", as_ordered, ordered, f"{over:,} over" if over else "")
    for target in audit.targets:
        note = "not read" if target.problem else f"{target.cloud}, {target.place}"
        in_place = target.counts.get(Standing.IN_PLACE, 0)
        yield Figure(f"In place on {target.name}", in_place, wanted(target), note)


def wanted(target: AuditedTarget) -> int:
    """How many devices should be registered on the target."""
    return sum(
        count
        for standing, count in target.counts.items()
        if standing not in (Standing.ABSENT, Standing.UNEXPECTED)
    )


def used_standings(audit: Audit) -> list[Standing]:
    """The standings that occur on any target, in the order of their definition."""
    return [
        standing
        for standing in Standing
        if any(target.counts.get(standing, 0) for target in audit.targets)
    ]


@dataclass(slots=True)
class StaticDevices:
    """Collects, while the devices pass, the first that need attention, errors first."""

    limit: int = STATIC_DEVICES
    count: int = 0
    _heavy: list[AuditedDevice] = field(default_factory=list)
    _light: list[AuditedDevice] = field(default_factory=list)

    def watch(self, devices: Iterable[AuditedDevice]) -> Iterator[AuditedDevice]:
        """The same devices; those with a warning, an error or a bad outcome are noted."""
        for device in devices:
            heavy = not device.accepted or device.heaviest is Severity.ERROR
            if heavy or device.heaviest is Severity.WARNING:
                self.count += 1
                chosen = self._heavy if heavy else self._light
                if len(chosen) < self.limit:
                    chosen.append(device)
            yield device

    @property
    def rows(self) -> list[AuditedDevice]:
        """The first ``limit`` of them: errors, then warnings."""
        return [*self._heavy, *self._light][: self.limit]
