"""Options that name a key in a PKCS#11 token, the same for every command that uses one.

The PIN comes from ``--pin-file``, a pin-source in the URI, the environment, or a prompt.
"""

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from tng.cli.options import file_here
from tng.cli.secrets import PIN_VARIABLE, ask_pin
from tng.errors import UsageError

if TYPE_CHECKING:
    from tng.pkcs11.uri import TokenUri

PKCS11_HELP = (
    "PKCS#11 module of the token that has the key: a path, a name (softhsm2), or a whole "
    "pkcs11: URI (RFC 7512)."
)
TOKEN_HELP = "Label of the token."  # noqa: S105 - a help text
KEY_LABEL_HELP = "Label of the private key in the token."
PIN_FILE_HELP = f"File with the token's PIN; otherwise {PIN_VARIABLE}, or it is asked for."

Pkcs11Option = Annotated[
    str | None, typer.Option("--pkcs11", metavar="MODULE", help=PKCS11_HELP, show_default=False)
]
TokenOption = Annotated[
    str | None, typer.Option("--token", metavar="LABEL", help=TOKEN_HELP, show_default=False)
]
KeyLabelOption = Annotated[
    str | None, typer.Option("--key", metavar="LABEL", help=KEY_LABEL_HELP, show_default=False)
]
PinFileOption = Annotated[
    Path | None,
    typer.Option(
        "--pin-file", metavar="FILE", parser=file_here, help=PIN_FILE_HELP, show_default=False
    ),
]


def token_uri(module: str | None, token: str | None, label: str | None) -> "TokenUri":
    """The key that a module (path, name or ``pkcs11:`` URI), a token's and a key's label name.

    Raises `UsageError` without a module, and `TokenError` as `tng.pkcs11.uri.make_uri` does.
    """
    from tng.pkcs11.uri import make_uri

    if module is None:
        raise UsageError(
            "a key in a token needs --pkcs11",
            "Name the token's module, as --pkcs11 /usr/lib/softhsm/libsofthsm2.so",
        )
    return make_uri(module, token, label)


def read_pin(uri: "TokenUri", pin_file: Path | None, otherwise: Callable[[], str] = ask_pin) -> str:
    """The PIN for ``uri``: from the file, the URI's pin-source, or ``otherwise``.

    That is the environment, or a prompt. Raises `TokenError` for a module that is not there and a
    file that holds no PIN, `InputError` where nobody can be asked.
    """
    from tng.pkcs11.module import module_file, pin_of, read_pin_file

    # Nobody is asked for the PIN of a token that cannot be there.
    module_file(uri)
    if pin_file is not None:
        return read_pin_file(pin_file)
    return pin_of(uri, otherwise)
