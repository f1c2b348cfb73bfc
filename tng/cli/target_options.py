"""Options that say what is registered where; shared by plan, register and deregister."""

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from tng.cli.options import folder_here
from tng.ledger_location import ledger_location

OptionalSources = Annotated[
    list[str],
    typer.Argument(
        metavar="[SOURCE...]",
        help="Files, directories, globs, URLs or - for stdin; not needed with --plan.",
        show_default=False,
    ),
]


class ResultFormat(StrEnum):
    """Forms of the output of plans and registrations."""

    COLUMNS = "columns"
    JSON = "json"
    JSONL = "jsonl"
    CSV = "csv"


ResultFormatOption = Annotated[ResultFormat, typer.Option("--format", help="Form of the output.")]
TargetOption = Annotated[
    list[str],
    typer.Option("--target", metavar="NAME", help="A target of tng.toml; may be repeated."),
]


def _readable_ledger(text: str | None) -> str | None:
    """Refuse it before anything is done, and not when the ledger is opened."""
    if text is not None:
        ledger_location(text, "--ledger")
    return text


LedgerOption = Annotated[
    str | None,
    typer.Option(
        "--ledger",
        metavar="FILE|URL",
        callback=_readable_ledger,
        help="The ledger's file, or postgresql://…; default: tng-ledger.db here.",
    ),
]
AllowUnverifiedOption = Annotated[
    bool,
    typer.Option("--allow-unverified", help="Register also what could not be verified."),
]
AllowAttestationOption = Annotated[
    bool, typer.Option("--allow-attestation", help="Register also attestation certificates.")
]
OfflineOption = Annotated[
    bool, typer.Option("--offline", help="Plan without any call, as if nothing were there.")
]
DryRunOption = Annotated[
    bool, typer.Option("--dry-run", help="Only say what would be done; changes nothing.")
]
YesOption = Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")]
ShardOption = Annotated[
    str | None,
    typer.Option(
        "--shard",
        metavar="I/N",
        help="Only the I-th of N parts of the devices, at 1/N of the rate.",
    ),
]
CsrOption = Annotated[
    bool,
    typer.Option("--csr", help="The sources are certificate requests: have certificates made."),
]
CertificatesOption = Annotated[
    Path | None,
    typer.Option(
        "--certificates",
        metavar="DIR",
        parser=folder_here,
        help="With --csr: folder for the certificates; default: certificates.",
        show_default=False,
    ),
]
ThreadsOption = Annotated[
    int | None,
    typer.Option(
        "--threads", metavar="N", min=1, max=256, help="Calls in flight on each target at most."
    ),
]
