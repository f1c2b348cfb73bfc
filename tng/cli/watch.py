"""``tng watch``: what has become of the devices that were registered."""

import os
import sys
from pathlib import Path
from typing import Annotated

import typer

from tng.cli import options
from tng.cli import target_options as target
from tng.cli.target_flags import IDENTITY, Flags, takes_flags

DeviceOption = Annotated[
    list[str],
    typer.Option("--device", metavar="ID", help="Only this device (id, certificate or name)."),
]
OnceOption = Annotated[bool, typer.Option("--once", help="Look at each device one time.")]
TimeoutOption = Annotated[
    float | None,
    typer.Option("--timeout", min=0.1, metavar="SECONDS", help="End after so long, come what may."),
]
IntervalOption = Annotated[
    float,
    typer.Option(
        "--interval", min=0.1, max=86_400, metavar="SECONDS",
        help="Time from one round of looks to the next, at least.",
    ),
]  # fmt: skip


@takes_flags(*IDENTITY)
def watch(
    *,
    targets: target.TargetOption = [],
    flags: Flags,
    device: DeviceOption = [],
    once: OnceOption = False,
    timeout: TimeoutOption = None,
    interval: IntervalOption = 5.0,
    ledger: target.LedgerOption = None,
    format_: target.ResultFormatOption = target.ResultFormat.COLUMNS,
    output: options.OutputOption = None,
    config: options.ConfigOption = None,
    threads: target.ThreadsOption = None,
) -> None:
    """Watch registered devices until each has been assigned its place (Azure DPS).

    Without --target: everything that the ledger knows and tng.toml names. Ends when all are
    assigned; with exit code 4 if some are not, after --once or --timeout.

    Examples:

      tng watch --target dps-eu

      tng watch --cloud azure --dps-host my-dps.azure-devices-provisioning.net --timeout 600

      tng watch --once --format csv
    """
    from tng.apply.engine import DEFAULT_THREADS
    from tng.apply.stopping import StopSignal
    from tng.cli.command_line import typed_command
    from tng.cli.interrupts import graceful
    from tng.cli.ledgers import opened_ledger
    from tng.cli.watching import chosen_targets, follow, watchable
    from tng.clouds.registry import CloudOpener
    from tng.config import load_settings
    from tng.registration import open_targets
    from tng.watch import Watch, WatchOptions

    settings = load_settings(config, os.environ, Path())
    count = threads or settings.run.threads or DEFAULT_THREADS
    arguments = sys.argv[1:]
    again = typed_command([word for word in arguments if word != "--once"])
    stop = StopSignal()
    with opened_ledger(ledger, settings, must_exist=True) as opened, graceful(stop):
        chosen = chosen_targets(settings, targets, flags, opened)
        called = open_targets(chosen, CloudOpener(threads=count).open, stop)
        named = bool(targets) or "cloud" in flags
        begun = Watch(
            watchable(called, named=named),
            opened,
            WatchOptions(interval, count, once, timeout, tuple(device)),
            stop=stop,
        )
        raise SystemExit(
            follow(begun, format_, output, typed=typed_command(arguments), again=again)
        )
