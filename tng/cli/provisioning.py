"""What ``tng fleet-provision`` does with requests from files and from a token."""

import os
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from tng.cli.console import talk
from tng.cli.fleet import (
    FleetOptions,
    FleetSetup,
    fleet_setup,
    issued_exit_code,
    opened_fleet_issuer,
    report_issued,
)
from tng.cli.fleet_options import IssuedFormat
from tng.errors import InputError, UsageError
from tng.exit_codes import ExitCode

if TYPE_CHECKING:
    from tng.config import Settings
    from tng.csr.model import RequestedDevice, RequestOutcome

_SOURCES = "Name files with requests, --pkcs11 MODULE --token LABEL --key LABEL, or --station PORT."


@dataclass(frozen=True, slots=True)
class RequestKey:
    """A key in a token whose request is made here."""

    pkcs11: str | None
    token: str | None
    key: str | None
    pin_file: Path | None
    subject: str


@dataclass(frozen=True, slots=True)
class ProvisionRequest:
    """The options of the command."""

    sources: tuple[str, ...]
    own_key: RequestKey | None
    station: str | None
    options: FleetOptions
    ledger: str | None
    config: Path | None
    dry_run: bool
    format: IssuedFormat
    output: str | None

    def check(self) -> None:
        """Exactly one place for requests to come from; raises `UsageError`."""
        given = sum(map(bool, (self.sources, self.own_key, self.station)))
        if given != 1:
            what = "no request was named" if given == 0 else "requests come from one place"
            raise UsageError(what, _SOURCES)
        if self.dry_run and self.station:
            raise UsageError("a station has no dry run", "Leave --dry-run or --station out.")
        if self.options.keep and self.station:
            raise UsageError(
                "--keep is about devices whose requests are named",
                "Name the device's request, or its token, instead of --station.",
            )


def provision(request: ProvisionRequest) -> ExitCode:
    """Ask for a certificate for each request, or only say for which; the exit code.

    Requests that are bad in themselves are findings, as they are where requests are registered.
    Raises `InputError` where there is no request at all.
    """
    from tng.apply.stopping import StopSignal
    from tng.cli.command_line import typed_command
    from tng.cli.interrupts import graceful
    from tng.cli.ledgers import opened_ledger
    from tng.config import load_settings
    from tng.provisioning.bulk import BulkIssue

    settings = load_settings(request.config, os.environ, Path())
    outcomes = _requests(request)
    setup = fleet_setup(request.options)
    if request.dry_run:
        return _preview(request, settings, outcomes)
    stop = StopSignal()
    command = typed_command(sys.argv[1:])
    with (
        opened_ledger(request.ledger, settings) as ledger,
        graceful(stop),
        opened_fleet_issuer(request.options, ledger, command, stop) as issuer,
    ):
        bulk = BulkIssue(issuer, stop)
        target = f"{setup.service.host} {setup.service.template}"
        tally = report_issued(bulk.results(outcomes), request.format, request.output, target)
    if not tally.passed and not tally.failed and not stop.is_set():
        raise InputError("there is no request in what was named", _SOURCES)
    if issuer.unmet and bulk.fatal is None and not stop.is_set():
        raise UsageError(
            f"no device that was named has {', '.join(issuer.unmet)} in doubt",
            "Compare --keep, --endpoint and --template with what `tng status` tells; a device that "
            "is done keeps the certificate that it has.",
        )
    if bulk.fatal is not None or stop.is_set():
        talk().print("the rest is left; the same command goes on")
    code = issued_exit_code(tally, bulk.fatal, interrupted=stop.is_set())
    if code is ExitCode.PARTIAL and tally.failed == tally.unusable:
        # Running it again would not change a request that is bad in itself.
        return ExitCode.FINDINGS
    return code


def _requests(request: ProvisionRequest) -> "Iterable[RequestOutcome]":
    if request.own_key is not None:
        return (_made(request.own_key),)
    from tng.csr.reading import RequestScan

    return RequestScan(request.sources, sys.stdin.buffer).outcomes()


def _made(key: RequestKey) -> "RequestedDevice":
    """The request of the token's key."""
    from tng.cli.requesting import make_token_request
    from tng.cli.token_options import token_uri
    from tng.csr.model import RequestedDevice
    from tng.csr.reading import read_request
    from tng.models import Source

    uri = token_uri(key.pkcs11, key.token, key.key)
    made = make_token_request(uri, key.pin_file, key.subject, None)
    outcome = read_request(made.der, Source("the token's key"))
    if not isinstance(outcome, RequestedDevice):
        raise InputError("the token's request cannot be used", outcome.findings[-1].message)
    return replace(outcome, request=made)


def _preview(
    request: ProvisionRequest, settings: "Settings", outcomes: "Iterable[RequestOutcome]"
) -> ExitCode:
    """Say what would be asked for; nothing is connected, written or made."""
    from tng.cli.output import open_judged_output
    from tng.provisioning.preview import preview
    from tng.report.issued import preview_line

    setup = fleet_setup(request.options)
    states = set()
    with (
        _known(request, settings, setup) as state_of,
        open_judged_output(request.output) as stream,
    ):
        for device in preview(outcomes, setup.parameters, state_of):
            states.add(device.state)
            stream.write(preview_line(device, request.format.value))
    talk().print("nothing was asked for: this is a dry run")
    return ExitCode.FINDINGS if states & {"refused", "attention"} else ExitCode.DONE


@contextmanager
def _known(
    request: ProvisionRequest, settings: "Settings", setup: FleetSetup
) -> "Iterator[Callable[[RequestedDevice], str]]":
    """Where the ledger, if there is one already, has a device."""
    from tng.cli.ledgers import opened_ledger
    from tng.ledger import NoLedgerError
    from tng.provisioning.earlier import expected_state
    from tng.provisioning.issuer import fleet_target

    target = fleet_target(setup.service)
    with ExitStack() as opened:
        try:
            ledger = opened.enter_context(opened_ledger(request.ledger, settings, must_exist=True))
        except NoLedgerError:
            yield lambda _: "new"
        else:
            yield partial(
                expected_state,
                ledger,
                target,
                parameters=setup.parameters,
                again=request.options.again,
                keep=setup.keep,
            )
