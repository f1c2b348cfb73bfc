"""The application: its commands, its global options and the one error boundary."""

import sys
from typing import Annotated

import typer
from typer.core import TyperGroup

from tng import __version__
from tng.cli.audit import audit
from tng.cli.check_device import check_device
from tng.cli.checks import checks
from tng.cli.connect import connect
from tng.cli.console import ColorChoice, Verbosity, complain
from tng.cli.csr import csr
from tng.cli.decode import decode
from tng.cli.deregister import deregister
from tng.cli.diff import diff
from tng.cli.examples import examples
from tng.cli.fleet_provision import fleet_provision
from tng.cli.lint_policy import lint_policy
from tng.cli.plan import plan
from tng.cli.register import register
from tng.cli.sandbox import sandbox
from tng.cli.station import station
from tng.cli.status import status
from tng.cli.trust import trust
from tng.cli.verify import verify
from tng.cli.watch import watch
from tng.errors import TngError, without_shared_keys
from tng.exit_codes import ExitCode
from tng.report.text import printable

_EXAMPLES = """
Decode, verify and register secure elements that ship with certificates.

Examples:

  tng verify manifest.json                      which chips are genuine

  tng decode manifest.json -o certificates/     one PEM per chip (does not verify)

  tng register manifest.json --dry-run --cloud aws --region eu-central-1 --policy fleet

  tng register manifest.json --target production-eu --target production-us --target dps

  tng audit manifest.json --expect orders.xlsx --output audit.html

  tng watch --target dps                        which devices have come, which have not

  tng status                                    what is done, what is left
"""


_GLOBAL_FLAGS = frozenset({"-q", "--quiet", "-v", "-vv", "--verbose", "--traceback"})


class _ErrorBoundary(TyperGroup):
    """Turns errors that end a run into ``error:``, ``hint:`` and an exit code.

    It sits in the group and not around it, so that typer's test runner passes it too.
    """

    def parse_args(self, ctx: typer.Context, args: list[str]) -> list[str]:  # type: ignore[override]  # as below
        return super().parse_args(ctx, global_options_first(args))

    def invoke(self, ctx: typer.Context) -> object:  # type: ignore[override]  # typer vendors click's types
        try:
            return super().invoke(ctx)
        except TngError as error:
            _show_traceback(error)
            _print_error(error.message, error.hint)
            raise SystemExit(error.exit_code) from error
        except KeyboardInterrupt as interrupt:
            _print_error("interrupted", "run the same command again")
            raise SystemExit(ExitCode.INTERRUPTED) from interrupt
        except BrokenPipeError as closed:
            # The reader (head, less) went away: not an error of ours. stdout is
            # replaced so that the interpreter does not complain at exit.
            sys.stdout = None
            raise SystemExit(ExitCode.DONE) from closed
        except Exception as error:
            if _is_of_typer(error):
                raise
            _show_traceback(error)
            raise SystemExit(_tell_failure(error)) from error


def _is_of_typer(error: Exception) -> bool:
    """Whether typer itself ends the command with it, and tells it.

    It has its own copy of click, whose classes it gives no public name; all have this method.
    """
    return isinstance(error, typer.Exit | typer.Abort) or hasattr(error, "format_message")


def _show_traceback(error: Exception) -> None:
    """Where it came from, if that was asked for."""
    if Verbosity.traceback:
        import traceback

        traceback.print_exception(error)


def _tell_failure(error: Exception) -> ExitCode:
    """Tell of what nobody expected; the exit code."""
    if _is_of_sqlite(error):
        _print_error(
            f"temporary files cannot be written: {error}",
            "Make room for them, or name a larger folder with TMPDIR, and run it again.",
        )
        return ExitCode.UNUSABLE
    from tng.cli.defects import describe_defect, how_to_report

    _print_error(without_shared_keys(describe_defect(error)), how_to_report())
    return ExitCode.DEFECT


def _is_of_sqlite(error: Exception) -> bool:
    """Whether SQLite lacks the room for what waits on disk; the ledger's errors are its own.

    It is not loaded for that: most commands never need it.
    """
    sqlite = sys.modules.get("sqlite3")
    return sqlite is not None and isinstance(error, sqlite.OperationalError)


def global_options_first(arguments: list[str]) -> list[str]:
    """The arguments with the global options in front, wherever they stood before ``--``.

    People write ``tng verify -q reel.json`` as often as ``tng -q verify reel.json``.
    """
    end = arguments.index("--") if "--" in arguments else len(arguments)
    found: list[str] = []
    others: list[str] = []
    position = 0
    while position < end:
        argument = arguments[position]
        position += 1
        if argument in _GLOBAL_FLAGS or argument.startswith("--color="):
            found.append(argument)
        elif argument == "--color":
            found += arguments[position - 1 : position + 1]
            position += 1
        else:
            others.append(argument)
    return found + others + arguments[end:]


def _print_error(message: str, hint: str) -> None:
    # Messages name files and what stands in them, which may come from strangers.
    console = complain()
    console.print(f"error: {_lines(message)}", style="bold red")
    if hint:
        console.print(f"hint: {_lines(hint)}")


def _lines(text: str) -> str:
    return "\n".join(map(printable, text.split("\n")))


def _version(value: bool) -> None:  # noqa: FBT001 - the form of a typer callback
    if value:
        typer.echo(f"tng {__version__}")
        raise typer.Exit


app = typer.Typer(
    cls=_ErrorBoundary,
    help=_EXAMPLES,
    no_args_is_help=True,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


@app.callback()
def _global_options(
    *,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="Say nothing but errors.")] = False,
    verbose: Annotated[
        int, typer.Option("--verbose", "-v", count=True, help="Say more; twice for debugging.")
    ] = 0,
    color: Annotated[
        ColorChoice, typer.Option(help="Colours; NO_COLOR is honoured too.")
    ] = ColorChoice.AUTO,
    traceback: Annotated[
        bool, typer.Option("--traceback", help="Show where an error came from.")
    ] = False,
    _version: Annotated[
        bool,
        typer.Option("--version", callback=_version, is_eager=True, help="Show the version."),
    ] = False,
) -> None:
    Verbosity.level = -1 if quiet else verbose
    Verbosity.color = color
    Verbosity.traceback = traceback


app.command("decode")(decode)
app.command("verify")(verify)
app.command("diff")(diff)
app.command("checks")(checks)
app.add_typer(trust, name="trust")
app.command("plan")(plan)
app.command("register")(register)
app.command("audit")(audit)
app.command("status")(status)
app.command("watch")(watch)
app.command("check-device")(check_device)
app.command("connect")(connect)
app.command("fleet-provision")(fleet_provision)
app.command("station")(station)
app.command("deregister")(deregister)
app.command("examples")(examples)
app.command("lint-policy")(lint_policy)
app.command("csr")(csr)
app.command("sandbox")(sandbox)


def main() -> None:
    """Entry point of the console script ``tng``."""
    app(prog_name="tng")
