"""What `tng watch` does with a watch: which targets, what is said, what is written."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from tng.cli.console import talk
from tng.cli.output import open_output
from tng.cli.target_options import ResultFormat
from tng.cli.watch_progress import shown_watch
from tng.errors import UsageError
from tng.exit_codes import ExitCode
from tng.report.text import printable

if TYPE_CHECKING:
    from tng.apply.session import OpenTarget
    from tng.clouds.interface import WatchableCloud
    from tng.clouds.registry import TargetSettings
    from tng.config import Settings
    from tng.ledger import Ledger
    from tng.watch import Watch, WatchEnd


def chosen_targets(
    settings: "Settings", names: Sequence[str], flags: Mapping[str, object], ledger: "Ledger"
) -> "tuple[TargetSettings, ...]":
    """The targets named, the one that the flags describe, or all that the ledger knows."""
    from tng.clouds.registry import identity_only, select_targets

    if not names and "cloud" not in flags:
        known = {target.name for target in ledger.targets()}
        names = [table.name for table in settings.targets if table.name in known]
    return tuple(identity_only(item) for item in select_targets(settings, names, flags))


def watchable(
    targets: "Sequence[OpenTarget]", *, named: bool
) -> "tuple[tuple[OpenTarget, WatchableCloud], ...]":
    """The targets that can be watched.

    Raises `UsageError` if that is none, or if one that was ``named`` is not among them.
    """
    from tng.clouds.interface import WatchableCloud

    found = [(item, item.cloud) for item in targets if isinstance(item.cloud, WatchableCloud)]
    others = [item for item in targets if not isinstance(item.cloud, WatchableCloud)]
    if others and (named or not found):
        names = ", ".join(printable(item.name) for item in others)
        clouds = " and ".join(dict.fromkeys(item.cloud.description.cloud for item in others))
        raise UsageError(
            f"{names} cannot be watched: {clouds} does not tell what a registered device has done",
            "AWS IoT publishes the first connection of a device to "
            "$aws/events/presence/connected/+; `tng status` shows what is registered.",
        )
    for item in others:
        talk().print(
            f"not watched: {printable(item.name)} ({item.cloud.description.cloud} does not tell "
            "what a registered device has done)"
        )
    return tuple(found)


def follow(
    watch: "Watch", format_: ResultFormat, output: str | None, *, typed: str, again: str
) -> ExitCode:
    """Watch to the end and write what was seen; gives the exit code.

    ``typed`` is the command, ``again`` the one that goes on watching.
    """
    from tng.report.watching import WatchReport, change_text

    console = talk()
    with open_output(output) as stream:
        report = WatchReport(format_.value, typed, stream)
        report.begin()
        with shown_watch(console) as progress:
            for changes in watch.batches():
                for change in changes:
                    report.change(change)
                    console.print(change_text(change))
                progress.show(watch.tallies())
            progress.show(watch.tallies(), last=True)
        end = watch.end()
        report.end(watch, end)
    _say_how_to_go_on(end, again)
    return end.exit_code


def _say_how_to_go_on(end: "WatchEnd", again: str) -> None:
    from tng.clouds.interface import Standing

    if end.timed_out:
        talk().print("the time is over")
    gone = sum(tally.counts.get(Standing.GONE, 0) for tally in end.tallies)
    if gone:
        talk().print(f"{gone:,} are not registered there any more: register them again")
    if end.failed or any(tally.open for tally in end.tallies):
        talk().print(f"to go on watching: {printable(again)}")
