"""What the README shows is run: every ``$`` line of its console blocks, in one shell.

Its second terminal is one here, too: the sandbox is started as it says. For its other blocks see
`tests.docs.test_shell_blocks`.
"""

import re
import shlex
import shutil
import signal
import subprocess
import sys

import pytest

from tests.cli.processes import environment
from tests.docs.console import ROOT, assert_ends_as_shown, shown_commands
from tests.docs.shell import shell_lines
from tng.exit_codes import ExitCode

README = (ROOT / "README.md").read_text("utf-8")


@pytest.fixture
def folder(tmp_path):
    shutil.copytree(ROOT / "manifests", tmp_path / "manifests")
    (line,) = [line for line in shell_lines(README) if line.startswith("tng sandbox")]
    with subprocess.Popen(
        [sys.executable, "-m", *shlex.split(line)], cwd=tmp_path, env=environment(),
        stdout=subprocess.PIPE, text=True,
    ) as sandbox:  # fmt: skip
        try:
            assert sandbox.stdout is not None
            # The first of the commands for the other terminal is said when all is there.
            assert sandbox.stdout.readline() == f". {tmp_path}/tng-sandbox/env\n"
            yield tmp_path
        finally:
            sandbox.send_signal(signal.SIGINT)
            sandbox.communicate(timeout=60)
    assert sandbox.returncode == 0
    assert not (tmp_path / "tng-sandbox").exists()


@pytest.mark.slow
def test_commands_of_the_readme_end_as_it_says(folder):
    assert_ends_as_shown(shown_commands(README), folder)
    assert (folder / "report.json").exists()
    assert len(list((folder / "certificates").iterdir())) == 10
    assert [path.name for path in (folder / "issued").iterdir()] == ["01230000b0a4d00101.pem"]


def test_table_of_exit_codes_is_complete():
    table = README.partition("## Exit codes")[2].partition("\n## ")[0]
    assert {int(code) for code in re.findall(r"^\| (\d+) \|", table, re.MULTILINE)} == set(ExitCode)


def test_who_meets_exit_code_4_is_told_whom_the_same_command_does_not_help():
    (row,) = re.findall(r"^\| 4 \|.*", README, re.MULTILINE)
    assert "run the same command again" in row
    assert "`attention`" in row
