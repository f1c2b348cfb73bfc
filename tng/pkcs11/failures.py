"""PKCS#11's return codes as errors that say what to do."""

from collections.abc import Iterator
from contextlib import contextmanager

from tng.pkcs11.errors import TokenError

_TEXTS = {
    "PinIncorrect": ("the token refuses the PIN", "it may lock itself after a few wrong ones"),
    "PinInvalid": ("the token refuses the PIN", "it has a character that the token does not take"),
    "PinLenRange": ("the token refuses the PIN", "it is shorter or longer than the token's are"),
    "PinLocked": ("the token is locked", "its PIN was wrong too often: unlock it with its SO PIN"),
    "PinExpired": ("the token's PIN has expired", "set a new one with the token's own tool"),
    "UserPinNotInitialized": ("the token has no PIN yet", "set one with the token's own tool"),
    "UserNotLoggedIn": ("the token wants a PIN for this", "set TNG_PKCS11_PIN"),
    "TokenNotPresent": ("the token is not there", "plug it in"),
    "DeviceRemoved": ("the token was removed", "plug it in and leave it there"),
    "DeviceError": ("the token failed", "look into the log of its module"),
    "MechanismInvalid": (
        "the token cannot sign in the way that this key needs",
        "ECDSA (CKM_ECDSA) or RSA with SHA-256 (CKM_SHA256_RSA_PKCS) is needed",
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
            name, (f"the module answers {words}", "look into the log of the token's module")
        )
        raise TokenError(f"{what}: {message}", hint) from error
