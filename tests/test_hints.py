"""Hints read as one: each begins as a sentence does."""

import ast
from collections.abc import Iterator
from pathlib import Path

import tng

PACKAGE = Path(tng.__file__).parent
OTHERS = ("orders", "clouds")
"""Rooms whose errors take what was expected, or a text of a cloud, after the message."""
WORDS = ("object=", "pkcs11:", "--")
"""What has to be typed as it stands may begin a hint."""


def _hints(path: Path) -> Iterator[str]:
    """The text, as far as it stands there, with which each hint of the file begins."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "_HINT":
            yield from _beginning(node.value)
        elif isinstance(node, ast.Call) and ast.unparse(node.func).endswith("Error"):
            named = [word.value for word in node.keywords if word.arg == "hint"]
            for hint in (*node.args[1:2], *named):
                yield from _beginning(hint)


def _beginning(hint: ast.expr) -> Iterator[str]:
    first = hint.values[0] if isinstance(hint, ast.JoinedStr) else hint
    if isinstance(first, ast.Constant):
        yield str(first.value)


def test_hints_begin_in_upper_case():
    files = [
        path
        for path in sorted(PACKAGE.rglob("*.py"))
        if path.relative_to(PACKAGE).parts[0] not in OTHERS
    ]
    hints = [(path.name, text) for path in files for text in _hints(path)]
    assert len(hints) > 100
    low = [found for found in hints if found[1][:1].islower() and not found[1].startswith(WORDS)]
    assert low == []
