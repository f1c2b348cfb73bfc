"""Printing how a run ended, or what the ledger knows, with the command to run next."""

from collections.abc import Iterator, Sequence
from functools import partial
from typing import TYPE_CHECKING

from tng.cli.console import talk
from tng.cli.output import open_judged_output, open_output
from tng.cli.target_options import ResultFormat
from tng.exit_codes import ExitCode
from tng.report.text import printable

if TYPE_CHECKING:
    from tng.apply.engine import TargetResult
    from tng.apply.session import RunResult
    from tng.ledger import DeviceRow, DeviceState, Ledger
    from tng.plan.models import Plan, TargetDescription, TargetPlan
    from tng.report.registration import TargetView


def print_run(
    command: str,
    result: "RunResult",
    ledger: "Ledger",
    format_: ResultFormat,
    output: str | None,
    *,
    typed: str,
    plan: "Plan | None" = None,
) -> ExitCode:
    """Write the devices that a run was about; ``typed`` is the command that goes on.

    ``plan`` is what a registration applied: its facts and what it let through are shown.
    """
    from tng.report.registration import ResultView, write_result

    plans = {} if plan is None else {target.target.key: target for target in plan.targets}
    views = tuple(
        _run_view(item, ledger, result.run, plans.get(item.target.key)) for item in result.targets
    )
    view = ResultView(command, result.exit_code.name.lower(), views, result.failed)
    with open_judged_output(output) as stream:
        write_result(format_.value, view, stream)
    if result.exit_code is ExitCode.PARTIAL and result.only_attention:
        talk().print("what differs was left alone; running this again alone does not change it")
    elif result.exit_code in (ExitCode.PARTIAL, ExitCode.REFUSED, ExitCode.INTERRUPTED):
        talk().print(f"to go on where this stopped: {printable(typed)}")
    return result.exit_code


def print_status(
    ledger: "Ledger",
    targets: "Sequence[TargetDescription]",
    format_: ResultFormat,
    output: str | None,
) -> None:
    """Write what the ledger knows of these targets.

    A target that could not be used has no devices in the ledger: that the latest command
    did not end well is said on its own where no target tells it.
    """
    from tng.ledger import DeviceState
    from tng.report.registration import ResultView, write_result

    views = tuple(_status_view(target, ledger) for target in targets)
    is_open = any(view.next or view.counts.get(DeviceState.ATTENTION) for view in views)
    result = "partial" if is_open else "done"
    with open_output(output) as stream:
        write_result(format_.value, ResultView("status", result, views, ()), stream)
    last = ledger.last_run()
    if result == "done" and last is not None and last.result != ExitCode.DONE.name.lower():
        ended = f"ended {last.result}" if last.result else "has not ended"
        talk().print(f"the latest command {ended}; to go on: {printable(last.command)}")


def _run_view(
    item: "TargetResult", ledger: "Ledger", run: int, plan: "TargetPlan | None"
) -> "TargetView":
    from tng.plan.models import UnverifiedAllowedDevice
    from tng.report.registration import TargetView

    return TargetView(
        target=item.target,
        counts=_count(ledger, item.target.key, run),
        already=item.already,
        stopped=item.stopped,
        next=(),
        devices=partial(_devices, ledger, item.target.key, run),
        facts=() if plan is None else plan.facts,
        unverified=None
        if plan is None
        else frozenset(
            device.key
            for device in plan.devices
            if isinstance(device.device, UnverifiedAllowedDevice)
        ),
    )


def _status_view(target: "TargetDescription", ledger: "Ledger") -> "TargetView":
    from tng.ledger import DeviceState
    from tng.report.registration import TargetView

    counts = ledger.counts(target.key)
    # What needs attention alone is not helped by running the same command again.
    helped = (DeviceState.PENDING, DeviceState.FAILED, DeviceState.REMOVING)
    goes_on = any(counts.get(state) for state in helped)
    return TargetView(
        target=target,
        counts=counts,
        already=None,
        stopped="",
        next=tuple(dict.fromkeys(work.command for work in ledger.open_work(target.key)))
        if goes_on
        else (),
        devices=partial(_devices, ledger, target.key, None),
    )


def _count(ledger: "Ledger", target: str, run: int) -> "dict[DeviceState, int]":
    counts: dict[DeviceState, int] = {}
    for row in ledger.devices(target, run=run):
        counts[row.state] = counts.get(row.state, 0) + 1
    return counts


def _devices(
    ledger: "Ledger", target: str, run: int | None, states: "Sequence[DeviceState]"
) -> "Iterator[DeviceRow]":
    return ledger.devices(target, run=run, states=states)
