"""examples/kubernetes/Dockerfile, as far as it can be judged without building an image."""

import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

from tests.examples.test_kubernetes import POD
from tests.judging import ROOT

DOCKERFILE = ROOT / "examples" / "kubernetes" / "Dockerfile"
IGNORED = DOCKERFILE.with_name("Dockerfile.dockerignore")
LINES = DOCKERFILE.read_text().replace("\\\n", " ").splitlines()


def instructions(name: str) -> list[str]:
    return [line.removeprefix(name).strip() for line in LINES if line.startswith(f"{name} ")]


def copied() -> set[str]:
    """What is copied out of the project's folder."""
    words = [line.split() for line in instructions("COPY") if not line.startswith("--from")]
    return {source for *sources, _ in words for source in sources}


def test_hadolint_has_nothing_to_say():
    beside = Path(sys.executable).with_name("hadolint")
    program = str(beside) if beside.exists() else shutil.which("hadolint")
    assert program, "hadolint is not installed"
    done = subprocess.run([program, DOCKERFILE], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (0, "")


def test_what_is_copied_is_there_and_reaches_the_builder():
    assert copied()
    assert [name for name in copied() if not (ROOT / name).exists()] == []
    let_through = {line[1:] for line in IGNORED.read_text().splitlines() if line.startswith("!")}
    assert let_through == copied()


def test_package_can_be_built_from_what_is_copied():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    needed = {project["project"]["readme"], *project["project"]["license-files"]}
    needed |= set(project["tool"]["hatch"]["build"]["targets"]["wheel"]["packages"])
    needed.add(project["tool"]["hatch"]["version"]["path"].partition("/")[0])
    assert needed | {"pyproject.toml"} <= copied()


def test_extras_are_those_of_the_project():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    (extras,) = re.findall(r"\.\[([\w,]+)\]", " ".join(instructions("RUN")))
    assert set(extras.split(",")) <= set(project["optional-dependencies"])


def test_constraints_are_versions_alone():
    # The command that strips the lock, run as it stands.
    (command,) = re.findall(r"sed .*? > ", " ".join(instructions("RUN")))
    done = subprocess.run(
        ["sh", "-c", command.removesuffix(" > ")], cwd=ROOT, capture_output=True, text=True,
        check=True,
    )  # fmt: skip
    lines = [line for line in done.stdout.splitlines() if not line.startswith("#")]
    assert len(lines) > 50
    pin = re.compile(r"[\w.-]+(\[[\w,-]+\])?==[^\s\\]+( ; [^\\]+)?")
    assert [line for line in lines if not pin.fullmatch(line)] == []


def test_user_is_the_one_that_the_pod_demands():
    context = POD["securityContext"]
    assert instructions("USER") == [f"{context['runAsUser']}:{context['runAsGroup']}"]
