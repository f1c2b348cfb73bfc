"""Every line of the pages' shell blocks is run, or has its reason here why not.

What is run is run as it is shown, but for what `tests.docs.parts` replaces.
"""

import re
import shlex
import tomllib
from collections.abc import Callable
from contextlib import ExitStack

import pytest

from bench.__main__ import main as bench
from tests.docs import parts
from tests.docs.console import shown_commands
from tests.docs.shell import PAGES, ROOT, SHELL, blocks, page, shell_lines
from tests.docs.world import World

EXECUTED: dict[str, tuple[Callable[[World], None], ...]] = {
    "README.md": (parts.clouds, parts.objects, parts.token, parts.ports),
    "docs/csr.md": (parts.token,),
    "docs/devices.md": (parts.clouds, parts.devices, parts.token),
    "docs/distributed.md": (parts.objects, parts.dask),
    "docs/fleet-provisioning.md": (parts.clouds,),
    "docs/registering.md": (parts.clouds, parts.database),
    "docs/station.md": (parts.clouds, parts.ports),
}
"""Pages whose ``sh`` blocks are run here, and what has to be there for it."""

LEFT_BEHIND = {
    "README.md": ("audit.html", "board.csr", "certificates/*.pem", "certificates/*.json"),
    "docs/registering.md": ("certificates/*.pem",),
    "docs/station.md": ("certificates/*.pem", "certificates/*.json"),
}
"""Files that the commands of a page have made."""

CONSOLES = {
    "README.md": "tests/docs/test_readme.py",
    "docs/audit.md": "tests/docs/test_audit_page.py",
    "docs/csr.md": "tests/docs/test_csr_page.py",
    "docs/policies.md": "tests/docs/test_policies_page.py",
    "docs/scale.md": "tests/bench/test_pages.py",
}
"""Pages whose ``console`` blocks are run, and by which test."""

NOT_RUN = {
    "make demo": "by tests/test_demo.py",
    "make stories": "by tests/examples/test_stories.py",
    "make test": "it would run this test",
    "make bench": "a quarter of an hour; its options are parsed below",
    ".venv/bin/python -m bench": "a minute; its options are parsed below",
    "pip install": "it changes this installation; the extras are looked up below",
    "tng sandbox": "by tests/docs/test_readme.py, in the second terminal",
    "tng decode abfss:": "below, by itself: it needs Azurite",
    "dask scheduler": "by tests/distributed/processes.py; its options are parsed below",
    "dask worker": "by tests/distributed/processes.py; its options are parsed below",
}
"""How lines begin that are not run with their page, and why."""


def left_out(line: str) -> bool:
    return line.startswith(tuple(NOT_RUN))


def all_lines(*kinds: str) -> list[tuple[str, str]]:
    return [(name, line) for name in PAGES for line in shell_lines(page(name), *kinds)]


@pytest.mark.slow
@pytest.mark.timeout(400)
@pytest.mark.parametrize("name", EXECUTED)
def test_lines_of_the_page_end_well(name, tmp_path):
    lines = [line for line in shell_lines(page(name)) if not left_out(line)]
    with ExitStack() as stack:
        world = World(tmp_path, stack)
        for part in EXECUTED[name]:
            part(world)
        world.run(lines)
    for pattern in LEFT_BEHIND.get(name, ()):
        assert list(tmp_path.glob(pattern)), pattern


@pytest.mark.slow
def test_objects_of_azure_are_read_as_shown(tmp_path):
    lines = [line for _, line in all_lines() if line.startswith("tng decode abfss:")]
    assert lines
    with ExitStack() as stack:
        world = World(tmp_path, stack)
        parts.blobs(world)
        world.run(lines)
    assert len(list((tmp_path / "certificates").glob("*.pem"))) == 10


@pytest.mark.slow
@pytest.mark.timeout(400)
def test_lines_with_an_indent_end_well(tmp_path):
    """Those that need nothing but files: manifests/README.md, docs/trust.md."""
    with ExitStack() as stack:
        world = World(tmp_path, stack)
        parts.dumps(world)
        for name in ("manifests/README.md", "docs/trust.md"):
            lines = [line for line in shell_lines(page(name), "indented") if line[:4] == "tng "]
            assert lines
            world.run(lines)


def test_pages_with_lines_to_run_are_run():
    assert {name for name, line in all_lines() if not left_out(line)} == set(EXECUTED)
    assert {name for name, _ in all_lines("console")} == set(CONSOLES)
    assert not all_lines(*(SHELL - {"sh", "console"}))
    for name, test in CONSOLES.items():
        assert shown_commands(page(name))
        text = (ROOT / test).read_text("utf-8")
        assert name.rpartition("/")[2] in text
        assert "shown_commands(" in text


def test_every_reason_is_needed():
    lines = [line for _, line in all_lines()]
    assert [start for start in NOT_RUN if not any(line.startswith(start) for line in lines)] == []


def test_no_tng_hides_in_a_block_of_another_kind():
    found = {
        (name, block.kind)
        for name in PAGES
        for block in blocks(page(name))
        if block.kind not in SHELL and re.search(r"^(\$ )?tng ", block.text, re.MULTILINE)
    }
    assert found == {
        ("docs/sandbox.md", "indented"),
        ("docs/trust.md", "indented"),
        ("manifests/README.md", "indented"),
    }


def test_what_is_made_and_installed_exists():
    makefile = (ROOT / "Makefile").read_text("utf-8")
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    for _, line in all_lines():
        if line.startswith("make "):
            assert f"\n{line.split()[1]}:" in makefile
        if line.startswith("pip install "):
            (extras,) = re.findall(r"\[([\w,-]+)\]", line)
            assert set(extras.split(",")) <= set(project["optional-dependencies"]), line


def test_options_of_the_benchmark_exist(capsys):
    lines = [line for name, line in all_lines() if name == "docs/performance.md"]
    for line in (line for line in lines if "BENCH_ARGS" in line or "-m bench" in line):
        given = line.partition("BENCH_ARGS=")[2]
        words = shlex.split(*shlex.split(given)) if given else line.split()[3:]
        with pytest.raises(SystemExit) as ended:
            bench([*words, "--help"])
        assert ended.value.code == 0, line
        assert "usage: python -m bench" in capsys.readouterr().out


@pytest.mark.slow
def test_options_of_dask_exist():
    from distributed.cli.dask_scheduler import main as scheduler
    from distributed.cli.dask_worker import main as worker

    programs = {"scheduler": scheduler, "worker": worker}
    lines = [line for _, line in all_lines() if line.startswith("dask ")]
    assert lines
    for _, program, *words in map(str.split, lines):
        programs[program].make_context(program, words)
