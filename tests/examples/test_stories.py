"""The stories of examples/stories/ are told for real, and leave nothing running."""

import importlib.util
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

FOLDER = Path(__file__).parents[2] / "examples" / "stories"
CHECKS = {
    "factory_line.py": 6,
    "two_accounts.py": 8,
    "token_key.py": 6,
    "serial_log.py": 4,
    "reel_to_hub.py": 6,
}
"""Story → how many results it checks."""
NEEDED = {"token_key.py": ("softhsm2-util", "pkcs11-tool")}


@pytest.mark.slow
@pytest.mark.timeout(360)
@pytest.mark.parametrize("name", CHECKS)
def test_story_ends_well(name, tmp_path):
    for program in NEEDED.get(name, ()):
        if shutil.which(program) is None:
            pytest.skip(f"{program} is not installed")
    folder = tmp_path / "story"
    done = subprocess.run(
        [sys.executable, FOLDER / name, folder], stdin=subprocess.DEVNULL, capture_output=True,
        text=True, timeout=300, check=False,
    )  # fmt: skip
    output = done.stdout + done.stderr
    assert done.returncode == 0, output
    assert done.stdout.count("✓ ") == CHECKS[name]
    assert "$ tng " in done.stdout
    assert "Traceback" not in output
    assert (folder / "tng.toml").exists()


@pytest.mark.slow
def test_a_story_without_its_programs_says_what_to_install(tmp_path):
    done = subprocess.run(
        [sys.executable, FOLDER / "token_key.py"], env={**os.environ, "PATH": str(tmp_path)},
        stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=100, check=False,
    )  # fmt: skip
    assert done.returncode == 77, done.stdout + done.stderr
    assert "not installed: softhsm2-util, pkcs11-tool" in done.stdout
    assert "apt-get install softhsm2 opensc" in done.stdout


@pytest.fixture(scope="module")
def run():
    """examples/stories/run.py as a module."""
    spec = importlib.util.spec_from_file_location("stories_run", FOLDER / "run.py")
    run = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(run)
    return run


def test_run_tells_every_story(run):
    others = {"board.py", "run.py", "story.py"}
    assert set(run.STORIES) == {path.name for path in FOLDER.glob("*.py")} - others
    assert set(run.STORIES) == set(CHECKS)


def test_a_story_that_fails_is_shown_and_counted(run, capsys):
    assert not run.tell("no_such_story.py", "a story that is not there")
    printed = capsys.readouterr().out
    assert printed.startswith("✗ a story that is not there (no_such_story.py, ")
    assert "can't open file" in printed


def test_what_cannot_be_installed_is_named(run, capsys, monkeypatch, tmp_path):
    monkeypatch.setenv("PATH", str(tmp_path))
    assert not run.install()
    assert "apt-get install -y --no-install-recommends softhsm2 opensc" in capsys.readouterr().out
