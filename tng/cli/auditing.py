"""The run of an audit: from the command's options to written, sealed and remembered reports."""

import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from time import monotonic
from typing import TYPE_CHECKING

from tng import __version__
from tng.cli.audit_outputs import (
    destinations,
    files_to_write,
    refuse_overwriting,
    refuse_unwritable,
    write_reports,
)
from tng.cli.command_line import repeatable_command
from tng.cli.console import Verbosity, talk
from tng.cli.judging import JudgingOptions, make_verifier, trust_files
from tng.cli.ledgers import chosen_ledger, opened_ledger
from tng.report.audit.registry import AuditForm
from tng.report.planned import duration_text
from tng.report.text import printable
from tng.storage.locations import is_url, local_path

if TYPE_CHECKING:
    from tng.apply.session import OpenTarget
    from tng.apply.stopping import StopSignal
    from tng.audit.auditing import Question
    from tng.audit.models import Audit, AuditInput
    from tng.cli.audit_outputs import Destination
    from tng.config import Settings
    from tng.findings import Severity
    from tng.ledger import Ledger
    from tng.orders import OrderBook
    from tng.report.interface import ReportContext
    from tng.seal.files import FileDigest
    from tng.seal.interface import SigningKey


@dataclass(frozen=True, slots=True)
class Request:
    """The options of the command, as they were given; ``arguments`` are all its words."""

    sources: Sequence[str]
    judging: JudgingOptions
    form: AuditForm | None
    outputs: Sequence[str]
    orders: Sequence[str]
    sign: str | None
    targets: Sequence[str]
    flags: Mapping[str, object]
    with_extras: bool
    ledger: str | None
    remember: bool
    allow_unverified: bool
    allow_attestation: bool
    jobs: int
    dask: str | None
    arguments: Sequence[str]


def run_audit(request: Request) -> "Severity | None":
    """Audit, write the reports, seal them, and remember; gives the heaviest severity found.

    What cannot work (an unknown form, an unusable key or order) is said before anything is read.
    """
    from tng.apply.stopping import StopSignal
    from tng.audit.auditing import make_audit, remember
    from tng.cli.clusters import chosen_cluster
    from tng.cli.interrupts import graceful
    from tng.cli.sealing import load_signing_key
    from tng.scan import Scan
    from tng.seal.making import require_sealable

    request = _to_the_second(request)
    reports = destinations(request.outputs, request.form, sealed=request.sign is not None)
    key = None
    if request.sign is not None:
        require_sealable(*_to_be_sealed(reports))
        key = load_signing_key(request.sign)
    verifier, context, settings = make_verifier(request.judging)
    written = files_to_write(reports, sealed=request.sign is not None)
    sources = (*request.sources, *filter(is_url, request.orders))
    refuse_overwriting(written, sources, _read_besides(request, settings))
    refuse_unwritable(reports)
    stop, started = StopSignal(), monotonic()
    with ExitStack() as stack:
        question = _question(request, settings, context, stop, stack)
        cluster = stack.enter_context(chosen_cluster(request.dask, request.jobs))
        scan = Scan(
            request.sources, sys.stdin.buffer, request.jobs,
            apart=_order_paths(request), cluster=cluster,
        )  # fmt: skip
        stack.enter_context(graceful(stop))
        audit = stack.enter_context(make_audit(scan, verifier, question, stop, _Progress()))
        digests = write_reports(audit, reports)
        if key is not None:
            _seal(key, audit, reports, digests)
        if request.remember and question.ledger is not None:
            remember(audit, question.ledger)
        _say(audit, reports, monotonic() - started)
        return audit.heaviest


def _to_the_second(request: Request) -> Request:
    """With a time of judgment that a report can state whole, so that it can be made again."""
    if request.judging.at is not None:
        return request
    now = datetime.now(UTC).isoformat(timespec="seconds")
    return replace(request, judging=replace(request.judging, at=now))


def _read_besides(request: Request, settings: "Settings") -> Iterator[Path]:
    """The files beside the sources that the run needs, and that a report must not replace."""
    yield from _order_paths(request)
    yield from (path for _, path in trust_files(request.judging, settings))
    ledger = chosen_ledger(request.ledger, settings)
    if isinstance(ledger, Path):
        yield ledger
    if settings.file is not None:
        yield settings.file
    if request.sign is not None:
        yield Path(request.sign)


def _question(
    request: Request,
    settings: "Settings",
    context: "ReportContext",
    stop: "StopSignal",
    stack: ExitStack,
) -> "Question":
    from tng.audit.auditing import Question
    from tng.audit.models import Making
    from tng.plan.eligibility import PlanPolicy

    command = repeatable_command(request.arguments, context.at)
    books = _order_books(request.orders)
    return Question(
        making=Making(__version__, context.at, context.strict, command, context.added),
        files=(*_order_files(books), *_trusted_files(request, settings)),
        orders=[line for _, book in books for line in book.lines] if books else None,
        targets=_targets(request, settings, stop),
        policy=PlanPolicy(request.allow_unverified, request.allow_attestation),
        with_extras=request.with_extras,
        ledger=_ledger(request, settings, stack),
    )


def _order_paths(request: Request) -> list[Path]:
    """Those of the files of orders that are on this machine."""
    return [Path(local_path(name)) for name in request.orders if not is_url(name)]


def _order_books(names: Sequence[str]) -> "list[tuple[str, OrderBook]]":
    """The files of orders, in the order they were named; what they hold besides is told."""
    from tng.orders.reading import read_order_books

    books = list(zip(names, read_order_books(names), strict=True))
    for _, book in books:
        for note in book.notes:
            talk().print(printable(note))
    return books


def _order_files(books: "Iterable[tuple[str, OrderBook]]") -> "Iterator[AuditInput]":
    from tng.audit.models import AuditInput, InputRole

    for name, book in books:
        shown = name if is_url(name) else str(Path(local_path(name)))
        yield AuditInput(InputRole.ORDER, shown, book.sha256, book.kind, len(book.lines))


def _trusted_files(request: Request, settings: "Settings") -> "Iterator[AuditInput]":
    """The files that say whom to trust, and what a target is."""
    from tng.audit.evidence import file_input
    from tng.audit.models import InputRole

    for role, path in trust_files(request.judging, settings):
        yield file_input(role, path)
    if settings.file is not None:
        yield file_input(InputRole.CONFIGURATION, settings.file)


def _targets(
    request: Request, settings: "Settings", stop: "StopSignal"
) -> "tuple[OpenTarget, ...]":
    """The targets to be looked at; none unless one was asked for."""
    from tng.apply.engine import DEFAULT_THREADS
    from tng.clouds.registry import CloudOpener, select_targets
    from tng.registration import open_targets

    if not request.targets and not request.flags:
        return ()
    # What differs is told as a difference, whatever a run that changes things would do.
    flags = {**request.flags, "update": False}
    chosen = select_targets(settings, request.targets, flags)
    threads = settings.run.threads or DEFAULT_THREADS
    return open_targets(chosen, CloudOpener(threads=threads).open, stop)


def _ledger(request: Request, settings: "Settings", stack: ExitStack) -> "Ledger | None":
    """The memory of earlier audits and registrations; none is made if nothing is remembered."""
    from tng.ledger import NoLedgerError

    try:
        opened = opened_ledger(request.ledger, settings, must_exist=not request.remember)
    except NoLedgerError:
        return None
    return stack.enter_context(opened)


_LONG = timedelta(seconds=5)
_TELL_EVERY = 100_000


class _Progress:
    """Says on stderr how long reading the targets takes, where that is long."""

    def reading(self, target: str, at_least: timedelta) -> None:
        """In advance, how long the devices take."""
        if at_least >= _LONG:
            talk().print(f"{printable(target)}: reading takes at least {duration_text(at_least)} …")

    def listing(self, target: str, a_second: float) -> None:
        """In advance, how fast everything else is read: how much it is, no cloud tells."""
        if Verbosity.level > 0:
            talk().print(f"{printable(target)}: listing at most {a_second:,.0f} a second …")

    def listed(self, target: str, devices: int) -> None:
        """How far it is."""
        if devices and devices % _TELL_EVERY == 0:
            talk().print(f"{printable(target)}: {devices:,} read until now …")


def _seal(
    key: "SigningKey",
    audit: "Audit",
    reports: "Sequence[Destination]",
    digests: "Mapping[Path, FileDigest]",
) -> None:
    from tng.cli.sealing import seal_outputs
    from tng.seal.making import require_sealable

    paths, report = _to_be_sealed(reports)
    report = require_sealable(paths, report)
    seal_outputs(key, audit.making, audit.inputs, paths, report, digests)


def _to_be_sealed(reports: "Sequence[Destination]") -> tuple[list[Path], Path | None]:
    """The files of the reports, and which of them is the JSON one."""
    files = [(item.form, item.path) for item in reports if isinstance(item.path, Path)]
    report = next((path for form, path in files if form is AuditForm.JSON), None)
    return [path for _, path in files], report


_STYLES = {"accept": "green", "accept-with-remarks": "yellow"}


def _say(audit: "Audit", reports: "Sequence[Destination]", seconds: float) -> None:
    """The verdict, its reasons and the files, on stderr."""
    console = talk()
    verdict = audit.verdict
    console.print(
        printable(verdict.sentence), style=f"bold {_STYLES.get(verdict.decision.value, 'red')}"
    )
    for reason in verdict.reasons:
        console.print(f"  {printable(reason)}")
    for item in reports:
        if item.path is not None:
            console.print(f"wrote {printable(item.path)} ({item.form.value})")
    console.print(f"{len(audit.devices):,} devices in {seconds:.1f} s")
