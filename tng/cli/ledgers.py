"""Which ledger a command uses, and opening it."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING

from tng.cli.console import talk
from tng.ledger_location import LedgerLocation, ledger_location

if TYPE_CHECKING:
    from tng.cli.registering import Ordered
    from tng.config import Settings
    from tng.ledger.relational import RelationalLedger

_DEFAULT = Path("tng-ledger.db")
"""In the working directory, so that the same command typed there goes on."""


def chosen_ledger(option: str | None, settings: "Settings") -> LedgerLocation:
    """The ledger that the option names, or the settings, or the one in the working directory."""
    if option is not None:
        return ledger_location(option, "--ledger")
    return settings.run.ledger or _DEFAULT


@contextmanager
def existing_ledger(option: str | None, ordered: "Ordered") -> "Iterator[RelationalLedger | None]":
    """The ledger for a plan alone: what requests got before stands in it, if there is one."""
    from tng.ledger import NoLedgerError

    with ExitStack() as stack:
        found: RelationalLedger | None = None
        if ordered.request.csr and not ordered.request.offline:
            with suppress(NoLedgerError):
                opened = opened_ledger(option, ordered.settings, must_exist=True)
                found = stack.enter_context(opened)
        yield found


def opened_ledger(
    option: str | None, settings: "Settings", *, must_exist: bool = False
) -> "RelationalLedger":
    """Open it; what a person should know of the way there is said on stderr."""
    from tng.ledger.opening import open_ledger

    def warn(text: str) -> None:
        talk().print(f"warning: {text}", style="yellow")

    return open_ledger(chosen_ledger(option, settings), must_exist=must_exist, warn=warn)
