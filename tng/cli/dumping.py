"""What ``tng station --dumps`` does: verify what devices print, as it comes."""

from dataclasses import dataclass
from time import monotonic

from tng.cli.console import Verbosity, talk
from tng.cli.fleet import say
from tng.cli.fleet_options import IssuedFormat
from tng.cli.judging import JudgingOptions, make_verifier
from tng.cli.options import FailOn
from tng.cli.output import is_colored, open_judged_output
from tng.cli.verify import print_summary
from tng.errors import InputError
from tng.exit_codes import ExitCode


@dataclass(frozen=True, slots=True)
class DumpRequest:
    """The options, by their names; ``idle`` in seconds."""

    port: str
    baud_rate: int
    count: int
    idle: float
    judging: JudgingOptions
    fail_on: FailOn
    format: IssuedFormat
    output: str | None


def read_dumps(request: DumpRequest) -> ExitCode:
    """Report each device when it has said everything; the exit code. Raises `TngError`."""
    from tng.apply.stopping import StopSignal
    from tng.cli.interrupts import graceful
    from tng.report.registry import make_report
    from tng.station.dumps import DumpOptions, DumpStation
    from tng.station.port import PortSettings, SerialPort
    from tng.summary import Summary

    verifier, context, _ = make_verifier(request.judging)
    stop, summary, started = StopSignal(), Summary(), monotonic()
    with (
        SerialPort(PortSettings(request.port, request.baud_rate), stop, tell=say) as port,
        graceful(stop),
        open_judged_output(request.output) as stream,
    ):
        talk().print(f"reading from {request.port}; Ctrl-C ends it")
        reading = DumpStation(
            port, verifier, DumpOptions(request.idle, request.count), stop, tell=say
        )
        report = make_report(
            request.format.value,
            stream,
            colored=is_colored(request.output),
            with_notices=Verbosity.level > 0,
        )
        report.begin(context)
        for outcome in reading.outcomes():
            summary.add(outcome)
            report.item(report.render(outcome))
            stream.flush()
        report.end([], summary)
    if not summary.total and not stop.is_set():
        raise InputError(
            f"nothing came over {request.port} in {request.idle:g} s",
            "Reset the device; check --baud-rate, and that the port is the device's.",
        )
    print_summary(summary, monotonic() - started)
    return ExitCode.FINDINGS if summary.fails(request.fail_on.severity) else ExitCode.DONE
