"""What plan and register share: from their options to a plan that was read and checked."""

import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from time import monotonic
from typing import TYPE_CHECKING

from tng import __version__
from tng.cli.clusters import chosen_cluster
from tng.cli.console import talk
from tng.cli.judging import JudgingOptions, make_verifier
from tng.cli.reading import ReadingTalk
from tng.cli.verify import print_summary
from tng.errors import UsageError
from tng.report.text import printable

if TYPE_CHECKING:
    from tng.apply.session import OpenTarget
    from tng.apply.stopping import StopSignal
    from tng.clouds.registry import TargetSettings
    from tng.config import Settings
    from tng.models import InputSummary, Outcome
    from tng.plan.models import Plan
    from tng.plan.saved import PlanDocument
    from tng.report.interface import Summary


@dataclass(frozen=True, slots=True)
class Request:
    """The options of plan and register, as they were given.

    ``flags`` are the target's, by the keys of ``tng.toml``; ``saved`` is a plan's file.
    ``applied`` says that the plan is not only looked at; ``shard`` is as it was typed.
    """

    sources: Sequence[str]
    judging: JudgingOptions
    names: Sequence[str]
    flags: Mapping[str, object]
    allow_unverified: bool
    allow_attestation: bool
    offline: bool
    jobs: int
    threads: int | None = None
    saved: Path | None = None
    applied: bool = False
    shard: str | None = None
    dask: str | None = None


@dataclass(frozen=True, slots=True)
class Prepared:
    """A plan, the targets it was made with, and what is to be said about it."""

    plan: "Plan"
    document: "PlanDocument"
    targets: "tuple[OpenTarget, ...]"
    summary: "Summary"
    settings: "Settings"
    threads: int
    offline: bool


def prepare(request: Request, stop: "StopSignal") -> Prepared:
    """Verify the sources, read the targets and plan; changes nothing.

    With a saved plan, its sources, targets and options are used, and only what it holds
    is planned; what has changed since is said on stderr.
    """
    from tng.apply.engine import MOST_THREADS
    from tng.clouds.registry import CloudOpener
    from tng.plan.eligibility import PlanPolicy
    from tng.plan.shard import parse_shard
    from tng.registration import open_targets, plan_registration, refuse_stopped
    from tng.report.interface import Summary
    from tng.scan import Scan

    saved = None if request.saved is None else _read_saved(request, request.saved)
    if saved is not None:
        request = _repeated(request, saved)
    elif not request.sources:
        raise UsageError("no source was named", "Name the manifests or dumps to register.")
    shard = None if request.shard is None else parse_shard(request.shard)
    verifier, _, settings = make_verifier(request.judging)
    chosen = _chosen_targets(request, settings, saved)
    threads = request.threads or settings.run.threads or MOST_THREADS
    summary = Summary()
    with chosen_cluster(request.dask, request.jobs) as cluster:
        scan = Scan(request.sources, sys.stdin.buffer, request.jobs, cluster=cluster)
        if not request.offline:
            names = ", ".join(target.name or "the target" for target in chosen)
            talk().print(f"verifying, then reading what is registered on {printable(names)} …")
        opener = CloudOpener(threads=threads, parts=1 if shard is None else shard.count)
        targets = open_targets(chosen, opener.open, stop)
        plan = plan_registration(
            _counted(scan.outcomes(verifier), summary, stop),
            targets,
            PlanPolicy(request.allow_unverified, request.allow_attestation, shard),
            offline=request.offline,
            checked=request.applied,
            reading=ReadingTalk(talk()),
        )
    refuse_stopped(stop)
    if saved is not None:
        plan = _checked(saved, scan.inputs, plan, targets)
    document = _document(request, scan.inputs, plan, targets, chosen)
    return Prepared(plan, document, targets, summary, settings, threads, request.offline)


def _counted(
    outcomes: "Iterable[Outcome]", summary: "Summary", stop: "StopSignal"
) -> "Iterator[Outcome]":
    """The outcomes as they are; the summary is printed behind the last, before any target."""
    from tng.registration import refuse_stopped

    started = monotonic()
    for outcome in outcomes:
        refuse_stopped(stop)
        summary.add(outcome)
        yield outcome
    print_summary(summary, monotonic() - started)


def _read_saved(request: Request, file: Path) -> "PlanDocument":
    from tng.plan.file import read_plan

    if request.names or request.flags or request.shard is not None:
        what = "options of a target" if request.shard is None else "--shard"
        raise UsageError(
            f"--plan was given together with {what}",
            "The plan says what is registered where; make a new one to change that.",
        )
    return read_plan(file)


def _repeated(request: Request, saved: "PlanDocument") -> Request:
    """The request that the saved plan was made by, as far as the plan decides it."""
    options = saved.options
    return replace(
        request,
        sources=request.sources or _named_sources([source.path for source in saved.sources]),
        judging=replace(
            request.judging,
            trust_anchors=[Path(path) for path in options.trust_anchors],
            manifest_signers=[Path(path) for path in options.manifest_signers],
            intermediates=[Path(path) for path in options.intermediates],
            strict=options.strict,
            at=options.at,
        ),
        allow_unverified=options.allow_unverified,
        allow_attestation=options.allow_attestation,
        shard=options.shard,
    )


def _named_sources(paths: Sequence[str]) -> list[str]:
    """The inputs to be opened again: an archive's members come with the archive."""
    known = set(paths)
    named = [path for path in paths if path.rpartition("!")[0] not in known]
    if "-" in named:
        raise UsageError(
            "the plan was made from stdin", "Name the source again: tng register SOURCE --plan …"
        )
    return named


def _chosen_targets(
    request: Request, settings: "Settings", saved: "PlanDocument | None"
) -> "tuple[TargetSettings, ...]":
    from tng.clouds.registry import select_targets, target_from_table

    if saved is None:
        return select_targets(settings, request.names, request.flags)
    return tuple(
        target_from_table(target.name, target.settings, f"the plan's target {target.name}")
        for target in saved.targets
    )


def _checked(
    saved: "PlanDocument",
    inputs: "Sequence[InputSummary]",
    plan: "Plan",
    targets: "Sequence[OpenTarget]",
) -> "Plan":
    from tng.plan.document import check_against

    rates = {target.cloud.description.name: target.cloud.rates for target in targets}
    checked = check_against(saved, inputs, plan, rates)
    for departure in checked.departures:
        talk().print(f"warning: {printable(departure)}", style="yellow")
    return checked.plan


def _document(
    request: Request,
    inputs: "Sequence[InputSummary]",
    plan: "Plan",
    targets: "Sequence[OpenTarget]",
    chosen: "Sequence[TargetSettings]",
) -> "PlanDocument":
    from tng.clouds.registry import target_table
    from tng.plan.document import make_document
    from tng.plan.saved import Origin, PlanOptions

    judging = request.judging
    options = PlanOptions(
        allow_unverified=request.allow_unverified,
        allow_attestation=request.allow_attestation,
        offline=request.offline,
        strict=judging.strict,
        at=judging.at,
        trust_anchors=tuple(map(str, judging.trust_anchors)),
        manifest_signers=tuple(map(str, judging.manifest_signers)),
        intermediates=tuple(map(str, judging.intermediates)),
        shard=request.shard,
    )
    tables = {
        target.cloud.description.name: target_table(settings)
        for target, settings in zip(targets, chosen, strict=True)
    }
    made_at = datetime.now(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
    return make_document(plan, inputs, options, tables, Origin(made_at, __version__))
