"""Printing what `tng deregister --dry-run` would remove."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from tng.cli.output import open_judged_output
from tng.cli.target_options import ResultFormat
from tng.exit_codes import ExitCode

if TYPE_CHECKING:
    from tng.plan.models import FailedTarget
    from tng.registration import Removal


def print_removals(
    removals: "Sequence[Removal]",
    failed: "Sequence[FailedTarget]",
    format_: ResultFormat,
    output: str | None,
) -> ExitCode:
    """Write the devices and calls; gives the exit code of the dry run."""
    from tng.report.removals import write_removals

    with open_judged_output(output) as stream:
        write_removals(format_.value, removals, failed, stream)
    if not failed:
        return ExitCode.DONE
    return ExitCode.PARTIAL if removals else ExitCode.REFUSED
