"""``tng status``: what is done, failed and left on each target, and what to run next."""

from typing import TYPE_CHECKING

from tng.cli import options
from tng.cli import target_options as target
from tng.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tng.plan.models import TargetDescription


def status(
    *,
    ledger: target.LedgerOption = None,
    targets: target.TargetOption = [],
    format_: target.ResultFormatOption = target.ResultFormat.COLUMNS,
    output: options.OutputOption = None,
    config: options.ConfigOption = None,
) -> None:
    """Show what the ledger knows: per target done, failed, left, and the next command.

    Examples:

      tng status

      tng status --format json
    """
    import os
    from pathlib import Path

    from tng.cli.ledgers import opened_ledger
    from tng.cli.results import print_status
    from tng.config import load_settings

    settings = load_settings(config, os.environ, Path())
    with opened_ledger(ledger, settings, must_exist=True) as opened:
        print_status(opened, _named(opened.targets(), targets), format_, output)


def _named(
    known: "Sequence[TargetDescription]", names: "Sequence[str]"
) -> "tuple[TargetDescription, ...]":
    """The targets of those names, or all; a target is also found by its key."""
    for name in names:
        if not any(name in (item.name, item.key) for item in known):
            raise UsageError(
                f"the ledger knows no target {name!r}",
                f"It knows {', '.join(item.name for item in known) or 'none'}.",
            )
    return tuple(x for x in known if not names or x.name in names or x.key in names)
