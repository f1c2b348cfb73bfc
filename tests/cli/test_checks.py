"""The list of checks, the code that makes findings, and the document, held together."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.commands import run_tng
from tests.judging import ROOT
from tng.findings import CHECKS
from tng.findings.model import Effect, Severity
from tng.findings.pages import check_page, checks_document

_PACKAGE = ROOT / "tng"
_TABLES = {_PACKAGE / "findings" / f"{name}.py" for name in ("reading", "verifying", "planning")}


def _trees() -> Iterator[tuple[Path, ast.Module]]:
    for path in sorted(_PACKAGE.rglob("*.py")):
        # The test vendor names codes that it expects, and makes no finding.
        if path not in _TABLES and "testing" not in path.parts:
            yield path, ast.parse(path.read_text("utf-8"))


def _texts(tree: ast.AST) -> set[str]:
    return {
        node.value
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    }


def _made_codes(tree: ast.AST) -> Iterator[str]:
    """Codes written out as the first argument of ``finding`` or ``Damage``."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.args:
            first = node.args[0]
            if node.func.id in {"finding", "Damage"} and isinstance(first, ast.Constant):
                yield first.value


def test_every_code_that_is_used_is_in_the_table():
    for path, tree in _trees():
        assert set(_made_codes(tree)) <= set(CHECKS), path


def test_every_row_of_the_table_is_made_somewhere():
    used = set().union(*(_texts(tree) for _, tree in _trees()))
    assert set(CHECKS) - used == set()


def test_the_document_is_what_the_table_says():
    assert (ROOT / "docs" / "checks.md").read_text("utf-8") == checks_document(CHECKS.values()), (
        "bring it up to date with: python -m tng.findings.pages > docs/checks.md"
    )


def test_the_list_has_every_check():
    lines = run_tng("checks", expect=0).stdout.splitlines()
    assert [line.split()[:2] for line in lines] == [
        [check.code, check.severity.value] for check in CHECKS.values()
    ]


@pytest.mark.parametrize("code", CHECKS)
def test_every_check_has_its_page(code: str):
    assert run_tng("checks", code, expect=0).stdout.strip() == check_page(CHECKS[code]).strip()


@pytest.mark.parametrize("code", CHECKS)
def test_a_row_makes_sense(code: str):
    check = CHECKS[code]
    assert check.code == code
    assert code == code.lower().replace("_", "-")
    assert check.title
    assert not check.title.endswith(".")
    for text in (check.meaning, check.remedy):
        assert text.endswith((".", ")"))
    assert check.source
    if check.effect in {Effect.UNVERIFIED, Effect.REJECTED}:
        assert check.severity is Severity.ERROR


def test_an_unknown_code_is_a_usage_error():
    assert "hint: `tng checks` lists them" in run_tng("checks", "nonsense", expect=2).stderr
