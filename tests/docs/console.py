"""Runs what a page shows: every ``$`` line of its console blocks, in one shell."""

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tng.sandbox.local import LocalClouds

ROOT = Path(__file__).parents[2]
_BLOCK = re.compile(r"^```console\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_ASK = "echo $?"


@dataclass
class Shown:
    """A command of a page and the exit code that the page promises."""

    command: str
    code: int = 0


def shown_commands(text: str) -> list[Shown]:
    """The commands; ``$ echo $?`` and the line after it tell the code of the one before."""
    commands: list[Shown] = []
    for block in _BLOCK.findall(text):
        lines = iter(block.splitlines())
        for line in lines:
            assert line.startswith("$ "), f"not a command: {line}"
            if line == f"$ {_ASK}":
                commands[-1].code = int(next(lines))
            else:
                commands.append(Shown(line.removeprefix("$ ")))
    return commands


@contextmanager
def stocked_folder(folder: Path) -> Iterator[Path]:
    """A copy of what the pages' commands work on, with a running sandbox."""
    shutil.copytree(ROOT / "manifests", folder / "manifests")
    with LocalClouds(rate=100, directory=folder / "tng-sandbox"):
        yield folder


def assert_ends_as_shown(commands: list[Shown], folder: Path) -> None:
    """Run ``commands`` in ``folder``, one after the other."""
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
