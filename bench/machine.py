"""What a run was measured on and of: figures without that mean nothing to anybody else."""

import os
import platform
import subprocess
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

_ROOT = Path(__file__).parents[1]
_PACKAGES = ("cryptography", "orjson", "python-jose", "typer", "boto3")

Facts = dict[str, str]


def machine_facts() -> Facts:
    """Processor, cores, system, Python, and the libraries that the figures depend on."""
    from cryptography.hazmat.backends.openssl import backend

    return {
        "processor": _processor(),
        "cores": str(os.cpu_count() or 1),
        "system": f"{platform.system()} {platform.machine()}",
        "python": platform.python_version(),
        "openssl": backend.openssl_version_text(),
        **{name: version(name) for name in _PACKAGES},
    }


def run_facts() -> Facts:
    """When it was measured, and of which commit; ``+`` behind it marks uncommitted changes."""
    return {"date": datetime.now(UTC).strftime("%Y-%m-%d %H:%M UTC"), "commit": _commit()}


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text("utf-8").splitlines()
    except OSError:
        return platform.processor() or platform.machine()
    names = (line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    return next(names, platform.machine())


def _commit() -> str:
    commit = _git("rev-parse", "--short=12", "HEAD")
    if not commit:
        return "unknown"
    # What a run itself writes is no change of what it measured.
    changed = _git(
        "status", "--porcelain", "--untracked-files=no", "--", "tng", "bench", ":!bench/results"
    )
    return commit + ("+" if changed else "")


def _git(*arguments: str) -> str:
    try:
        done = subprocess.run(
            ["git", "-C", str(_ROOT), *arguments], capture_output=True, text=True, check=True
        )
    except (OSError, subprocess.CalledProcessError):
        return ""
    return done.stdout.strip()
