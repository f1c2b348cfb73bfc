"""``tng sandbox``: local clouds to try everything on, until Ctrl-C."""

import shlex
import signal
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from tng.cli.console import data, talk
from tng.cli.options import file_here
from tng.errors import ConfigurationError
from tng.sandbox.clouds import Emulator, LocalCloud

if TYPE_CHECKING:
    from tng.sandbox.dps.sandbox import RunningDps
    from tng.sandbox.local import RunningClouds

_LOG_LIMIT = 1000
_LOOK_SECONDS = 0.5


def sandbox(
    *,
    clouds: Annotated[
        list[LocalCloud],
        typer.Option("--cloud", help="Only this cloud; may be repeated. Default: both."),
    ] = [],
    emulator: Annotated[
        Emulator, typer.Option(help="The emulator of AWS IoT.")
    ] = Emulator.MINISTACK,
    directory: Annotated[
        Path,
        typer.Option(
            "--directory",
            "-d",
            metavar="DIR",
            parser=file_here,
            help="Where tng.toml and credentials are written.",
        ),
    ] = Path("tng-sandbox"),
    port: Annotated[
        int,
        typer.Option(metavar="PORT", min=0, max=65535, help="AWS's port on 127.0.0.1; 0 = free."),
    ] = 0,
    device_port: Annotated[
        int,
        typer.Option(
            metavar="PORT",
            min=0,
            max=65535,
            help="Port for devices of Azure; 0 = free, SDKs want 8883.",
        ),
    ] = 0,
    aws_device_port: Annotated[
        int,
        typer.Option(metavar="PORT", min=0, max=65535, help="Port for devices of AWS; 0 = free."),
    ] = 0,
    rate: Annotated[
        float,
        typer.Option(
            metavar="N", min=0, help="Registrations a second, AWS: 10, DPS in proportion; 0 = any."
        ),
    ] = 10.0,
    faults: Annotated[
        float,
        typer.Option(
            metavar="PERCENT",
            min=0,
            max=100,
            help="Percent of calls that fail: 5xx, throttled, lost.",
        ),
    ] = 0.0,
    seed: Annotated[int, typer.Option(metavar="N", help="Makes the faults repeat.")] = 0,
) -> None:
    """Start local clouds until Ctrl-C: AWS IoT with two accounts, and one Azure DPS.

    Example: tng sandbox --rate 100, and in another terminal the commands that it prints.
    """
    from tng.sandbox.faults import random_faults
    from tng.sandbox.local import LocalClouds

    with _until_signalled() as ended:
        running = LocalClouds(
            clouds or tuple(LocalCloud),
            directory=directory,
            emulator=emulator,
            port=port,
            device_port=device_port,
            aws_device_port=aws_device_port,
            rate=rate,
            faults=random_faults(faults / 100),
            seed=seed,
            log_limit=_LOG_LIMIT,
        )
        with running as started:
            _describe(started)
            while not ended.wait(_LOOK_SECONDS):
                if started.aws is not None and not started.aws.emulator.running:
                    raise ConfigurationError(
                        f"the emulator {emulator} ended by itself", hint="Start the sandbox again."
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


def _describe(started: "RunningClouds") -> None:
    out, say = data(), talk()
    if started.aws is not None:
        say.print(f"AWS IoT at {started.aws.endpoint_url}", style="bold")
        for account in started.aws.accounts:
            say.print(f"  target {account.target}: account {account.account}, {account.region}")
        say.print(f"AWS IoT, for devices at {started.aws.device_address}", style="bold")
        for target, endpoint in started.aws.endpoints.items():
            say.print(f"  target {target}: {endpoint}")
    if started.azure is not None:
        say.print(f"Azure DPS, for devices at {started.azure.device_address}", style="bold")
        for instance in started.azure.instances:
            place = f"https://{instance.hosts[0]}, id scope {instance.id_scope}"
            say.print(f"  target {instance.name}: {place}")
    say.print("\nCtrl-C stops it. In another terminal:\n")
    out.print(f". {shlex.quote(str(started.environment_file))}")
    targets = " ".join(f"--target {name}" for name in started.targets)
    out.print(f"tng register MANIFEST {targets} --dry-run")
    out.print(f"tng register MANIFEST {targets}")
    out.print("tng status")
    if started.azure is not None:
        out.print(_check_device(started.azure, started.ca_file))
    for line in (*_connect_lines(started), *_provision_lines(started)):
        out.print(line)
    out.file.flush()


def _check_device(azure: "RunningDps", ca_file: Path) -> str:
    return (
        "tng check-device --cloud azure --certificate CERTIFICATE --key KEY "
        f"--id-scope {azure.instances[0].id_scope} "
        f"--provisioning-host {azure.device_address} --ca-file {shlex.quote(str(ca_file))}"
    )


def _connect_lines(started: "RunningClouds") -> list[str]:
    """How a registered device is proven to connect, one line a target of AWS and an instance."""
    device = f"--certificate CERTIFICATE --key KEY --ca-file {shlex.quote(str(started.ca_file))}"
    lines = []
    if started.aws is not None:
        address = f"--address {started.aws.device_address}"
        lines += [
            f"tng connect --target {account.target} {address} {device}"
            for account in started.aws.accounts
        ]
    if started.azure is not None:
        azure = started.azure
        lines += [
            f"tng connect --cloud azure --id-scope {instance.id_scope} "
            f"--provisioning-host {azure.device_address} --hub-address {azure.hub_address} {device}"
            for instance in azure.instances
        ]
    return lines


def _provision_lines(started: "RunningClouds") -> list[str]:
    """How a device gets its certificate by a request, in the first account."""
    from tng.sandbox.gateway.preparation import TEMPLATE_NAME

    if started.aws is None:
        return []
    claim, folder = started.aws.claims[0], started.files.directory
    files = {
        "--ca-file": started.ca_file,
        "--claim-certificate": folder / claim.certificate_file,
        "--claim-key": folder / claim.key_file,
    }
    named = " ".join(f"{option} {shlex.quote(str(path))}" for option, path in files.items())
    endpoint = started.aws.endpoints[claim.account.target]
    line = (
        f"tng fleet-provision REQUEST --endpoint {endpoint} "
        f"--address {started.aws.device_address} --template {TEMPLATE_NAME} "
        f"--parameter 'SerialNumber={{device_id}}' {named}"
    )
    return [line]


def _summarize(started: "RunningClouds") -> None:
    say = talk()
    calls = sum((log.counts() for log in started.logs), Counter[str]())
    say.print(f"\nsandbox stopped after {calls.total()} calls", style="bold")
    for operation, count in calls.most_common():
        say.print(f"  {count:>7}  {operation}")
