"""``tng csr``: certificate requests, made with keys in tokens or read from files."""

import sys
from typing import Annotated

import typer

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
            f"{{key_sha256}}. Default: {_DEFAULT_SUBJECT}",
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
    output: Annotated[
        str | None,
        typer.Option(
            "--output",
            "-o",
            metavar="FILE",
            help="Write to this file or URL instead of stdout.",
            show_default=False,
        ),
    ] = None,
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

      tng csr --pkcs11 /usr/lib/libcryptoauth.so --token 0 --key device --subject CN=sn{serial}

      tng csr requests/ more.zip --format json

    The PIN comes from --pin-file, TNG_PKCS11_PIN or a prompt, and is never an argument. Checked is
    each request's own signature, which proves that its maker has the private key, and nothing
    about where that key is. Exit codes: 0 all usable, 1 not all of them, 3 none at all.
    """
    asked = (pkcs11, token, key, pin_file, subject, serial)
    if sources and any(option is not None for option in asked):
        raise UsageError(
            "requests are either made or read",
            "Leave the sources out, or --pkcs11 and all that belongs to it.",
        )
    if sources:
        from tng.csr.reading import RequestScan

        scan = RequestScan(sources, sys.stdin.buffer)
        shown = format_ or RequestFormat.COLUMNS
        code = show_requests(scan.outcomes(), scan.inputs, shown, output)
        if code is not ExitCode.DONE:
            raise SystemExit(code)
        return
    if pkcs11 is None:
        raise UsageError(
            "there is no request to read, and no key to make one with",
            "Name files with requests, or --pkcs11 MODULE --token LABEL --key LABEL.",
        )
    if format_ is not None:
        raise UsageError("a request that is made is written in PEM", "Leave --format out.")
    uri = token_uri(pkcs11, token, key)
    template = _DEFAULT_SUBJECT if subject is None else subject
    request = make_token_request(uri, pin_file, template, serial)
    write_request(request, output)
