"""Options that say what is registered where; shared by plan, register and deregister."""

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

OptionalSources = Annotated[
    list[str],
    typer.Argument(
        metavar="[SOURCE...]",
        help="Files, directories, globs or - for stdin; not needed with --plan.",
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
LedgerOption = Annotated[
    Path | None,
    typer.Option("--ledger", help="The ledger's file; default: tng-ledger.db here."),
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
ThreadsOption = Annotated[
    int | None, typer.Option("--threads", min=1, max=256, help="Calls in flight on each target.")
]

DEFAULT_LEDGER = Path("tng-ledger.db")
"""In the working directory, so that the same command typed there goes on."""
