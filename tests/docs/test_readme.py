"""What the README shows is run: every ``$`` line of its console blocks, in one shell."""

import os
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

from tng.exit_codes import ExitCode
from tng.sandbox.local import LocalClouds

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text("utf-8")
BLOCK = re.compile(r"^```console\n(.*?)^```$", re.MULTILINE | re.DOTALL)
ASK = "echo $?"


@dataclass
class Shown:
    """A command of the README and the exit code that the README promises."""

    command: str
    code: int = 0


def shown_commands(text):
    """The commands; ``$ echo $?`` and the line after it tell the code of the one before."""
    commands = []
    for block in BLOCK.findall(text):
        lines = iter(block.splitlines())
        for line in lines:
            assert line.startswith("$ "), f"not a command: {line}"
            if line == f"$ {ASK}":
                commands[-1].code = int(next(lines))
            else:
                commands.append(Shown(line.removeprefix("$ ")))
    return commands


@pytest.fixture
def folder(tmp_path):
    """A copy of what the README's commands work on, with a running sandbox."""
    shutil.copytree(ROOT / "manifests", tmp_path / "manifests")
    with LocalClouds(rate=100, directory=tmp_path / "tng-sandbox"):
        yield tmp_path


def test_readme_shows_each_command():
    text = " ".join(shown.command for shown in shown_commands(README))
    for command in ("decode", "verify", "trust", "checks", "plan", "register", "status"):
        assert f"tng {command} " in f"{text} "
    assert "tng sandbox" in README


def test_commands_of_the_readme_end_as_it_says(folder):
    commands = shown_commands(README)
    script = "".join(f"{shown.command}\necho exit code $? >&2\n" for shown in commands)
    environment = {
        name: value for name, value in os.environ.items() if not name.startswith(("TNG_", "AWS_"))
    }
    environment["PATH"] = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    result = subprocess.run(
        ["bash", "-c", script], cwd=folder, env=environment, stdin=subprocess.DEVNULL,
        capture_output=True, text=True, timeout=100, check=False,
    )  # fmt: skip
    codes = [int(code) for code in re.findall(r"^exit code (\d+)$", result.stderr, re.MULTILINE)]
    found = [Shown(shown.command, code) for shown, code in zip(commands, codes, strict=True)]
    assert found == commands, result.stderr
    assert (folder / "report.json").exists()
    assert len(list((folder / "certificates").iterdir())) == 10


def test_table_of_exit_codes_is_complete():
    table = README.partition("## Exit codes")[2].partition("\n## ")[0]
    assert {int(code) for code in re.findall(r"^\| (\d+) \|", table, re.MULTILINE)} == set(ExitCode)
