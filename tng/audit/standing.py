"""Where the devices of an audit stand on the targets, and what else stands there. Read-only.

    seen = look_at_targets(
        selection, others, targets, ledger=ledger, keep=spool.keep_standing, stop=stop
    )

Where a device should be is where `tng register` with the same settings would put it: the
planner compares, and nothing is prepared or performed. What is wrong with a device itself is
not known here.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Protocol

from tng.apply.session import OpenTarget
from tng.apply.stopping import StopSignal
from tng.audit.elsewhere import find_elsewhere, recorded_keys
from tng.audit.extras import Extras
from tng.audit.looking import Certificates, LookProgress, NoLookProgress, SeenTarget, look_at
from tng.audit.models import (
    AuditedTarget,
    DeviceStanding,
    GeneralFinding,
    HeldElsewhere,
    Standing,
    Subject,
    UnknownDevice,
)
from tng.audit.placing import Placed, place_other, place_planned, place_unread
from tng.findings import Finding, finding
from tng.ledger import Ledger
from tng.plan.eligibility import Selection
from tng.plan.models import (
    UNKNOWN_ACCOUNT,
    FailedTarget,
    TargetDescription,
    TargetPlan,
    device_key,
)
from tng.plan.planner import make_plan
from tng.registration import read_targets, refuse_stopped


class KeepStanding(Protocol):
    """Takes what was found of one certificate on one target; called by the calling thread alone.

    Target by target in the order they were asked for, the certificates in the order of the
    selection and then of the others; what the ledger says of further targets comes last, with
    ``standing`` ``None``.
    """

    def __call__(
        self, sha256: str, standing: DeviceStanding | None, findings: tuple[Finding, ...]
    ) -> None:
        """``sha256`` is the certificate's, lower hex."""


@dataclass(frozen=True, slots=True)
class TargetsSeen:
    """What is to be said of the targets; the devices' standings went to `KeepStanding`.

    ``targets`` are in the order they were asked for; their counts have each certificate once.
    """

    targets: tuple[AuditedTarget, ...]
    elsewhere: tuple[HeldElsewhere, ...]
    general: tuple[GeneralFinding, ...]


def look_at_targets(
    selection: Selection,
    others: Mapping[str, str | None],
    targets: Sequence[OpenTarget],
    *,
    ledger: Ledger | None,
    keep: KeepStanding,
    stop: StopSignal,
    with_extras: bool = True,
    progress: LookProgress | None = None,
) -> TargetsSeen:
    """Read all ``targets`` side by side and compare; makes no write call.

    ``others`` are the certificates of outcomes that are not to be registered: SHA-256 (lower
    hex) to subject common name. One that is in ``selection`` too (a later duplicate) stands as
    the genuine one. ``with_extras`` reads all that the targets hold, and so finds what is in no
    source; without it, only what is asked about. ``ledger`` tells what this tool registered
    from other sources, and where else. Raises `PlanningStoppedError` (Ctrl-C), `LedgerError`
    and `OutputError`; a target that cannot be read is an `AuditedTarget` with a problem.
    """
    planned = frozenset(device_key(device) for device in selection.devices)
    certificates = Certificates(
        selection.devices,
        planned,
        {key: name or "" for key, name in others.items() if key not in planned},
    )
    with ExitStack() as stack:
        extras = (
            {target.name: stack.enter_context(Extras()) for target in targets}
            if with_extras
            else {}
        )
        telling = progress or NoLookProgress()
        read = read_targets(
            targets,
            lambda target: look_at(target, certificates, extras.get(target.name), telling),
        )
        return _Comparison(selection, certificates, ledger, keep, stop).run(targets, read, extras)


@dataclass(frozen=True, slots=True)
class _Comparison:
    selection: Selection
    certificates: Certificates
    ledger: Ledger | None
    keep: KeepStanding
    stop: StopSignal

    def run(
        self,
        targets: Sequence[OpenTarget],
        read: Sequence[SeenTarget | FailedTarget],
        extras: Mapping[str, Extras],
    ) -> TargetsSeen:
        seen = {item.inspected.name: item for item in read if isinstance(item, SeenTarget)}
        plan = make_plan(
            self.selection,
            [item.inspected for item in seen.values()],
            [item for item in read if isinstance(item, FailedTarget)],
        )
        plans = {target_plan.target.key: target_plan for target_plan in plan.targets}
        failed = {failure.name: failure for failure in plan.failed}
        audited, general = [], []
        for target in targets:
            refuse_stopped(self.stop)
            description = target.cloud.description
            if target.name in failed:
                result, findings = self._unread(failed[target.name], description)
            else:
                result, findings = self._compared(
                    plans[description.key], seen[target.name], extras.get(target.name)
                )
            audited.append(result)
            general += [GeneralFinding(Subject("target", target.name), item) for item in findings]
        return TargetsSeen(tuple(audited), self._elsewhere(targets), tuple(general))

    def _compared(
        self, plan: TargetPlan, seen: SeenTarget, extras: Extras | None
    ) -> tuple[AuditedTarget, Sequence[Finding]]:
        name, counts = seen.inspected.name, Counter[Standing]()
        for device in plan.devices:
            self._keep(device.key, place_planned(name, device, seen), counts)
        for key in self.certificates.others:
            self._keep(key, place_other(name, seen.intruders.get(key)), counts)
        unknown, unknown_count, recorded_count = self._extras(plan.target.key, extras)
        findings = list(plan.findings)
        if unknown_count:
            example = unknown[0].key or unknown[0].name
            message = f"{unknown_count:,} that no source has, for example {example}; expected none"
            findings.append(finding("unknown-registered", message))
        return AuditedTarget(
            name=name,
            cloud=plan.target.cloud,
            place=plan.target.place,
            facts=plan.facts,
            counts=dict(counts),
            unknown=unknown,
            unknown_count=unknown_count,
            recorded_count=recorded_count,
            problem="",
            listed=extras is not None,
        ), findings

    def _unread(
        self, failed: FailedTarget, description: TargetDescription
    ) -> tuple[AuditedTarget, Sequence[Finding]]:
        counts = Counter[Standing]()
        for key in self.certificates:
            self._keep(key, place_unread(failed.name), counts)
        return AuditedTarget(
            name=failed.name,
            cloud=description.cloud,
            place=description.place,
            facts=(),
            counts=dict(counts),
            unknown=(),
            unknown_count=0,
            recorded_count=0,
            problem=failed.message,
            listed=False,
        ), [finding("target-not-read", f"{failed.message} ({failed.hint})")]

    def _keep(self, key: str, placed: Placed, counts: Counter[Standing]) -> None:
        counts[placed.standing.standing] += 1
        self.keep(key, placed.standing, placed.findings)

    def _extras(
        self, target: str, extras: Extras | None
    ) -> tuple[tuple[UnknownDevice, ...], int, int]:
        if extras is None:
            return (), 0, 0
        if self.ledger is not None:
            extras.record(recorded_keys(self.ledger, target))
        return extras.first(), *extras.counts()

    def _elsewhere(self, targets: Sequence[OpenTarget]) -> tuple[HeldElsewhere, ...]:
        if self.ledger is None or not targets:
            return ()
        asked = [(target.name, target.cloud.description) for target in targets]
        keys = {description.key for _, description in asked}
        # Of a target that could not be read, the account may not be known.
        names = {name for name, it in asked if it.account == UNKNOWN_ACCOUNT}
        return find_elsewhere(
            self.ledger,
            lambda known: known.key in keys or known.name in names,
            self.certificates,
            lambda key, item: self.keep(key, None, (item,)),
        )
