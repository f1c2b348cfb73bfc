"""Writing a plan in the form that was asked for."""

from typing import TYPE_CHECKING

from tng.cli.output import open_judged_output
from tng.cli.target_options import ResultFormat
from tng.exit_codes import ExitCode

if TYPE_CHECKING:
    from tng.cli.options import FailOn
    from tng.cli.registering import Prepared


def print_plan(prepared: "Prepared", format_: ResultFormat, output: str | None) -> None:
    """Write the plan to stdout or a file."""
    import orjson

    from tng.plan.file import plan_text
    from tng.report.planned import plan_lines, plan_rows
    from tng.report.registration import csv_rows

    with open_judged_output(output) as stream:
        match format_:
            case ResultFormat.COLUMNS:
                for line in plan_lines(prepared.plan):
                    stream.write(f"{line}\n".encode("utf-8", "backslashreplace"))
            case ResultFormat.JSON:
                stream.write(plan_text(prepared.document()))
            case ResultFormat.JSONL:
                for row in plan_rows(prepared.plan):
                    stream.write(orjson.dumps({"message_type": "device", **row}) + b"\n")
            case ResultFormat.CSV:
                stream.writelines(csv_rows(plan_rows(prepared.plan)))


def plan_exit_code(prepared: "Prepared", fail_on: "FailOn") -> ExitCode:
    """What a plan that was only made says."""
    plan = prepared.plan
    if plan.failed:
        return ExitCode.PARTIAL if plan.targets else ExitCode.REFUSED
    return findings_exit_code(prepared, fail_on)


def findings_exit_code(prepared: "Prepared", fail_on: "FailOn") -> ExitCode:
    """What the findings of the inputs and of the targets say."""
    threshold = fail_on.severity
    fails = prepared.summary.fails(threshold) or any(
        threshold is not None and item.severity.rank >= threshold.rank
        for target in prepared.plan.targets
        for item in target.findings
    )
    return ExitCode.FINDINGS if fails else ExitCode.DONE
