"""The answer in one sentence. Pure."""

from collections.abc import Iterator, Sequence

from tng.audit.models import (
    AuditedTarget,
    Decision,
    Reconciliation,
    Standing,
    Tally,
    Trouble,
    Verdict,
)
from tng.findings import Severity
from tng.models import Status
from tng.verify.duplicates import REPEATED

MAX_REASONS = 8
"""Reasons told; the troubles have the rest."""

_MISPLACED = (
    Standing.INCOMPLETE,
    Standing.DIFFERENT,
    Standing.CONFLICT,
    Standing.MISSING,
    Standing.UNEXPECTED,
)


def decide(
    tally: Tally,
    troubles: Sequence[Trouble],
    reconciliation: Reconciliation | None,
    targets: Sequence[AuditedTarget],
) -> Verdict:
    """The verdict on everything that was found."""
    reasons = tuple(
        _reason(item) for item in troubles if item.check.severity is not Severity.NOTICE
    )
    decision = _decision(tally, troubles)
    if decision is Decision.NOTHING:
        return Verdict(decision, "There is nothing to judge: the sources hold no device.", reasons)
    told = "; ".join(
        [*_devices(tally, troubles), *_orders(reconciliation), *_places(tally, targets)]
    )
    sentence = f"{_OPENINGS[decision]}: {told}."
    return Verdict(decision, sentence, reasons[:MAX_REASONS])


_OPENINGS = {
    Decision.ACCEPT: "Accept this delivery",
    Decision.ACCEPT_WITH_REMARKS: "Accept this delivery, with remarks",
    Decision.DO_NOT_ACCEPT: "Do not accept this delivery as it is",
}


def _decision(tally: Tally, troubles: Sequence[Trouble]) -> Decision:
    if not sum(tally.statuses.values()):
        return Decision.NOTHING
    heaviest = max((item.check.severity.rank for item in troubles), default=0)
    if heaviest >= Severity.ERROR.rank:
        return Decision.DO_NOT_ACCEPT
    if heaviest >= Severity.WARNING.rank:
        return Decision.ACCEPT_WITH_REMARKS
    return Decision.ACCEPT


def _devices(tally: Tally, troubles: Sequence[Trouble]) -> Iterator[str]:
    total = sum(tally.statuses.values())
    twice = sum(item.devices for item in troubles if item.check.code in REPEATED)
    rejected = max(0, tally.statuses[Status.REJECTED] - twice)
    counts = (
        (rejected, "is rejected", "are rejected"),
        (twice, "came twice", "came twice"),
        (tally.statuses[Status.UNVERIFIED], "cannot be verified", "cannot be verified"),
        (tally.statuses[Status.UNDECODABLE], "cannot be read", "cannot be read"),
    )
    told = [f"{count:,} {one if count == 1 else many}" for count, one, many in counts if count]
    if not told:
        yield "the only device is genuine" if total == 1 else f"all {total:,} devices are genuine"
    else:
        yield f"of {total:,} devices {_joined(told)}"


def _orders(reconciliation: Reconciliation | None) -> Iterator[str]:
    if reconciliation is None:
        return
    lines = reconciliation.lines
    short = sum(line.short for line in lines)
    over = sum(line.over for line in lines)
    strangers = sum(part.chips for part in reconciliation.unordered)
    if not short and not over and not strangers:
        yield f"{len(lines):,} order {_plural('line', len(lines))} came complete"
    if short:
        ordered = sum(line.line.quantity for line in lines)
        yield f"{short:,} of {ordered:,} ordered chips did not come"
    if over:
        yield f"{over:,} more came than were ordered"
    if strangers:
        yield f"{strangers:,} {_plural('chip', strangers)} came that nobody ordered"


def _places(tally: Tally, targets: Sequence[AuditedTarget]) -> Iterator[str]:
    if not targets:
        return
    misplaced = sum(target.counts.get(item, 0) for target in targets for item in _MISPLACED)
    unread = sum(bool(target.problem) for target in targets)
    if misplaced:
        told = "1 registration is" if misplaced == 1 else f"{misplaced:,} registrations are"
        yield f"{told} not as wanted"
    if unread:
        yield f"{unread:,} {_plural('target', unread)} could not be read"
    if not misplaced and not unread:
        genuine = tally.statuses[Status.VERIFIED] + tally.statuses[Status.ATTESTED]
        in_place = min(target.counts.get(Standing.IN_PLACE, 0) for target in targets)
        # What has no certificate of its own is genuine, and is registered nowhere.
        who = "every genuine one" if in_place >= genuine else "every one that can be registered"
        what = f"{who} is in place" if in_place else "none can be registered"
        yield f"{what} on {len(targets):,} {_plural('target', len(targets))}"


def _reason(trouble: Trouble) -> str:
    count = trouble.devices or trouble.count
    noun = _plural("device", count) if trouble.devices else _plural("time", count)
    return f"{trouble.check.title} ({count:,} {noun})"


def _plural(noun: str, count: int) -> str:
    return noun if count == 1 else f"{noun}s"


def _joined(parts: Sequence[str]) -> str:
    return parts[0] if len(parts) == 1 else f"{', '.join(parts[:-1])} and {parts[-1]}"
