"""``tng deregister``: remove what this tool registered, and nothing else."""

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


@takes_flags(*IDENTITY)
def deregister(
    *,
    targets: target.TargetOption = [],
    flags: Flags,
    device: DeviceOption = [],
    dry_run: target.DryRunOption = False,
    ledger: target.LedgerOption = None,
    yes: target.YesOption = False,
    format_: target.ResultFormatOption = target.ResultFormat.COLUMNS,
    output: options.OutputOption = None,
    config: options.ConfigOption = None,
    threads: target.ThreadsOption = None,
) -> None:
    """Undo what the ledger says this tool did: detach, deactivate, delete.

    Examples:

      tng deregister --target eu --dry-run

      tng deregister --target eu --device 0123f1822c38dd7a01
    """
    from tng.apply.engine import MOST_THREADS
    from tng.apply.stopping import StopSignal
    from tng.cli.command_line import typed_command
    from tng.cli.confirming import confirm_removal
    from tng.cli.console import talk
    from tng.cli.interrupts import graceful
    from tng.cli.ledgers import opened_ledger
    from tng.cli.progress import shown_progress
    from tng.cli.removals import print_removals
    from tng.cli.results import print_run
    from tng.clouds.registry import CloudOpener, identity_only, select_targets
    from tng.config import load_settings
    from tng.registration import deregister as remove
    from tng.registration import open_targets, plan_removal

    settings = load_settings(config, os.environ, Path())
    chosen = [identity_only(item) for item in select_targets(settings, targets, flags)]
    count = threads or settings.run.threads or MOST_THREADS
    command = typed_command(sys.argv[1:])
    stop = StopSignal()
    with opened_ledger(ledger, settings, must_exist=True) as opened:
        with graceful(stop):
            called = open_targets(chosen, CloudOpener(threads=count).open, stop)
            removals, failed = plan_removal(called, opened, device)
        if not failed and not any(removal.devices for removal in removals):
            talk().print("nothing that this tool made, as far as the ledger knows")
        if dry_run:
            raise SystemExit(print_removals(removals, failed, format_, output))
        confirm_removal(removals, asked=yes)
        with graceful(stop), shown_progress(talk()) as progress:
            result = remove(
                removals, opened, command,
                stop=stop, progress=progress, threads=count, failed=failed,
            )  # fmt: skip
        raise SystemExit(print_run("deregister", result, opened, format_, output, typed=command))
