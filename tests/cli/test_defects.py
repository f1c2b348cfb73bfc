"""What is said, and how a command ends, where tng itself fails or is interrupted early."""

import subprocess
import sys

import pytest
import typer
from typer.testing import CliRunner

from tests.cli.processes import environment
from tng import __version__
from tng.cli.app import app as whole
from tng.cli.console import Verbosity
from tng.errors import InputError
from tng.report.json_text import to_json

app = typer.Typer(cls=whole.info.cls, rich_markup_mode=None)


@app.callback()
def _options(*, traceback: bool = False) -> None:
    Verbosity.traceback = traceback


@app.command("fail")
def _fail() -> None:
    to_json({"SharedAccessKey=hidden": object()})


@app.command("refuse")
def _refuse() -> None:
    raise InputError("no such file", "Name another.")


@pytest.fixture(autouse=True)
def _traceback_is_not_kept():
    yield
    Verbosity.traceback = False


def test_a_defect_is_told_in_a_line_with_what_a_report_needs():
    result = CliRunner().invoke(app, ["fail"])
    assert result.exit_code == 70
    error, hint = result.stderr.splitlines()
    assert error.startswith("error: tng itself failed: TypeError: ")
    assert "(tng/report/json_text.py, line " in error
    assert hint.startswith("hint: This is a defect of tng. Please report it")
    assert __version__ in hint
    assert result.stdout == ""


def test_the_traceback_comes_where_it_is_asked_for_and_changes_no_exit_code():
    result = CliRunner().invoke(app, ["--traceback", "fail"])
    assert result.exit_code == 70
    assert "Traceback (most recent call last)" in result.stderr
    assert "error: tng itself failed" in result.stderr
    result = CliRunner().invoke(app, ["--traceback", "refuse"])
    assert result.exit_code == 3
    assert "Traceback (most recent call last)" in result.stderr
    assert result.stderr.endswith("error: no such file\nhint: Name another.\n")


def test_an_interrupt_while_the_program_loads_is_no_traceback():
    # Another process sends the signal while the application is imported.
    program = (
        "import builtins, os, signal, sys\n"
        "class Interrupting:\n"
        "    def find_spec(self, name, path=None, target=None):\n"
        "        if name == 'tng.cli.app':\n"
        "            os.kill(os.getpid(), signal.SIGINT)\n"
        "sys.meta_path.insert(0, Interrupting())\n"
        "from tng.cli import main\n"
        "main()\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program, "checks"], env=environment(), capture_output=True,
        check=False, timeout=60,
    )  # fmt: skip
    assert done.returncode == 130
    assert done.stderr == b"error: interrupted\nhint: run the same command again\n"
    assert done.stdout == b""
