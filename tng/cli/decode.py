"""``tng decode``: one certificate file a device, and an index."""

import sys
from collections import Counter
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from tng.cli import options
from tng.cli.console import complain, talk
from tng.cli.output import open_judged_output
from tng.exit_codes import ExitCode
from tng.findings.model import Finding, Severity


class IndexFormat(StrEnum):
    """Forms of the index."""

    COLUMNS = "columns"
    JSON = "json"
    JSONL = "jsonl"
    CSV = "csv"


def decode(
    sources: options.Sources,
    *,
    folder: Annotated[
        Path,
        typer.Option(
            "--output-dir",
            "-o",
            metavar="DIR",
            parser=options.file_here,
            help="Where the files go.",
        ),
    ] = Path("certificates"),
    chain: Annotated[
        bool, typer.Option("--chain", help="Append the issuers found beside.")
    ] = False,
    der: Annotated[bool, typer.Option("--der", help="Write DER instead of PEM.")] = False,
    format_: Annotated[
        IndexFormat, typer.Option("--format", help="Form of the index.")
    ] = IndexFormat.COLUMNS,
    output: options.IndexOutputOption = None,
    fail_on: options.FailOnOption = options.FailOn.ERROR,
    jobs: options.JobsOption = 0,
    dask: options.DaskOption = None,
) -> None:
    """Write one certificate file a device, and an index. This does NOT verify.

    Examples:

      tng decode manifest.json -o certificates/

      tng decode serial.log --format json --output index.json
    """
    from tng.certificate_files import CertificateWriter
    from tng.cli.clusters import chosen_cluster
    from tng.errors import UsageError
    from tng.models import DeviceEntry
    from tng.report.index import make_index
    from tng.scan import Scan

    if chain and der:
        raise UsageError("--chain and --der exclude each other", "DER holds one certificate")
    complain().print("warning: decode does not verify anything; use `tng verify` for that")
    with chosen_cluster(dask, jobs) as cluster:
        scan = Scan(sources, sys.stdin.buffer, jobs, cluster=cluster)
        writer = CertificateWriter(folder, with_chain=chain, as_der=der)
        writer.prepare()
        count: Counter[str] = Counter()
        failed = False
        with open_judged_output(output) as stream:
            index = make_index(format_.value, stream)
            for decoded in scan.entries():
                leaf = decoded.record.leaf if isinstance(decoded, DeviceEntry) else None
                written = (
                    writer.write(decoded, leaf)
                    if isinstance(decoded, DeviceEntry) and leaf
                    else None
                )
                index.add(decoded, written)
                count["entries"] += 1
                count["certificates"] += written is not None and written.path is not None
                found = (*decoded.findings, *(written.findings if written else ()))
                failed = failed or _fails(found, fail_on.severity)
            index.end()
    talk().print(
        f"{count['entries']:,} entries, {count['certificates']:,} certificates in {folder}/"
    )
    if failed:
        raise SystemExit(ExitCode.FINDINGS)


def _fails(found: tuple[Finding, ...], threshold: Severity | None) -> bool:
    return threshold is not None and any(item.severity.rank >= threshold.rank for item in found)
