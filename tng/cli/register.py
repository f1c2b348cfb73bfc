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
    from tng.apply.stopping import StopSignal
    from tng.cli.registering import Prepared

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
) -> None:
    """Verify devices and register the genuine ones; the same command resumes.

    Examples:

      tng register manifest.json --cloud aws --region eu-central-1 --policy fleet --dry-run

      tng register manifest.json dumps/ --target eu --target us

      tng register --plan plan.json --yes
    """
    from tng.apply.stopping import StopSignal
    from tng.cli.confirming import confirm_registration
    from tng.cli.interrupts import graceful
    from tng.cli.planned_output import findings_exit_code, plan_exit_code, print_plan
    from tng.cli.registering import Request, prepare
    from tng.exit_codes import ExitCode

    judging = JudgingOptions(config, trust_anchor, manifest_signer, intermediate, strict, at)
    request = Request(
        sources, judging, targets, flags, allow_unverified, allow_attestation, offline,
        jobs, threads, plan, not dry_run, shard, dask,
    )  # fmt: skip
    stop = StopSignal()
    with graceful(stop):
        prepared = prepare(request, stop)
    if dry_run:
        print_plan(prepared, format_, output)
        raise SystemExit(plan_exit_code(prepared, fail_on))
    # Outside of the blocks: at the question, Ctrl-C means no.
    confirm_registration(prepared.plan, asked=yes)
    with graceful(stop):
        exit_code = _apply(prepared, stop, ledger, format_, output)
    if exit_code is ExitCode.DONE:
        exit_code = findings_exit_code(prepared, fail_on)
    raise SystemExit(exit_code)


def _apply(
    prepared: "Prepared",
    stop: "StopSignal",
    ledger_option: str | None,
    format_: target.ResultFormat,
    output: str | None,
) -> int:
    from tng.cli.command_line import typed_command
    from tng.cli.console import talk
    from tng.cli.ledgers import opened_ledger
    from tng.cli.progress import shown_progress
    from tng.cli.results import print_run
    from tng.registration import register as apply_plan

    command = typed_command(sys.argv[1:])
    with opened_ledger(ledger_option, prepared.settings) as ledger:
        with shown_progress(talk()) as progress:
            result = apply_plan(
                prepared.plan,
                prepared.targets,
                ledger,
                command,
                offline=prepared.offline,
                stop=stop,
                progress=progress,
                threads=prepared.threads,
            )
        return print_run(
            "register", result, ledger, format_, output, typed=command, plan=prepared.plan
        )
