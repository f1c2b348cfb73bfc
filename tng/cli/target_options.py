"""Options that say what is registered where; shared by plan, register and deregister."""

from collections.abc import Mapping
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
CloudOption = Annotated[
    str | None, typer.Option("--cloud", help="Cloud of the one target that the flags describe.")
]
RegionOption = Annotated[str | None, typer.Option("--region", help="Region of the target.")]
ProfileOption = Annotated[str | None, typer.Option("--profile", help="Profile of credentials.")]
RoleOption = Annotated[
    str | None, typer.Option("--role-arn", metavar="ARN", help="Role to assume in the account.")
]
AccountOption = Annotated[
    str | None, typer.Option("--account", help="The account that it must be (12 digits).")
]
PolicyOption = Annotated[
    list[str], typer.Option("--policy", help="Policy to attach; may be repeated.")
]
CreatePolicyOption = Annotated[
    Path | None,
    typer.Option("--create-policy", metavar="FILE", help="Make the policy of this if missing."),
]
ThingNameOption = Annotated[
    str | None,
    typer.Option("--thing-name", metavar="TEMPLATE", help="Make things, say '{device_id}'."),
]
ThingTypeOption = Annotated[str | None, typer.Option("--thing-type", help="Type of the things.")]
ThingGroupOption = Annotated[
    list[str], typer.Option("--thing-group", help="Group to add things to; may be repeated.")
]
BillingGroupOption = Annotated[
    str | None, typer.Option("--billing-group", help="Billing group of the things.")
]
StatusOption = Annotated[
    str | None, typer.Option("--status", help="Status of certificates: ACTIVE or INACTIVE.")
]
EndpointOption = Annotated[
    str | None, typer.Option("--endpoint-url", help="Call this instead of the cloud; STS too.")
]
RateOption = Annotated[
    float | None, typer.Option("--rate", min=0.001, help="Registrations a second and target.")
]
UpdateOption = Annotated[
    bool, typer.Option("--update", help="Change the status of certificates that differ.")
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


def target_flags(**flags: object) -> Mapping[str, object]:
    """The flags that were given, by the keys of ``tng.toml``; empty lists and ``False`` drop."""
    given: dict[str, object] = {}
    for key, value in flags.items():
        if value is None or value is False or value == []:
            continue
        if isinstance(value, list):
            given[key] = tuple(value)
        else:
            given[key] = str(value) if isinstance(value, Path) else value
    return given
