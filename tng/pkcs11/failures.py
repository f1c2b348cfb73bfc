"""PKCS#11's return codes as errors that say what to do."""

from collections.abc import Iterator
from contextlib import contextmanager

from tng.pkcs11.errors import TokenError

_TEXTS = {
    "PinIncorrect": ("the token refuses the PIN", "It may lock itself after a few wrong ones."),
    "PinInvalid": ("the token refuses the PIN", "It has a character that the token does not take."),
    "PinLenRange": ("the token refuses the PIN", "It is shorter or longer than the token's are."),
    "PinLocked": ("the token is locked", "Its PIN was wrong too often: unlock it with its SO PIN."),
    "PinExpired": ("the token's PIN has expired", "Set a new one with the token's own tool."),
    "UserPinNotInitialized": ("the token has no PIN yet", "Set one with the token's own tool."),
    "UserNotLoggedIn": ("the token wants a PIN for this", "Set TNG_PKCS11_PIN."),
    "TokenNotPresent": ("the token is not there", "Plug it in."),
    "DeviceRemoved": ("the token was removed", "Plug it in and leave it there."),
    "DeviceError": ("the token failed", "Look into the log of its module."),
    # SoftHSM2 says nothing else where it finds no configuration, or may not read its tokens.
    "GeneralError": (
        "the module answers GeneralError",
        (
            "With SoftHSM2, check that SOFTHSM2_CONF names its configuration, and that you may "
            "read the folder of tokens named there; otherwise look into the log of "
            "the token's module."
        ),
    ),
    "MechanismInvalid": (
        "the token cannot sign in the way that this key needs",
        "ECDSA (CKM_ECDSA) or RSA with SHA-256 (CKM_SHA256_RSA_PKCS) is needed.",
    ),
}


@contextmanager
def token_failures(what: str) -> Iterator[None]:
    """Every failure of the library in this block becomes a `TokenError` beginning with ``what``."""
    from pkcs11.exceptions import PKCS11Error

    try:
        yield
    except PKCS11Error as error:
        name = type(error).__name__
        # The library's root error has words of its own, as for a file that is no module.
        words = str(error) if type(error) is PKCS11Error else name
        message, hint = _TEXTS.get(
            name, (f"the module answers {words}", "Look into the log of the token's module.")
        )
        raise TokenError(f"{what}: {message}", hint) from error
