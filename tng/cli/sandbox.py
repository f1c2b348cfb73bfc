"""``tng sandbox``: a local AWS IoT to try everything on, until Ctrl-C."""

import shlex
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from tng.cli.console import data, talk
from tng.errors import ConfigurationError
from tng.sandbox.emulator import Emulator

if TYPE_CHECKING:
    from tng.sandbox.aws import Sandbox

_LOG_LIMIT = 1000
_LOOK_SECONDS = 0.5


def sandbox(
    *,
    emulator: Annotated[
        Emulator, typer.Option(help="The emulator of AWS IoT.")
    ] = Emulator.MINISTACK,
    directory: Annotated[
        Path, typer.Option("--directory", "-d", help="Where tng.toml and credentials are written.")
    ] = Path("tng-sandbox"),
    port: Annotated[int, typer.Option(min=0, max=65535, help="Port on 127.0.0.1; 0 = free.")] = 0,
    rate: Annotated[
        float,
        typer.Option(min=0, help="Registrations a second and account; 0 = no limit. AWS: 10."),
    ] = 10.0,
    faults: Annotated[
        float,
        typer.Option(min=0, max=100, help="Percent of calls that fail: 5xx, throttled, lost."),
    ] = 0.0,
    seed: Annotated[int, typer.Option(help="Makes the faults repeat.")] = 0,
) -> None:
    """Start a local AWS IoT with two accounts, until Ctrl-C.

    Example: tng sandbox --rate 100, and in another terminal the commands that it prints.
    """
    from tng.sandbox.aws import AwsSandbox
    from tng.sandbox.faults import random_faults

    with _until_signalled() as ended:
        running = AwsSandbox(
            emulator=emulator,
            directory=directory,
            port=port,
            rate=rate,
            faults=random_faults(faults / 100),
            seed=seed,
            log_limit=_LOG_LIMIT,
        )
        with running as started:
            _describe(started)
            while not ended.wait(_LOOK_SECONDS):
                if not started.emulator.running:
                    raise ConfigurationError(
                        f"the emulator {emulator} ended by itself", hint="start the sandbox again"
                    )
            _summarize(started)


@contextmanager
def _until_signalled() -> Iterator[threading.Event]:
    """An event that Ctrl-C and SIGTERM set; the handlers before are put back."""
    ended = threading.Event()
    signals = (signal.SIGINT, signal.SIGTERM)
    before = [signal.signal(number, lambda *_: ended.set()) for number in signals]
    try:
        yield ended
    finally:
        for number, handler in zip(signals, before, strict=True):
            signal.signal(number, handler)


def _describe(started: "Sandbox") -> None:
    out, say = data(), talk()
    say.print(f"AWS IoT sandbox at {started.endpoint_url}, Ctrl-C stops it", style="bold")
    for account in started.accounts:
        say.print(f"  target {account.target}: account {account.account}, {account.region}")
    say.print("\nIn another terminal:\n")
    for name, value in started.environment.items():
        out.print(f"export {name}={shlex.quote(value)}")
    targets = " ".join(f"--target {account.target}" for account in started.accounts)
    out.print(f"tng register MANIFEST {targets} --dry-run")
    out.print(f"tng register MANIFEST {targets}")
    out.print("tng status")
    out.file.flush()


def _summarize(started: "Sandbox") -> None:
    say = talk()
    log = started.front.log
    say.print(f"\nsandbox stopped after {log.total} calls", style="bold")
    for operation, count in log.counts().most_common():
        say.print(f"  {count:>7}  {operation}")
