"""What ``tng audit`` needs for ``--sign`` and ``--check``: keys, secrets, files and words."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from tng.cli.console import Verbosity, talk
from tng.cli.options import file_here
from tng.cli.output import open_output
from tng.cli.secrets import PIN_VARIABLE, ask_pin, ask_secret
from tng.exit_codes import ExitCode
from tng.report.text import printable

if TYPE_CHECKING:
    from tng.audit.models import AuditInput, Making
    from tng.seal.files import FileDigest
    from tng.seal.interface import SigningKey
    from tng.seal.making import SealFiles
    from tng.seal.result import CheckedFile, SealResult

PASSPHRASE_VARIABLE = "TNG_SIGN_PASSPHRASE"  # noqa: S105 - the name, not the passphrase

SignOption = Annotated[
    str | None,
    typer.Option(
        "--sign",
        metavar="KEY",
        help="Seal the JSON report with this private key: a file, or a pkcs11: URI. "
        f"{PASSPHRASE_VARIABLE} or {PIN_VARIABLE} is its secret, otherwise it is asked for.",
        show_default=False,
    ),
]
CheckOption = Annotated[
    Path | None,
    typer.Option(
        "--check",
        metavar="FILE",
        parser=file_here,
        help="Check the seal of this report instead of auditing (or name the .seal.json itself).",
        show_default=False,
    ),
]
KeyOption = Annotated[
    str | None,
    typer.Option(
        "--key",
        metavar="KEY",
        help="With --check: whose seal it must be. A public key or certificate file, or "
        "sha256:FINGERPRINT of the public key.",
        show_default=False,
    ),
]
InputsOption = Annotated[
    Path | None,
    typer.Option(
        "--inputs",
        metavar="DIR",
        parser=file_here,
        help="With --check: the folder in which all inputs of the report have to be.",
        show_default=False,
    ),
]


def load_signing_key(text: str) -> "SigningKey":
    """The key that ``--sign`` names; raises `TngError` for one that cannot be used."""
    from tng.pkcs11.uri import is_uri

    if is_uri(text):
        from tng.seal.token_key import load_token_key

        return load_token_key(text, ask_pin)
    from tng.seal.key_file import load_key_file

    return load_key_file(Path(text), _passphrase)


def seal_outputs(
    key: "SigningKey",
    making: "Making",
    inputs: "Sequence[AuditInput]",
    outputs: Sequence[Path],
    report: Path,
    written: "Mapping[Path, FileDigest] | None" = None,
) -> "SealFiles":
    """Seal the written ``outputs``, of which ``report`` is the JSON one; say how to check it.

    ``written`` is what was put into them, where it is known: nothing else is sealed.
    `tng.seal.making.require_sealable` tells before the work whether that will be possible.
    """
    from tng.seal.making import make_seal, require_sealable, seal_files

    require_sealable(outputs, report)
    seal = make_seal(key, making, inputs, outputs, report, written or {})
    files = seal_files(report)
    for path, octets in ((files.statement, seal.statement), (files.signature, seal.signature)):
        with open_output(path) as stream:
            stream.write(octets)
    public = key.public_key
    talk().print(f"sealed with {public.algorithm} key sha256:{public.fingerprint}")
    talk().print(
        f"to check: tng audit --check {printable(report)} --key sha256:{public.fingerprint}"
    )
    return files


def print_check(check: Path, key: str | None, inputs: Path | None) -> ExitCode:
    """Check a seal; a line for each file on stdout, the answer on stderr, and the exit code."""
    from tng.seal.check import check_seal
    from tng.seal.trusted import read_trusted_key

    result = check_seal(check, None if key is None else read_trusted_key(key), inputs)
    for item in result.files:
        typer.echo(_line(item))
    _say(result)
    return ExitCode.DONE if result.holds else ExitCode.FINDINGS


def _line(item: "CheckedFile") -> str:
    detail = f" ({printable(item.detail)})" if item.detail else ""
    return f"{item.state.value:<12} {item.role:<16} {printable(item.path)}{detail}"


def _say(result: "SealResult") -> None:
    from tng.seal.result import FileState, Signature

    console = talk()
    statement = result.statement
    if statement is not None:
        console.print(
            f"seal of {printable(statement.at)} by tng {printable(statement.version)}, "
            f"{statement.key.algorithm} key sha256:{statement.key.fingerprint}"
        )
        if Verbosity.level > 0:
            console.print(f"  command: {printable(statement.command)}")
    if result.problem:
        console.print(f"FAILED: {printable(result.problem)}", style="bold red")
        console.print("Nothing that this seal says can be relied on; no file was looked at.")
        return
    missing = sum(item.state is FileState.MISSING for item in result.files) - sum(
        item.state is FileState.MISSING for item in result.wrong
    )
    if missing:
        console.print(f"warning: {_count(missing)} not there to be checked (see --inputs)")
    for item in result.wrong:
        console.print(f"FAILED: {item.role} {printable(item.path)}: {item.state.value}")
    if result.signature is Signature.UNTRUSTED:
        console.print("NOT PROVEN: anybody could have made this seal.", style="bold red")
        console.print(
            "It fits the key that it names itself. Name the key that must have made it: "
            "--key FILE, or --key sha256:FINGERPRINT as you had it from the auditor."
        )
    elif result.holds:
        unchecked = sum(item.state is FileState.NOT_CHECKED for item in result.files)
        rest = f", {unchecked:,} could not be checked" if unchecked else ""
        console.print(f"The seal holds{rest}.", style="bold green")


def _count(inputs: int) -> str:
    return "one input is" if inputs == 1 else f"{inputs:,} inputs are"


def _passphrase() -> str:
    return ask_secret(PASSPHRASE_VARIABLE, "passphrase", "the private key is encrypted")
