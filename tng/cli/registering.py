"""What plan and register share: from their options to a plan that was read and checked."""

import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import cache, partial
from pathlib import Path
from typing import TYPE_CHECKING

from tng import __version__
from tng.cli.console import talk
from tng.cli.other_names import warn_of_other_names
from tng.cli.reading import ReadingTalk
from tng.cli.request import Request
from tng.cli.selecting import refuse_senseless, select_sources
from tng.errors import UsageError
from tng.report.text import printable

if TYPE_CHECKING:
    from tng.apply.leases import TargetLeases
    from tng.apply.session import OpenTarget
    from tng.apply.stopping import StopSignal
    from tng.clouds.registry import TargetSettings
    from tng.config import Settings
    from tng.ledger import Ledger
    from tng.models import InputSummary
    from tng.plan.models import Plan
    from tng.plan.saved import PlanDocument
    from tng.report.interface import Summary


@dataclass(frozen=True, slots=True)
class Prepared:
    """A plan, the targets it was made with, and what is to be said about it.

    ``document`` makes the plan's document: it is as large as the plan, and seldom wanted.
    """

    plan: "Plan"
    document: "Callable[[], PlanDocument]"
    targets: "tuple[OpenTarget, ...]"
    summary: "Summary"
    settings: "Settings"
    threads: int
    offline: bool


@dataclass(frozen=True, slots=True)
class Run:
    """What applying a plan needs beside it; ``folder`` is for the certificates of requests."""

    ledger: "Ledger"
    leases: "TargetLeases"
    folder: Path | None
    stop: "StopSignal"


@dataclass(frozen=True, slots=True)
class Ordered:
    """What is to be done: a request in which everything of a saved plan is said."""

    request: Request
    saved: "PlanDocument | None"
    settings: "Settings"


def order(request: Request) -> Ordered:
    """Read the saved plan, if there is one, and the settings.

    Raises `UsageError` for options that make no sense together, before anything is opened.
    """
    from tng.config import load_settings

    saved = None if request.saved is None else _read_saved(request, request.saved)
    if saved is not None:
        request = _repeated(request, saved)
    elif not request.sources:
        raise UsageError("no source was named", "Name the manifests or dumps to register.")
    refuse_senseless(request)
    if request.csr and request.offline and request.applied:
        raise UsageError(
            "certificate requests cannot be registered offline",
            "Whether a request has its certificate is known only from the cloud: "
            "leave --offline out.",
        )
    return Ordered(request, saved, load_settings(request.judging.config, os.environ, Path()))


def prepare(
    ordered: Ordered,
    stop: "StopSignal",
    ledger: "Ledger | None" = None,
    leases: "TargetLeases | None" = None,
) -> Prepared:
    """Verify the sources, read the targets and plan; changes nothing in a cloud.

    With a saved plan, its sources, targets and options are used, and only what it holds
    is planned; what has changed since is said on stderr. ``ledger`` tells what requests got
    before; with ``leases`` each target is held before it is read.
    """
    from tng.apply.engine import MOST_THREADS
    from tng.clouds.registry import CloudOpener
    from tng.ledger import LedgerMemory
    from tng.plan.shard import parse_shard
    from tng.registration import open_targets, plan_selection, refuse_stopped
    from tng.report.interface import Summary

    request, saved, settings = ordered.request, ordered.saved, ordered.settings
    shard = None if request.shard is None else parse_shard(request.shard)
    chosen = _chosen_targets(request, settings, saved)
    threads = request.threads or settings.run.threads or MOST_THREADS
    if not request.offline:
        names = ", ".join(target.name or "the target" for target in chosen)
        talk().print(f"verifying, then reading what is registered on {printable(names)} …")
    opener = CloudOpener(threads=threads, parts=1 if shard is None else shard.count)
    targets = open_targets(chosen, opener.open, stop)
    summary = Summary()
    selection, inputs = select_sources(request, shard, summary, stop)
    plan = plan_selection(
        selection,
        targets,
        offline=request.offline,
        checked=request.applied,
        reading=ReadingTalk(talk()),
        hold=None if leases is None else leases.hold,
        memory=None if ledger is None else LedgerMemory(ledger),
    )
    refuse_stopped(stop)
    if saved is not None:
        plan = _checked(saved, inputs, plan, targets)
    if request.csr and ledger is not None:
        warn_of_other_names(plan, ledger)
    document = cache(partial(_document, request, inputs, plan, targets, chosen))
    return Prepared(plan, document, targets, summary, settings, threads, request.offline)


def _read_saved(request: Request, file: Path) -> "PlanDocument":
    from tng.plan.file import read_plan

    if request.names or request.flags or request.shard is not None:
        what = "options of a target" if request.shard is None else "--shard"
        raise UsageError(
            f"--plan was given together with {what}",
            "The plan says what is registered where; make a new one to change that.",
        )
    saved = read_plan(file)
    if request.csr and not saved.options.csr:
        raise UsageError(
            f"--csr was given, and {file} was not made from certificate requests",
            "Leave --csr out: the plan says what its sources are.",
        )
    return saved


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
        csr=bool(options.csr),
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
        csr=True if request.csr else None,
    )
    tables = {
        target.cloud.description.name: target_table(settings)
        for target, settings in zip(targets, chosen, strict=True)
    }
    made_at = datetime.now(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
    return make_document(plan, inputs, options, tables, Origin(made_at, __version__))
