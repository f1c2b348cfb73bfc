"""The rules between the rooms, read from the source and from what is loaded."""

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.judging import ROOT

_PACKAGE = ROOT / "tng"

_FORBIDDEN = {
    "x509": ("tng.trust", "tng.verify", "tng.decode", "tng.plan", "tng.clouds", "tng.cli"),
    "decode": ("tng.trust", "tng.verify", "tng.plan", "tng.apply", "tng.clouds", "tng.cli"),
    "sources": ("tng.trust", "tng.verify", "tng.plan", "tng.clouds", "tng.cli"),
    "storage": (
        "tng.sources", "tng.decode", "tng.trust", "tng.verify", "tng.plan", "tng.clouds", "tng.cli",
        "boto3", "botocore", "azure",
    ),
    "findings": ("tng.x509", "tng.decode", "tng.trust", "tng.verify", "tng.models", "tng.cli"),
    "trust": ("tng.verify", "tng.decode", "tng.plan", "tng.clouds", "tng.cli", "boto3", "azure"),
    "verify": ("tng.decode", "tng.sources", "tng.plan", "tng.clouds", "tng.cli", "boto3", "socket"),
    "plan": ("boto3", "botocore", "azure", "sqlite3", "tng.ledger", "tng.apply", "tng.cli"),
    "apply": ("boto3", "botocore", "azure", "tng.decode", "tng.verify", "tng.cli"),
    "ledger": ("boto3", "botocore", "azure", "tng.verify", "tng.decode", "tng.cli"),
    "audit": ("boto3", "botocore", "azure", "tng.cli"),
    "scan": ("boto3", "botocore", "azure", "tng.plan", "tng.apply", "tng.distributed", "tng.cli"),
    "distributed": ("boto3", "botocore", "azure", "tng.verify", "tng.plan", "tng.apply", "tng.cli"),
    "orders": ("boto3", "azure", "tng.verify", "tng.decode", "tng.audit", "tng.cli"),
    "watch": ("boto3", "botocore", "azure", "tng.decode", "tng.verify", "tng.cli"),
    "report": ("boto3", "botocore", "azure", "tng.verify", "tng.cli"),
    "clouds": ("tng.verify", "tng.decode", "tng.sandbox", "tng.testing", "tng.cli"),
    "clouds/aws": ("azure", "tng.clouds.azure"),
    "clouds/azure": ("boto3", "botocore", "tng.clouds.aws"),
    "csr": ("tng.clouds", "tng.plan", "tng.apply", "tng.ledger", "tng.cli", "boto3", "azure"),
    "device": ("boto3", "botocore", "azure", "tng.apply", "tng.ledger", "tng.verify", "tng.cli"),
    "issuing": ("boto3", "azure", "tng.verify", "tng.station", "tng.cli"),
    "provisioning": ("boto3", "azure", "tng.clouds", "tng.verify", "tng.station", "tng.cli"),
    "station": ("boto3", "azure", "tng.clouds", "tng.ledger", "tng.device", "tng.cli"),
    "seal": ("tng.verify", "tng.decode", "tng.clouds", "tng.ledger", "tng.cli", "boto3", "azure"),
    "policies": ("tng.clouds", "tng.sandbox", "tng.plan", "tng.cli", "boto3", "azure", "socket"),
    "pkcs11": (
        "tng.seal", "tng.audit", "tng.verify", "tng.decode", "tng.clouds", "tng.cli", "boto3",
        "azure",
    ),
    # The judge shares nothing with what it judges.
    "sandbox": ("tng.clouds", "tng.apply", "tng.plan", "tng.ledger", "tng.cli", "azure", "boto3"),
}  # fmt: skip
"""Room → what nothing in it may import."""

_HEAVY = (
    "boto3", "botocore", "azure", "msal", "requests", "paho", "moto", "ministack", "cryptography",
    "jose", "orjson", "sqlite3", "jinja2", "xlsxwriter", "python_calamine", "pkcs11", "psycopg",
    "fsspec", "s3fs", "adlfs", "aiohttp", "distributed", "dask", "awscrt",
    "serial",
)  # fmt: skip
"""What ``tng --help`` must not load."""


def _imports(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def _is_below(module: str, forbidden: str) -> bool:
    return module == forbidden or module.startswith(f"{forbidden}.")


@pytest.mark.parametrize("room", _FORBIDDEN)
def test_a_room_imports_nothing_of_those_it_must_not_know(room: str):
    files = sorted((_PACKAGE / room).rglob("*.py"))
    assert files
    found = {
        (path.relative_to(_PACKAGE).as_posix(), module)
        for path in files
        for module in _imports(path)
        for forbidden in _FORBIDDEN[room]
        if _is_below(module, forbidden)
    }
    assert found == set()


def test_only_the_verifier_makes_a_verified_device():
    makers = {
        path.relative_to(_PACKAGE).as_posix()
        for path in _PACKAGE.rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, ast.Call)
        and (getattr(node.func, "id", None) or getattr(node.func, "attr", None)) == "VerifiedDevice"
    }
    assert makers == {"verify/verifier.py"}


def test_only_its_own_folder_knows_how_postgresql_is_spoken_to():
    users = {
        path.relative_to(_PACKAGE).parent.as_posix()
        for path in _PACKAGE.rglob("*.py")
        for module in _imports(path)
        if _is_below(module, "psycopg")
    }
    assert users == {"ledger/postgres"}


def test_only_its_own_room_knows_dask():
    users = {
        path.relative_to(_PACKAGE).parent.as_posix()
        for path in _PACKAGE.rglob("*.py")
        for module in _imports(path)
        if _is_below(module, "distributed") or _is_below(module, "dask")
    }
    assert users == {"distributed"}


def test_only_one_module_knows_serial_ports():
    users = {
        path.relative_to(_PACKAGE).as_posix()
        for path in _PACKAGE.rglob("*.py")
        for module in _imports(path)
        if _is_below(module, "serial")
    }
    assert users == {"station/port.py"}


def test_nothing_but_the_test_vendor_knows_the_test_vendor():
    users = {
        path.relative_to(_PACKAGE).parts[0]
        for path in _PACKAGE.rglob("*.py")
        for module in _imports(path)
        if _is_below(module, "tng.testing")
    }
    assert users <= {"testing", "sandbox"}


def test_help_loads_nothing_heavy():
    program = (
        "import sys\n"
        "from tng.cli import main\n"
        "sys.argv = ['tng', '--help']\n"
        "try:\n    main()\nexcept SystemExit:\n    pass\n"
        f"print(*sorted({set(_HEAVY)!r} & set(sys.modules)), file=sys.stderr)\n"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, check=True)
    assert done.stderr.split() == []
    assert b"Usage: tng" in done.stdout


@pytest.mark.parametrize(
    "path",
    sorted((ROOT / "tests").rglob("*.py")),
    ids=lambda path: path.relative_to(ROOT / "tests").as_posix(),
)
def test_tests_inject_and_never_patch(path: Path):
    tree = ast.parse(path.read_text("utf-8"))
    assert not [m for m in _imports(path) if _is_below(m, "unittest.mock") or m == "mock"]
    patched = [
        node.lineno
        for node in ast.walk(tree)
        if isinstance(node, ast.Attribute)
        and node.attr in {"setattr", "setitem", "delattr"}
        and isinstance(node.value, ast.Name)
        and node.value.id.startswith("monkeypatch")
    ]
    assert patched == []
