"""Secrets that a command needs: from the environment or a prompt, never from an argument."""

import os
import sys

import typer

from tng.errors import InputError

PIN_VARIABLE = "TNG_PKCS11_PIN"
CLAIM_PIN_VARIABLE = "TNG_CLAIM_PKCS11_PIN"
KEY_PASSPHRASE_VARIABLE = "TNG_KEY_PASSPHRASE"  # noqa: S105 - the name, not the passphrase


def ask_pin() -> str:
    """The PIN of a token; raises `InputError` where nobody can be asked for it."""
    return ask_secret(PIN_VARIABLE, "PIN", "the token wants a PIN")


def ask_claim_pin() -> str:
    """The PIN of the claim's token, which may have that of the device's; raises as `ask_pin`."""
    is_shared = CLAIM_PIN_VARIABLE not in os.environ and PIN_VARIABLE in os.environ
    variable = PIN_VARIABLE if is_shared else CLAIM_PIN_VARIABLE
    return ask_secret(variable, "PIN", "the claim's token wants a PIN", owner="the claim's token")


def ask_secret(variable: str, name: str, problem: str, *, owner: str = "") -> str:
    """The secret from an environment variable, or from whoever sits at the terminal.

    ``name`` is what it is called (``"PIN"``), ``problem`` why it is needed, ``owner`` whose it is,
    for a prompt. Raises `InputError` where the variable is not set and there is no terminal.
    """
    given = os.environ.get(variable)
    if given is not None:
        return given
    if not sys.stdin.isatty():
        raise InputError(problem, f"Set {variable} to its {name}.")
    called = name.capitalize() if name.islower() else name
    prompt = f"{called} of {owner}" if owner else called
    return str(typer.prompt(prompt, hide_input=True, err=True))
