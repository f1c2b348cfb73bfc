"""Running the command line inside this process, as typer's own runner does."""

from typer.testing import CliRunner, Result

from tng.cli.app import app
from tng.exit_codes import ExitCode


def run_tng(*arguments: str, stdin: bytes = b"", expect: int | None = None) -> Result:
    """Run ``tng``; nothing but `SystemExit` may leave it. ``expect`` is the exit code."""
    result = CliRunner().invoke(app, list(arguments), input=stdin)
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    if result.exit_code == ExitCode.DEFECT:
        # With what is behind it: a test that expects a defect does not run the program so.
        assert result.exception is not None
        raise result.exception
    if expect is not None:
        assert result.exit_code == expect, result.output
    return result
