"""``tng lint-policy``: what is too wide in policies, and what AWS would not take."""

import sys
from collections.abc import Sequence
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated

import typer

from tng.cli import options
from tng.cli.console import talk
from tng.cli.options import file_here
from tng.exit_codes import ExitCode

if TYPE_CHECKING:
    from tng.policies.model import Linted, PolicyKind, Remark

_UNREADABLE = "policy-unreadable"


class LintFormat(StrEnum):
    """Forms of the findings."""

    COLUMNS = "columns"
    JSON = "json"


class KindChoice(StrEnum):
    """Values of ``--kind``."""

    AUTO = "auto"
    DEVICE = "device"
    CLAIM = "claim"
    TEMPLATE = "template"


def lint_policy(
    files: Annotated[
        list[str],
        typer.Argument(
            metavar="FILE...",
            help="Policies and provisioning templates in JSON; - for stdin.",
            show_default=False,
        ),
    ],
    *,
    kind: Annotated[
        KindChoice,
        typer.Option(help="Judge it as the policy of a device or a claim, or as a template."),
    ] = KindChoice.AUTO,
    without_things: Annotated[
        bool, typer.Option("--without-things", help="The devices get no things.")
    ] = False,
    format_: Annotated[
        LintFormat, typer.Option("--format", help="Form of the output.")
    ] = LintFormat.COLUMNS,
    fail_on: options.FailOnOption = options.FailOn.ERROR,
) -> None:
    """Tell what is too wide in AWS IoT policies, and what AWS would not take.

    Exit codes: 1 a finding at or above --fail-on, 3 a file cannot be read. Nothing is asked of a
    cloud, and what a Deny takes away is not subtracted.

    Examples:

      tng lint-policy device-policy.json

      tng examples claim-policy | tng lint-policy -
    """
    from tng.policies.model import PolicyKind

    chosen = None if kind is KindChoice.AUTO else PolicyKind(kind.value)
    judged = [(name, _judge(name, chosen, things=not without_things)) for name in files]
    if format_ is LintFormat.JSON:
        _print_json(judged)
    else:
        for name, linted in judged:
            for remark in linted.remarks:
                _print_line(name, remark)
    _summarise(judged)
    remarks = [remark.finding for _, linted in judged for remark in linted.remarks]
    if any(found.code == _UNREADABLE for found in remarks):
        raise SystemExit(ExitCode.UNUSABLE)
    least = fail_on.severity
    if least is not None and any(found.severity.rank >= least.rank for found in remarks):
        raise SystemExit(ExitCode.FINDINGS)


def _judge(name: str, kind: "PolicyKind | None", *, things: bool) -> "Linted":
    from tng.findings import finding
    from tng.policies.json_places import MAX_BYTES
    from tng.policies.linting import lint
    from tng.policies.model import Linted, Remark

    try:
        if name == "-":
            data = sys.stdin.buffer.read(MAX_BYTES + 1)
        else:
            with file_here(name).open("rb") as stream:
                data = stream.read(MAX_BYTES + 1)
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        return Linted(None, (Remark(finding(_UNREADABLE, reason)),))
    return lint(data, kind, things=things)


def _print_line(name: str, remark: "Remark") -> None:
    from tng.report.text import printable

    place = printable(name) + (f":{remark.line}" if remark.line else "")
    where = f"{remark.where}: " if remark.where else ""
    found = remark.finding
    typer.echo(f"{place}  {found.severity.value:<7}  {found.code}  {where}{found.message}")


def _print_json(judged: "Sequence[tuple[str, Linted]]") -> None:
    from tng.findings import CHECKS
    from tng.policies.model import SCHEMA
    from tng.report.json_text import to_json

    members: dict[str, object] = {
        "schema": SCHEMA,
        "files": [
            {
                "file": name,
                "kind": linted.kind and linted.kind.value,
                "findings": [
                    {
                        "code": remark.finding.code,
                        "severity": remark.finding.severity.value,
                        "message": remark.finding.message,
                        "where": remark.where,
                        "line": remark.line,
                        "remedy": CHECKS[remark.finding.code].remedy,
                    }
                    for remark in linted.remarks
                ],
            }
            for name, linted in judged
        ],
    }
    typer.echo(to_json(members).decode())


def _summarise(judged: "Sequence[tuple[str, Linted]]") -> None:
    """Say what each file was taken for, and what to do about each code."""
    from tng.findings import CHECKS
    from tng.report.text import printable

    console = talk()
    for name, linted in judged:
        kind = linted.kind.value if linted.kind else "not read"
        count = len(linted.remarks)
        said = f"{count} finding{'s' if count != 1 else ''}" if count else "nothing to remark"
        console.print(f"{printable(name)}: {kind}, {said}")
    codes = {remark.finding.code for _, linted in judged for remark in linted.remarks}
    for code in [code for code in CHECKS if code in codes]:
        console.print(f"  {code}: {CHECKS[code].remedy}")
