"""Running commands before an audience: each is shown as typed, then run for real.

What a command writes is passed on as it comes; long runs of lines that say the same are
folded. Whether it did what it should is decided by its exit code.
"""

import os
import re
import shlex
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from rich.console import Console
from rich.panel import Panel
from rich.rule import Rule
from rich.text import Text

_SHOWN_OF_A_RUN = 3
_BEGUN_SECONDS = 2
"""What a command may take to say its first words."""
_LAST_WORDS_SECONDS = 20
"""What a command may take to end after Ctrl-C: it finishes the calls in flight."""
_ESCAPES = re.compile(r"\x1b\[[0-9;]*m")


class UnexpectedError(Exception):
    """Something did not turn out as the demonstration promises."""


class Stage:
    """Shows and runs commands in ``folder``.

    They see nothing of the user's settings for AWS and tng: neither accounts nor options.
    """

    def __init__(self, folder: Path) -> None:
        self._console = Console(highlight=False, emoji=False)
        self._folder = folder
        self._environment = {
            name: value
            for name, value in os.environ.items()
            if not name.startswith(("AWS_", "TNG_"))
        }
        if self._console.is_terminal and not os.environ.get("NO_COLOR"):
            # Some are read through a pipe, and shall look as they do on the terminal.
            self._environment["FORCE_COLOR"] = "1"
        self._number = 0
        self._began = time.monotonic()

    def use_environment(self, variables: Mapping[str, str]) -> None:
        """Let the commands find the local clouds; the configuration is the folder's own."""
        self._environment.update(variables)
        self._environment.pop("TNG_CONFIG", None)

    def title(self, text: str) -> None:
        """What this is about."""
        self._console.print(Panel(Text(text, justify="center"), border_style="cyan"))

    def scene(self, title: str, text: str) -> None:
        """Announce the next step."""
        self._number += 1
        heading = Rule(Text(f"{self._number}. {title}", style="bold cyan"), align="left")
        self._console.print()
        self._console.print(heading)
        self.say(text)

    def say(self, text: str) -> None:
        """A remark."""
        self._console.print(Text(text, style="italic dim"), soft_wrap=True)

    def tng(self, command: str, *, expect: int = 0, why: str = "", fold: str = "") -> None:
        """Run ``tng`` with the words of ``command``; lines that begin with ``fold`` are folded.

        ``why`` explains the exit code. Raises `UnexpectedError` if it is not ``expect``.
        """
        process = self._start(command, piped=bool(fold))
        with _ended(process):
            if process.stdout is not None:
                for line in folded(iter(process.stdout.readline, ""), fold):
                    sys.stdout.write(line)
            process.wait()
        self._conclude(process.returncode, expect, why)

    def tng_beside(self, command: str, other: str) -> None:
        """Run ``tng`` with ``command`` and, while it runs, with ``other``; both must succeed."""
        process = self._start(command, piped=False)
        with _ended(process):
            time.sleep(_BEGUN_SECONDS)
            beside = self._start(other, piped=False)
            with _ended(beside):
                beside.wait()
            process.wait()
        self._conclude(beside.returncode, 0, "")
        self._conclude(process.returncode, 0, "")

    def interrupted(self, command: str, *, when: Callable[[], bool]) -> None:
        """Run ``tng`` and press Ctrl-C as soon as ``when`` holds."""
        process = self._start(command, piped=False)
        with _ended(process):
            while process.poll() is None and not when():
                time.sleep(0.05)
            self._console.print("[bold reverse] Ctrl-C [/]")
            if process.poll() is None:
                process.send_signal(signal.SIGINT)
            process.wait(_LAST_WORDS_SECONDS)
        self._conclude(process.returncode, 130, "interrupted, and everything is on record")

    def check(self, what: str, found: object, expected: object) -> None:
        """Say what was counted. Raises `UnexpectedError` unless it is as ``expected``."""
        if found != expected:
            raise UnexpectedError(f"{what}: {found}, expected {expected}")
        self._console.print(f"[green]✓[/] {what}: [bold]{found}[/]", soft_wrap=True)

    def fail(self, text: str) -> None:
        """Say what went wrong."""
        self._console.print(Text(text, style="bold red"), soft_wrap=True)

    def end(self) -> None:
        """Say how long it took."""
        seconds = time.monotonic() - self._began
        self.say(f"\n{seconds:.0f} s. The local clouds are stopped.")

    def _start(self, command: str, *, piped: bool) -> subprocess.Popen[str]:
        self._console.print(f"\n[bold green]$[/] [bold]tng {command}[/]", soft_wrap=True)
        sys.stdout.flush()
        output = subprocess.PIPE if piped else None
        return subprocess.Popen(  # noqa: S603 - the words are those of the demonstration
            [sys.executable, "-m", "tng", *shlex.split(command)],
            cwd=self._folder,
            env=self._environment,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT if piped else None,
            text=True,
        )

    def _conclude(self, code: int, expect: int, why: str) -> None:
        if code != expect:
            raise UnexpectedError(f"exit code {code}, expected {expect}")
        style = "green" if code == 0 else "yellow"
        self._console.print(f"[{style}]exit code {code}[/]{why and f': {why}'}", soft_wrap=True)


@contextmanager
def _ended(process: subprocess.Popen[str]) -> Iterator[None]:
    """A block after which the process is gone.

    A terminal's Ctrl-C reaches the process too, which ends in good order if it is let.
    """
    try:
        yield
    finally:
        try:
            process.wait(_LAST_WORDS_SECONDS)
        except (subprocess.TimeoutExpired, KeyboardInterrupt):
            process.kill()
            process.wait()
        if process.stdout is not None:
            process.stdout.close()


def folded(lines: Iterator[str], beginning: str) -> Iterator[str]:
    """The lines; of a run that begins alike the first few and how many more there were."""
    run = 0
    for line in lines:
        if _ESCAPES.sub("", line).startswith(beginning):
            run += 1
            if run <= _SHOWN_OF_A_RUN:
                yield line
            continue
        yield from _rest(run, beginning)
        run = 0
        yield line
    yield from _rest(run, beginning)


def _rest(run: int, beginning: str) -> Iterator[str]:
    if run > _SHOWN_OF_A_RUN:
        yield f"… {run - _SHOWN_OF_A_RUN} more lines: {beginning}\n"
