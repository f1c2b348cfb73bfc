"""From sources, orders and targets to an audit: the front door of the room.

    with make_audit(scan, verifier, question, stop) as audit:
        write_audit(AuditForm.HTML, audit, stream)

Nothing here prints, asks or changes a cloud; the ledger's memory is written by `remember`,
when the reports are out.
"""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial

from tng.apply.session import OpenTarget
from tng.apply.stopping import StopSignal
from tng.audit.arrivals import arrival_of
from tng.audit.evidence import checks_run, source_inputs, used_anchors
from tng.audit.intake import Intake, intake_of
from tng.audit.looking import LookProgress
from tng.audit.memory import EarlierAudits
from tng.audit.models import (
    Audit,
    AuditInput,
    DeviceStanding,
    GeneralFinding,
    InputRole,
    Making,
    Overlap,
    Reconciliation,
    SeenBefore,
    Subject,
)
from tng.audit.reconcile import Reconciled, reconcile
from tng.audit.spool import Spool
from tng.audit.standing import TargetsSeen, look_at_targets
from tng.audit.tally import TallyCounter
from tng.audit.troubles import TroubleCounter
from tng.audit.verdict import decide
from tng.findings import Finding, Severity, finding
from tng.ledger import AuditMemory, Ledger
from tng.models import Outcome, Undecodable
from tng.orders import OrderLine
from tng.plan.eligibility import PlanPolicy, Selection, select_devices
from tng.registration import refuse_stopped
from tng.scan import Scan
from tng.verify.verifier import Verifier

_ONLY_A_NAME = "uid-without-certificate"
_NO_TARGETS = TargetsSeen((), (), ())


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked beside "is it genuine".

    ``files`` decide something besides the sources: orders, trust, configuration. ``orders`` are
    ``None`` where nobody said what was ordered. Without ``targets`` no cloud is looked at;
    ``policy`` says what should be registered there.
    """

    making: Making
    files: tuple[AuditInput, ...] = ()
    orders: Sequence[OrderLine] | None = None
    targets: Sequence[OpenTarget] = ()
    policy: PlanPolicy = field(default_factory=PlanPolicy)
    with_extras: bool = True
    ledger: Ledger | None = None


@contextmanager
def make_audit(
    scan: Scan,
    verifier: Verifier,
    question: Question,
    stop: StopSignal,
    progress: LookProgress | None = None,
) -> Iterator[Audit]:
    """Judge, compare and decide. The audit's devices can be walked until the block ends.

    Raises `PlanningStoppedError` (Ctrl-C) and `LedgerError`; what cannot be read of sources and
    targets is a finding.
    """
    with Spool() as spool:
        work = _Work(spool, question, stop)
        selection = work.judge(scan, verifier)
        spool.close_intake()
        overlaps = work.compare_sources()
        reconciliation = work.reconcile()
        inputs = (*source_inputs(scan.inputs), *question.files)
        seen_before = work.recall(inputs)
        seen = work.look(selection, progress)
        work.general += seen.general
        work.troubles.add_general(work.general)
        chips, genuine = spool.chips()
        if not genuine:
            work.refuse_nothing(chips)
        tally = work.tally.result(chips, genuine)
        troubles = work.troubles.result()
        refuse_stopped(stop)
        yield Audit(
            making=question.making,
            verdict=decide(tally, troubles, reconciliation, seen.targets),
            tally=tally,
            troubles=troubles,
            general=tuple(work.general),
            reconciliation=reconciliation,
            overlaps=overlaps,
            seen_before=seen_before,
            targets=seen.targets,
            elsewhere=seen.elsewhere,
            inputs=inputs,
            anchors=used_anchors(verifier.store, work.tally.vouching),
            checks=checks_run(
                with_orders=question.orders is not None, with_targets=bool(question.targets)
            ),
            devices=spool,
        )


def remember(audit: Audit, memory: AuditMemory) -> None:
    """Write down which genuine chips the audit saw, for later audits; raises `LedgerError`."""
    EarlierAudits(memory, _contents(audit.inputs)).remember(audit.devices, audit.making.at)


@dataclass(slots=True)
class _Work:
    spool: Spool
    question: Question
    stop: StopSignal
    tally: TallyCounter = field(default_factory=TallyCounter)
    troubles: TroubleCounter = field(default_factory=TroubleCounter)
    general: list[GeneralFinding] = field(default_factory=list)

    def judge(self, scan: Scan, verifier: Verifier) -> Selection | None:
        """Take in every device; those to be registered, where there is a target."""
        if self.question.targets:
            return select_devices(self._taken_in(scan.outcomes(verifier)), self.question.policy)
        for item in scan.results(verifier, intake_of):
            self._take_in(item)
        return None

    def _taken_in(self, outcomes: Iterable[Outcome]) -> Iterator[Outcome]:
        """The outcomes, each of them taken in."""
        for outcome in outcomes:
            self._take_in(intake_of(outcome))
            yield outcome

    def _take_in(self, item: Intake) -> None:
        refuse_stopped(self.stop)
        number = self.spool.add(item.shelved)
        self.tally.add(item.counted)
        if item.findings:
            self.troubles.add(item.findings, item.place)
            self._refuse_unproven(number, item)

    def _refuse_unproven(self, number: int, item: Intake) -> None:
        """A chip that shows no certificate is read over by whoever registers, not by an audit."""
        for code, message in item.findings:
            if code == _ONLY_A_NAME:
                unproven = finding("chip-without-proof", message)
                self.spool.note([(number, unproven)])
                self.troubles.add([(unproven.code, unproven.message)], item.place)

    def compare_sources(self) -> tuple[Overlap, ...]:
        """Which inputs hold the same devices."""
        overlaps = self.spool.overlaps()
        for item in overlaps:
            message = f"{item.devices:,} devices of {item.first} are in {item.second} too"
            subject = Subject("source", item.second)
            self.general.append(GeneralFinding(subject, finding("sources-overlap", message)))
        return overlaps

    def refuse_nothing(self, chips: int) -> None:
        """Say that nothing genuine came, where no error says more: warnings alone accept."""
        if any(item.check.severity is Severity.ERROR for item in self.troubles.result()):
            return
        message = f"found {chips:,} chips, none of them genuine; expected at least one"
        item = GeneralFinding(
            Subject("delivery", "as a whole"), finding("nothing-genuine", message)
        )
        self.general.append(item)
        self.troubles.add_general([item])

    def reconcile(self) -> Reconciliation | None:
        """How the devices stand to the orders, if there are any."""
        if self.question.orders is None:
            return None
        arrivals = filter(None, map(arrival_of, self.spool))
        with reconcile(self.question.orders, arrivals) as reconciled:
            self._keep_matches(reconciled)
            self.general += reconciled.findings
            return reconciled.reconciliation

    def _keep_matches(self, reconciled: Reconciled) -> None:
        for item in reconciled.matches():
            if item.match is not None:
                self.spool.match([(item.number, item.match)])
            self._note((item.number, found) for found in item.findings)

    def recall(self, inputs: Sequence[AuditInput]) -> tuple[SeenBefore, ...]:
        """What earlier audits saw of the same chips."""
        if self.question.ledger is None:
            return ()
        earlier = EarlierAudits(self.question.ledger, _contents(inputs))
        for item in earlier.recall(self.spool):
            self._note((item.number, found) for found in item.findings)
        return earlier.seen_before

    def look(self, selection: Selection | None, progress: LookProgress | None) -> TargetsSeen:
        """How the devices stand on the targets."""
        if selection is None:
            return _NO_TARGETS
        return look_at_targets(
            selection,
            _certificates(selection),
            self.question.targets,
            ledger=self.question.ledger,
            keep=self._keep_standing,
            stop=self.stop,
            with_extras=self.question.with_extras,
            progress=progress,
        )

    def _keep_standing(
        self, sha256: str, standing: DeviceStanding | None, findings: tuple[Finding, ...]
    ) -> None:
        if standing is not None:
            self.spool.stand(sha256, standing)
        if findings:
            number = self.spool.number(sha256)
            self._note((number, item) for item in findings)

    def _note(self, notes: Iterable[tuple[int, Finding]]) -> None:
        """Add findings to devices that are in the spool already."""
        for number, item in notes:
            self.spool.note([(number, item)])
            self.troubles.add_to_device(number, item, partial(self.spool.place, number))


def _contents(inputs: Iterable[AuditInput]) -> dict[str, str]:
    """The SHA-256 of each source by its name."""
    return {item.path: item.sha256 for item in inputs if item.role is InputRole.SOURCE}


def _certificates(selection: Selection) -> dict[str, str | None]:
    """The certificates that must not be registered, with their common names."""
    found: dict[str, str | None] = {}
    for item in selection.ineligible:
        if isinstance(item.outcome, Undecodable):
            continue
        leaf = item.outcome.record.leaf
        if leaf is not None:
            found[leaf.sha256] = leaf.subject.common_name
    return found
