"""Asking before anything is changed: how many devices, in which accounts and regions."""

import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING

import typer

from tng.cli.console import complain, talk
from tng.errors import UsageError
from tng.exit_codes import ExitCode
from tng.report.text import printable

if TYPE_CHECKING:
    from tng.plan.models import Plan, TargetDescription
    from tng.registration import Removal


def confirm_registration(plan: "Plan", *, asked: bool) -> None:
    """Show what is to be changed and ask, unless there is nothing to be changed.

    With ``asked``, places, endpoints and warnings are said all the same: a pipeline's log
    needs them.
    """
    from tng.plan.models import UnverifiedAllowedDevice
    from tng.report.planned import begin_lines, plan_lines

    wanted = [
        (target.target, sum(bool(device.calls) for device in target.devices))
        for target in plan.targets
    ]
    if not any(count for _, count in wanted):
        return
    if asked:
        for line in begin_lines(plan):
            talk().print(line)
    elif sys.stdin.isatty():
        for line in plan_lines(plan):
            complain().print(line)
    unverified = any(
        isinstance(device.device, UnverifiedAllowedDevice)
        for target in plan.targets
        for device in target.devices
    )
    _ask("register", wanted, "; some of them UNVERIFIED" if unverified else "", asked=asked)


def confirm_removal(removals: "Sequence[Removal]", *, asked: bool) -> None:
    """Ask before what this tool made is removed."""
    wanted = [(removal.description, len(removal.devices)) for removal in removals]
    if any(count for _, count in wanted):
        _ask("DEREGISTER", wanted, "", asked=asked)


def _ask(
    verb: str, wanted: "Sequence[tuple[TargetDescription, int]]", note: str, *, asked: bool
) -> None:
    if asked:
        return
    places = ", ".join(
        f"{count:,} in {target.place} ({printable(target.name)})"
        for target, count in wanted
        if count
    )
    if not sys.stdin.isatty():
        raise UsageError(
            f"nobody can be asked whether to {verb.lower()} {places}",
            "Add --yes to go on without asking, or --dry-run to look only.",
        )
    try:
        agreed = typer.confirm(f"{verb} {places}{note}?", err=True)
    except typer.Abort:
        complain().print("\nnothing was changed")
        raise SystemExit(ExitCode.INTERRUPTED) from None
    if not agreed:
        complain().print("nothing was changed")
        raise SystemExit(ExitCode.UNUSABLE)
