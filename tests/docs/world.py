"""A place where what the pages presuppose is there: files, clouds, tokens, ports, by their names.

Commands are run as they are shown. What cannot be had on one machine (an endpoint of AWS, a port
with a board) is replaced by what can, each by a line of ``replacements``.
"""

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path

from tests.docs.shell import ROOT, page
from tests.sandbox.dps.devices import make_chip

_SETTING = re.compile(r"^(export )?\w+=\S")
_CONFIGURATION = """
[trust]
anchors = ["manifests/trust/root.pem", "manifests/trust/nxp-roots.pem"]
manifest_signers = ["manifests/trust/manifest-signer.pem"]
intermediates = ["manifests/trust/nxp-intermediates.pem"]
"""


@dataclass
class World:
    """``folder`` is where the commands are run; what its parts have opened, ``stack`` closes.

    ``before`` is called before commands that begin so.
    """

    folder: Path
    stack: ExitStack
    environment: dict[str, str] = field(default_factory=dict)
    replacements: dict[str, str] = field(default_factory=dict)
    before: dict[str, Callable[[], object]] = field(default_factory=dict)

    def __post_init__(self):
        shutil.copytree(ROOT / "manifests", self.folder / "manifests")
        manifests = self.folder / "manifests"
        (self.folder / "tng.toml").write_text(_CONFIGURATION)
        for name in ("manifest.json", "reel-7.json", "reels/reel-7.json"):
            (self.folder / name).parent.mkdir(exist_ok=True)
            shutil.copy(manifests / "tngtls-10.json", self.folder / name)
        shutil.copytree(manifests / "csr", self.folder / "requests")
        (self.folder / "requests" / "forged.csr").unlink()
        (self.folder / "requests" / "console.log").unlink()
        (self.folder / "orders.csv").write_text(
            re.findall(r"^```csv\n(.*?)^```$", page("docs/audit.md"), re.M | re.S)[0]
        )
        chip = make_chip(self.folder / "chip")
        shutil.copy(chip.certificate_file, self.folder / "d.pem")
        shutil.copy(chip.key_file, self.folder / "d.key")

    def replaced(self, line: str) -> str:
        """The line with what can be had here, each replaced once."""
        names = sorted(self.replacements, key=len, reverse=True)
        if names:
            pattern = "|".join(map(re.escape, names))
            line = re.sub(pattern, lambda found: self.replacements[found[0]], line)
        # Nobody is at a terminal to answer.
        asks = line.startswith("tng register ") and "--dry-run" not in line
        return f"{line} --yes" if asks else line

    def run(self, lines: Sequence[str]) -> None:
        """Each line has to end with 0; what is set in one holds for those after it."""
        settings: list[str] = []
        for line in lines:
            if _SETTING.match(line):
                settings.append(self.replaced(line))
                continue
            for beginning, call in self.before.items():
                if line.startswith(beginning):
                    call()
            self.tng(self.replaced(line), settings)

    def tng(self, line: str, settings: Sequence[str] = ()) -> str:
        """Run a line of shell as it is; gives its stdout."""
        kept = {k: v for k, v in os.environ.items() if not k.startswith(("TNG_", "AWS_"))}
        path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
        done = subprocess.run(
            ["bash", "-c", "\n".join((*settings, line))], cwd=self.folder,
            env={**kept, "PATH": path, **self.environment}, stdin=subprocess.DEVNULL,
            capture_output=True, text=True, timeout=110, check=False,
        )  # fmt: skip
        assert done.returncode == 0, f"$ {line}\n{done.stdout[-2000:]}{done.stderr[-2000:]}"
        return done.stdout
