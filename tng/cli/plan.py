"""``tng plan``: what would be registered where, as a file to be applied later."""

from pathlib import Path
from typing import Annotated

import typer

from tng.cli import options
from tng.cli import target_options as target
from tng.cli.console import talk
from tng.cli.judging import JudgingOptions
from tng.cli.target_flags import ALL, Flags, takes_flags

PlanFile = Annotated[
    Path | None,
    typer.Option(
        "--out",
        "-o",
        metavar="FILE",
        parser=options.file_here,
        callback=options.writable,
        help="Save the plan; apply it with register.",
    ),
]


@takes_flags(*ALL)
def plan(
    sources: options.Sources,
    *,
    out: PlanFile = None,
    targets: target.TargetOption = [],
    flags: Flags,
    offline: target.OfflineOption = False,
    ledger: target.LedgerOption = None,
    allow_unverified: target.AllowUnverifiedOption = False,
    allow_attestation: target.AllowAttestationOption = False,
    fail_on: options.FailOnOption = options.FailOn.ERROR,
    format_: target.ResultFormatOption = target.ResultFormat.COLUMNS,
    output: options.IndexOutputOption = None,
    strict: options.StrictOption = False,
    at: options.AtOption = None,
    trust_anchor: options.TrustAnchorOption = [],
    manifest_signer: options.ManifestSignerOption = [],
    intermediate: options.IntermediateOption = [],
    config: options.ConfigOption = None,
    jobs: options.JobsOption = 0,
    dask: options.DaskOption = None,
    shard: target.ShardOption = None,
    csr: target.CsrOption = False,
) -> None:
    """Plan a registration with read-only calls alone; save it, apply it later.

    Examples:

      tng plan manifest.json --target eu --target us -o plan.json

      tng plan manifest.json --cloud aws --region eu-central-1 --policy fleet --offline

      tng register --plan plan.json
    """
    from tng.apply.stopping import StopSignal
    from tng.cli.interrupts import graceful
    from tng.cli.ledgers import existing_ledger
    from tng.cli.planned_output import plan_exit_code, print_plan
    from tng.cli.registering import order, prepare
    from tng.cli.request import Request
    from tng.plan.file import write_plan

    judging = JudgingOptions(config, trust_anchor, manifest_signer, intermediate, strict, at)
    request = Request(
        sources, judging, targets, flags, allow_unverified, allow_attestation, offline, jobs,
        shard=shard, dask=dask, csr=csr,
    )  # fmt: skip
    ordered = order(request)
    stop = StopSignal()
    with existing_ledger(ledger, ordered) as opened, graceful(stop):
        prepared = prepare(ordered, stop, opened)
    print_plan(prepared, format_, output)
    if out is not None:
        write_plan(prepared.document(), out)
        talk().print(f"saved {out}; apply it with: tng register --plan {out}")
    raise SystemExit(plan_exit_code(prepared, fail_on))
