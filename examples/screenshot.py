"""Makes the README's pictures from a real run: ``python examples/screenshot.py``.

It writes docs/images/verify.svg with rich's SVG export (only runs of lines that say the same
are folded; every other character was written by the commands), and docs/images/audit.png, the
first screen of the audit's page in Chromium.
"""

import io
import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path

from material import LOG, ORDERS, REEL, write_configuration, write_material
from rich.console import Console
from rich.text import Text
from stage import folded

from tng.sandbox.local import LocalClouds

PICTURES = Path(__file__).resolve().parents[1] / "docs" / "images"
SCREEN = "1280,800"
COLUMNS = 108
RATE = 60.0
VERIFY = f"tng verify {REEL} {LOG}"
TARGETS = "--target sandbox-eu --target sandbox-us --target sandbox-dps"
REGISTER = f"tng register {REEL} {LOG} {TARGETS} --yes"
AUDIT = f"tng audit {REEL} {LOG} --expect {ORDERS} {TARGETS} --output audit.html"

_FONT_FACE = re.compile(r"@font-face \{.*?\}\s*", re.DOTALL)
"""Fonts from another host: viewers do not load them into pictures, and need not ask."""
_CURSOR = re.compile(r"(\x1b\[\?25[lh]|\x1b\[2K|\x1b\[1A|\r)")


def main() -> None:
    """Run, record, write."""
    recorder = Console(
        record=True,
        width=COLUMNS,
        file=io.StringIO(),
        force_terminal=True,
        color_system="truecolor",
    )
    with tempfile.TemporaryDirectory() as name, LocalClouds(rate=RATE) as clouds:
        folder = Path(name)
        write_material(folder)
        write_configuration(folder, clouds)
        variables = {k: v for k, v in clouds.environment.items() if k != "TNG_CONFIG"}
        for command in (VERIFY, REGISTER):
            code, output = run(command, folder, variables)
            recorder.print(Text.from_markup(f"[bold green]$[/] [bold]{command}[/]"))
            recorder.print(Text.from_ansi(output), soft_wrap=False)
            recorder.print(Text.from_markup(f"[bold green]$[/] [bold]echo $?[/]\n{code}\n"))
        PICTURES.mkdir(parents=True, exist_ok=True)
        run(AUDIT, folder, variables)
        take_picture(folder / "audit.html", PICTURES / "audit.png")
    picture = recorder.export_svg(title="tng", unique_id="tng")
    (PICTURES / "verify.svg").write_text(_FONT_FACE.sub("", picture), "utf-8")


def take_picture(page: Path, picture: Path) -> None:
    """What one sees of a page without scrolling."""
    options = ("--headless", "--no-sandbox", "--hide-scrollbars", "--virtual-time-budget=4000")
    subprocess.run(  # noqa: S603 - our own page
        ["chromium", *options, f"--window-size={SCREEN}", f"--screenshot={picture}", page.as_uri()],  # noqa: S607 - as Debian names it
        check=True,
        capture_output=True,
    )


def run(command: str, folder: Path, variables: Mapping[str, str]) -> tuple[int, str]:
    """Exit code and what stands on the screen when the command has ended."""
    result = subprocess.run(  # noqa: S603 - the two commands above
        [sys.executable, "-m", *command.split()],
        cwd=folder,
        env={
            **os.environ,
            **variables,
            "COLUMNS": str(COLUMNS),
            "FORCE_COLOR": "1",
        },
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        check=False,
    )
    lines = on_screen(result.stdout.decode()).splitlines(keepends=True)
    return result.returncode, "".join(folded(iter(lines), "verified")).rstrip()


def on_screen(output: str) -> str:
    """The output after the cursor went up and lines were erased, as progress bars do."""
    lines, row = [""], 0
    for part in re.split(r"(\n)", output):
        if part == "\n":
            row += 1
            if row == len(lines):
                lines.append("")
            continue
        for piece in _CURSOR.split(part):
            if piece == "\x1b[1A":
                row -= 1
            elif piece == "\x1b[2K":
                lines[row] = ""
            elif not _CURSOR.fullmatch(piece):
                lines[row] += piece
    return "\n".join(lines)


if __name__ == "__main__":
    main()
