"""What ``tng station`` and ``tng fleet-provision --station`` do: serve devices at a port."""

import os
import sys
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from tng.cli.console import talk
from tng.cli.fleet import (
    FleetOptions,
    fleet_setup,
    issued_exit_code,
    opened_fleet_issuer,
    report_issued,
    say,
)
from tng.cli.fleet_options import IssuedFormat
from tng.exit_codes import ExitCode

if TYPE_CHECKING:
    from tng.apply.stopping import StopSignal
    from tng.csr.issuing import Issuer
    from tng.ledger import Ledger

    OpenIssuer = Callable[
        [Ledger, str, StopSignal, Callable[[], bool]], AbstractContextManager[Issuer]
    ]


@dataclass(frozen=True, slots=True)
class BenchRequest:
    """The options of a bench, by their names; ``answer_timeout`` in seconds."""

    port: str
    baud_rate: int
    count: int
    answer_timeout: float
    ledger: str | None
    config: Path | None
    format: IssuedFormat
    output: str | None


def serve(request: BenchRequest, options: FleetOptions) -> ExitCode:
    """Serve devices by fleet provisioning; the exit code. Raises `TngError`."""
    setup = fleet_setup(options)

    def opened(
        ledger: "Ledger", command: str, stop: "StopSignal", is_cut_short: Callable[[], bool]
    ) -> "AbstractContextManager[Issuer]":
        return opened_fleet_issuer(options, ledger, command, stop, is_cut_short)

    target = f"{setup.service.host} {setup.service.template}"
    return serve_with(request, target, opened)


def serve_with(
    request: BenchRequest,
    target: str,
    open_issuer: "OpenIssuer",
) -> ExitCode:
    """Serve devices with whoever issues; ``target`` names it in reports.

    ``open_issuer`` is given the ledger, the command as it was typed, and a signal of its own:
    Ctrl-C lets the device that is being served finish; and what says whether it came before the
    count of devices was reached. Raises `TngError`.
    """
    from tng.apply.stopping import StopSignal
    from tng.cli.command_line import typed_command
    from tng.cli.interrupts import graceful
    from tng.cli.ledgers import opened_ledger
    from tng.config import load_settings
    from tng.station.bench import Bench, BenchOptions
    from tng.station.port import PortSettings, SerialPort

    settings = load_settings(request.config, os.environ, Path())
    stop, never = StopSignal(), StopSignal()

    def is_cut_short() -> bool:
        return stop.is_set() and bool(request.count)

    port = PortSettings(request.port, request.baud_rate)
    with (
        SerialPort(port, stop, tell=say) as opened,
        opened_ledger(request.ledger, settings) as ledger,
        graceful(stop),
        open_issuer(ledger, typed_command(sys.argv[1:]), never, is_cut_short) as issuer,
    ):
        bench = Bench(
            opened, issuer, BenchOptions(request.answer_timeout, request.count), stop, tell=say
        )
        talk().print(f"waiting for devices at {request.port}; Ctrl-C ends it")
        tally = report_issued(bench.results(), request.format, request.output, target)
    return issued_exit_code(tally, bench.fatal, interrupted=is_cut_short())
