"""``tng audit``: one report of what was delivered, for those who have to sign it off."""

import sys
from typing import TYPE_CHECKING, Annotated

import typer

from tng.cli import options
from tng.cli import target_options as target
from tng.cli.judging import JudgingOptions
from tng.cli.sealing import CheckOption, InputsOption, KeyOption, SignOption
from tng.cli.target_flags import COMPARED, Flags, takes_flags
from tng.errors import UsageError
from tng.exit_codes import ExitCode
from tng.report.audit.registry import AuditForm

if TYPE_CHECKING:
    from tng.findings.model import Severity

OptionalSources = Annotated[
    list[str],
    typer.Argument(
        metavar="[SOURCE...]",
        help="Files, directories, globs, URLs or - for stdin; not needed with --check.",
        show_default=False,
    ),
]
FormOption = Annotated[
    AuditForm | None,
    typer.Option(
        "--format",
        help="Form of the report; default: what the name of --output says, Markdown on stdout.",
        show_default=False,
    ),
]
OutputsOption = Annotated[
    list[str],
    typer.Option(
        "--output",
        "-o",
        metavar="FILE",
        help="Write the report to this file or URL; may be repeated, one form each (.html, .xlsx, "
        ".csv, .json, .md, .xml for JUnit, .sarif).",
        show_default=False,
    ),
]
ExpectOption = Annotated[
    list[str],
    typer.Option(
        "--expect",
        metavar="FILE",
        help="What was ordered (CSV, XLSX or JSON): order, part_number, quantity and, where "
        "known, serial, group_id, date. May be repeated.",
        show_default=False,
    ),
]
NoExtrasOption = Annotated[
    bool,
    typer.Option("--no-extras", help="Do not list what else the targets hold."),
]
ExpectUnverifiedOption = Annotated[
    bool,
    typer.Option(
        "--allow-unverified", help="What could not be verified should be on the targets, too."
    ),
]
ExpectAttestationOption = Annotated[
    bool,
    typer.Option(
        "--allow-attestation", help="Attestation certificates should be on the targets, too."
    ),
]
NoRememberOption = Annotated[
    bool,
    typer.Option("--no-remember", help="Do not note in the ledger which chips were seen."),
]


@takes_flags(*COMPARED)
def audit(
    sources: OptionalSources = [],
    *,
    form: FormOption = None,
    output: OutputsOption = [],
    expect: ExpectOption = [],
    sign: SignOption = None,
    check: CheckOption = None,
    key: KeyOption = None,
    inputs: InputsOption = None,
    targets: target.TargetOption = [],
    flags: Flags,
    no_extras: NoExtrasOption = False,
    ledger: target.LedgerOption = None,
    no_remember: NoRememberOption = False,
    allow_unverified: ExpectUnverifiedOption = False,
    allow_attestation: ExpectAttestationOption = False,
    fail_on: options.FailOnOption = options.FailOn.ERROR,
    strict: options.StrictOption = False,
    at: options.AtOption = None,
    trust_anchor: options.TrustAnchorOption = [],
    manifest_signer: options.ManifestSignerOption = [],
    intermediate: options.IntermediateOption = [],
    config: options.ConfigOption = None,
    jobs: options.JobsOption = 0,
    dask: options.DaskOption = None,
) -> None:
    """Audit a delivery: genuine, as ordered, and where it should be? Changes nothing in a cloud.

    Examples:

      tng audit manifest.json --output audit.html

      tng audit reel-*.json --expect orders.xlsx --target eu --output audit.html --output audit.xlsx

      tng audit manifest.json --output audit.html --sign auditor.pem

      tng audit --check audit.json --key auditor.pub.pem
    """
    from tng.cli.auditing import Request, run_audit
    from tng.cli.sealing import print_check

    if check is not None:
        _refuse_beside_check(sources, output, expect, targets, sign, form, at)
        raise SystemExit(print_check(check, key, inputs))
    if key is not None or inputs is not None:
        raise UsageError("--key and --inputs are for --check", "Name the report with --check.")
    if not sources:
        raise UsageError("no source was named", "Name the manifests or dumps to audit.")
    request = Request(
        sources=sources,
        judging=JudgingOptions(config, trust_anchor, manifest_signer, intermediate, strict, at),
        form=form,
        outputs=output,
        orders=expect,
        sign=sign,
        targets=targets,
        flags=flags,
        with_extras=not no_extras,
        ledger=ledger,
        remember=not no_remember,
        allow_unverified=allow_unverified,
        allow_attestation=allow_attestation,
        jobs=jobs,
        dask=dask,
        arguments=sys.argv[1:],
    )
    heaviest = run_audit(request)
    raise SystemExit(_exit_code(heaviest, fail_on))


def _refuse_beside_check(*making: object) -> None:
    if any(making):
        raise UsageError(
            "--check was given together with what makes a report",
            "A check needs the report's file, --key, and where the inputs were moved --inputs.",
        )


def _exit_code(heaviest: "Severity | None", fail_on: options.FailOn) -> ExitCode:
    threshold = fail_on.severity
    fails = threshold is not None and heaviest is not None and heaviest.rank >= threshold.rank
    return ExitCode.FINDINGS if fails else ExitCode.DONE
