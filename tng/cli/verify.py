"""``tng verify``: which devices are genuine."""

import sys
from time import monotonic
from typing import TYPE_CHECKING

from tng.cli import options
from tng.cli.console import Verbosity, talk
from tng.cli.judging import JudgingOptions, make_verifier
from tng.cli.output import is_colored, open_judged_output
from tng.exit_codes import ExitCode

if TYPE_CHECKING:
    from tng.summary import Summary


def verify(
    sources: options.Sources,
    *,
    format_: options.FormatOption = options.Format.COLUMNS,
    output: options.OutputOption = None,
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
    """Verify every device against the vendor's pinned CA chain.

    Examples:

      tng verify manifest.json

      tng verify reel-*.zip dumps/ --format json --output report.json

      curl … | tng verify - --fail-on warning
    """
    from tng.cli.clusters import chosen_cluster
    from tng.report.registry import make_report
    from tng.scan import Scan

    judging = JudgingOptions(config, trust_anchor, manifest_signer, intermediate, strict, at)
    verifier, context, _ = make_verifier(judging)
    started = monotonic()
    with chosen_cluster(dask, jobs) as cluster:
        scan = Scan(sources, sys.stdin.buffer, jobs, cluster=cluster)
        with open_judged_output(output) as stream:
            report = make_report(
                format_.value,
                stream,
                colored=is_colored(output),
                with_notices=Verbosity.level > 0,
            )
            report.begin(context)
            for rendered in scan.results(verifier, report.render):
                report.item(rendered)
            report.end(scan.inputs, scan.summary)
    print_summary(scan.summary, monotonic() - started)
    if scan.summary.fails(fail_on.severity):
        raise SystemExit(ExitCode.FINDINGS)


def print_summary(summary: "Summary", seconds: float) -> None:
    """Counts by outcome, anchor and trouble, on stderr; what has one remedy stands together."""
    from tng.findings import CHECKS, Severity

    console = talk()
    counts = ", ".join(
        f"{count:,} {status}" for status, count in summary.outcome_counts().items() if count
    )
    noun = "device" if summary.total == 1 else "devices"
    console.print(f"{summary.total:,} {noun}: {counts or 'nothing'} ({seconds:.1f} s)")
    for anchor, count in sorted(summary.vouching.items(), key=lambda item: item[0].id):
        console.print(f"  {count:,} vouched for by {anchor.id} ({anchor.origin})")
    troubles: dict[tuple[str, str], list[str]] = {}
    for code, count in sorted(summary.codes.items()):
        check = CHECKS[code]
        if check.severity is not Severity.NOTICE:
            group = troubles.setdefault((check.severity.value, check.remedy), [])
            group.append(f"{code} ({count:,})")
    for (severity, remedy), codes in troubles.items():
        console.print(f"  {severity}: {', '.join(codes)}: {remedy}")
