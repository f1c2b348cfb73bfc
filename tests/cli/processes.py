"""Running ``tng`` as a process of its own: streams, pipes and exit codes as users meet them."""

import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

TNG = (sys.executable, "-m", "tng")


def environment(**more: str) -> dict[str, str]:
    """This process's environment without what changes colours or configuration."""
    kept = {k: v for k, v in os.environ.items() if k not in {"NO_COLOR", "FORCE_COLOR", "COLUMNS"}}
    return {k: v for k, v in kept.items() if not k.startswith("TNG_")} | more


def start(
    *arguments: str | bytes,
    cwd: Path | None = None,
    env: Mapping[str, str] | None = None,
    **options,
) -> subprocess.CompletedProcess[bytes]:
    """Run ``tng`` to its end, with stdout and stderr caught unless ``options`` say otherwise."""
    options = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "timeout": 60, **options}
    return subprocess.run(
        [*TNG, *arguments], cwd=cwd, env=env or environment(), check=False, **options
    )
