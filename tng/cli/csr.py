"""``tng csr``: certificate requests, made with keys in tokens or read from files."""

import sys
from typing import Annotated

import typer

from tng.cli.fleet_options import BaudRateOption
from tng.cli.options import OutputOption
from tng.cli.requesting import RequestFormat, make_token_request, show_requests, write_request
from tng.cli.token_options import (
    KeyLabelOption,
    PinFileOption,
    Pkcs11Option,
    TokenOption,
    token_uri,
)
from tng.errors import UsageError
from tng.exit_codes import ExitCode

_DEFAULT_SUBJECT = "CN={serial}"


def csr(
    sources: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="[SOURCE...]",
            help="Requests to check: files, directories, globs, URLs or - for stdin.",
            show_default=False,
        ),
    ] = None,
    *,
    pkcs11: Pkcs11Option = None,
    token: TokenOption = None,
    key: KeyLabelOption = None,
    pin_file: PinFileOption = None,
    subject: Annotated[
        str | None,
        typer.Option(
            metavar="TEMPLATE",
            help="Subject of the request (RFC 4514); fields are {serial}, {token}, {key} and "
            f"{{key_sha256}}; {_DEFAULT_SUBJECT} unless given.",
            show_default=False,
        ),
    ] = None,
    serial: Annotated[
        str | None,
        typer.Option(
            metavar="NUMBER",
            help="The chip's serial number, for {serial}; default: the token's own.",
            show_default=False,
        ),
    ] = None,
    port: Annotated[
        str | None,
        typer.Option(
            metavar="PORT",
            help="Take the request that a device prints on this serial port: /dev/ttyUSB0, or "
            "socket://HOST:PORT.",
            show_default=False,
        ),
    ] = None,
    baud_rate: BaudRateOption = 115_200,
    timeout: Annotated[
        float,
        typer.Option(
            metavar="SECONDS", min=1, max=3600, help="How long the device at --port may take."
        ),
    ] = 30.0,
    output: OutputOption = None,
    format_: Annotated[
        RequestFormat | None,
        typer.Option(
            "--format", help="Form in which requests are shown; columns.", show_default=False
        ),
    ] = None,
) -> None:
    """Make a certificate request with a key that stays in its token, or check requests.

    Examples:

      tng csr --pkcs11 softhsm2 --token Line --key device -o device.csr

      tng csr --pkcs11 /usr/lib/libcryptoauth.so --token MCHP --key device

      tng csr requests/ more.zip --format json

      tng csr --port /dev/ttyUSB0 -o board.csr

    The PIN comes from --pin-file, TNG_PKCS11_PIN or a prompt, and is never an argument. Checked is
    each request's own signature, which proves that its maker has the private key, and nothing
    about where that key is. Exit codes: 0 all usable, 1 not all of them, 3 none at all.
    """
    made_with = (pkcs11, token, key, pin_file, subject, serial)
    is_made = any(option is not None for option in made_with)
    if sum((bool(sources), is_made, port is not None)) > 1:
        raise UsageError(
            "requests are either made, read from files, or taken from a port",
            "Name one of: sources, --port, or --pkcs11 and all that belongs to it.",
        )
    if sources:
        _show(sources, format_ or RequestFormat.COLUMNS, output)
        return
    if format_ is not None:
        raise UsageError("a single request is written in PEM", "Leave --format out.")
    if port is not None:
        _take(port, baud_rate, timeout, output)
        return
    if pkcs11 is None and not is_made:
        raise UsageError(
            "there is no request to read, and no key to make one with",
            "Name files with requests, --port, or --pkcs11 MODULE --token LABEL --key LABEL.",
        )
    uri = token_uri(pkcs11, token, key)
    template = _DEFAULT_SUBJECT if subject is None else subject
    request = make_token_request(uri, pin_file, template, serial)
    write_request(request, output)


def _show(sources: list[str], format_: RequestFormat, output: str | None) -> None:
    from tng.csr.reading import RequestScan

    scan = RequestScan(sources, sys.stdin.buffer)
    code = show_requests(scan.outcomes(), scan.inputs, format_, output)
    if code is not ExitCode.DONE:
        raise SystemExit(code)


def _take(port: str, baud_rate: int, seconds: float, output: str | None) -> None:
    """One request from a device, judged like those in files before it is written."""
    from tng.csr.model import RequestedDevice
    from tng.station.port import PortSettings
    from tng.station.requests import read_request_from_port

    outcome = read_request_from_port(PortSettings(port, baud_rate), seconds)
    if isinstance(outcome, RequestedDevice):
        write_request(outcome.request, output)
        return
    raise SystemExit(show_requests([outcome], [], RequestFormat.COLUMNS, None))
