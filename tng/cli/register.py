"""``tng register``: register verified devices in one or several accounts."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from tng.cli import options
from tng.cli import target_options as target
from tng.cli.judging import JudgingOptions
from tng.cli.target_flags import ALL, Flags, takes_flags

if TYPE_CHECKING:
    from tng.cli.registering import Prepared, Run

SavedPlan = Annotated[
    Path | None,
    typer.Option(
        "--plan", metavar="FILE", parser=options.file_here, help="Apply what `tng plan` saved."
    ),
]


@takes_flags(*ALL)
def register(
    sources: target.OptionalSources = [],
    *,
    targets: target.TargetOption = [],
    flags: Flags,
    plan: SavedPlan = None,
    dry_run: target.DryRunOption = False,
    offline: target.OfflineOption = False,
    ledger: target.LedgerOption = None,
    yes: target.YesOption = False,
    allow_unverified: target.AllowUnverifiedOption = False,
    allow_attestation: target.AllowAttestationOption = False,
    fail_on: options.FailOnOption = options.FailOn.ERROR,
    format_: target.ResultFormatOption = target.ResultFormat.COLUMNS,
    output: options.OutputOption = None,
    strict: options.StrictOption = False,
    at: options.AtOption = None,
    trust_anchor: options.TrustAnchorOption = [],
    manifest_signer: options.ManifestSignerOption = [],
    intermediate: options.IntermediateOption = [],
    config: options.ConfigOption = None,
    threads: target.ThreadsOption = None,
    shard: target.ShardOption = None,
    jobs: options.JobsOption = 0,
    dask: options.DaskOption = None,
    csr: target.CsrOption = False,
    certificates: target.CertificatesOption = None,
) -> None:
    """Verify devices and register the genuine ones; the same command resumes.

    Examples:

      tng register manifest.json --cloud aws --region eu-central-1 --policy fleet --dry-run

      tng register manifest.json dumps/ --target eu --target us

      tng register --plan plan.json --yes

      tng register requests/ --csr --cloud aws --region eu-central-1 --policy fleet
    """
    from tng.apply.leases import TargetLeases
    from tng.apply.stopping import StopSignal
    from tng.cli.confirming import confirm_registration
    from tng.cli.interrupts import graceful
    from tng.cli.ledgers import existing_ledger, opened_ledger
    from tng.cli.planned_output import findings_exit_code, plan_exit_code, print_plan
    from tng.cli.registering import Run, order, prepare
    from tng.cli.request import Request
    from tng.exit_codes import ExitCode

    judging = JudgingOptions(config, trust_anchor, manifest_signer, intermediate, strict, at)
    request = Request(
        sources, judging, targets, flags, allow_unverified, allow_attestation, offline,
        jobs, threads, plan, not dry_run, shard, dask, csr, certificates,
    )  # fmt: skip
    ordered = order(request)
    stop = StopSignal()
    if dry_run:
        with existing_ledger(ledger, ordered) as known, graceful(stop):
            prepared = prepare(ordered, stop, known)
        print_plan(prepared, format_, output)
        raise SystemExit(plan_exit_code(prepared, fail_on))
    # First of all: a ledger that cannot be reached is told before anything is read.
    with opened_ledger(ledger, ordered.settings) as opened, TargetLeases(opened) as leases:
        with graceful(stop):
            prepared = prepare(ordered, stop, opened, leases)
        # Outside of the blocks: at the question, Ctrl-C means no.
        confirm_registration(prepared.plan, asked=yes)
        run = Run(opened, leases, ordered.request.folder, stop)
        with graceful(stop):
            exit_code = _apply(prepared, run, format_, output)
    if exit_code is ExitCode.DONE:
        exit_code = findings_exit_code(prepared, fail_on)
    raise SystemExit(exit_code)


def _apply(
    prepared: "Prepared", run: "Run", format_: target.ResultFormat, output: str | None
) -> int:
    from tng.cli.command_line import typed_command
    from tng.cli.console import talk
    from tng.cli.progress import shown_progress
    from tng.cli.results import print_run
    from tng.cli.taken_names import TakenNames
    from tng.issuing.delivering import certificate_folders
    from tng.registration import register as apply_plan

    command = typed_command(sys.argv[1:])
    plan, ledger, folder = prepared.plan, run.ledger, run.folder
    taken = TakenNames()
    with shown_progress(talk()) as progress:
        result = apply_plan(
            plan,
            prepared.targets,
            ledger,
            command,
            offline=prepared.offline,
            stop=run.stop,
            progress=progress,
            threads=prepared.threads,
            leases=run.leases,
            certificates=None if folder is None else certificate_folders(folder, plan, taken.add),
        )
    if folder is not None:
        talk().print(f"certificates are in {folder}")
        taken.print_to(talk())
    return print_run("register", result, ledger, format_, output, typed=command, plan=plan)
