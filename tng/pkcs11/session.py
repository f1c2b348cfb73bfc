"""Sessions with a token, and the private key that a URI names in it."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from itertools import islice
from typing import TYPE_CHECKING

from tng.pkcs11.errors import TokenError
from tng.pkcs11.failures import token_failures
from tng.pkcs11.module import module_file
from tng.pkcs11.uri import TokenUri

if TYPE_CHECKING:
    from pkcs11 import PrivateKey, Session, Token

_MAX_SHOWN = 20
_EXTRA_HINT = "Install it with: pip install 'tng[pkcs11]'"


@contextmanager
def open_session(uri: TokenUri, pin: str) -> "Iterator[Session]":
    """A read-only session, logged in; raises `TokenError`.

    Failures inside the block become `TokenError` as well.
    """
    token = find_token(uri)
    with token_failures(f"token {token.label}"), _logged_in(token, pin) as session:
        yield session


def _logged_in(token: "Token", pin: str) -> "Session":
    from pkcs11.exceptions import UserAlreadyLoggedIn

    try:
        return token.open(user_pin=pin)
    except UserAlreadyLoggedIn:
        # A login holds for the whole process (PKCS#11 §5.6.8): another library has made it.
        return token.open()


def find_token(uri: TokenUri) -> "Token":
    """The one token that the URI names; `TokenError` if there is none, or several."""
    try:
        import pkcs11
    except ImportError as error:
        raise TokenError(
            "keys in tokens need a package that is not installed: python-pkcs11", _EXTRA_HINT
        ) from error

    path = module_file(uri)
    with token_failures(f"PKCS#11 module {path}"):
        try:
            module = pkcs11.lib(str(path))
        except (OSError, RuntimeError) as error:
            if isinstance(error, pkcs11.PKCS11Error):
                raise
            raise TokenError(
                f"{path} is not a PKCS#11 module that can be loaded: {error}",
                "Name the module of your token, built for this machine.",
            ) from error
        tokens = [token for token in module.get_tokens() if _fits(token, uri)]
        known = [token.label for token in module.get_tokens() if token.label]
    if len(tokens) == 1:
        return tokens[0]
    if not known:
        raise TokenError(
            f"{path} has no token",
            "Plug the token in; SoftHSM2 looks for them where SOFTHSM2_CONF says.",
        )
    problem = f"{len(tokens)} tokens fit" if tokens else "no token fits"
    raise TokenError(
        f"{problem} {_wanted_token(uri)}",
        f"{path} has: {', '.join(known)}. Name one by its label (--token, or token= in a "
        "URI), or by serial= in a URI.",
    )


def find_private_key(session: "Session", uri: TokenUri) -> "PrivateKey":
    """The one private key of the URI that may sign; `TokenError` otherwise."""
    import pkcs11
    from pkcs11 import Attribute, ObjectClass

    wanted: dict[Attribute, object] = {Attribute.CLASS: ObjectClass.PRIVATE_KEY}
    if uri.object is not None:
        wanted[Attribute.LABEL] = uri.object
    if uri.id is not None:
        wanted[Attribute.ID] = uri.id
    keys = [item for item in session.get_objects(wanted) if isinstance(item, pkcs11.PrivateKey)]
    if len(keys) != 1:
        problem = f"{len(keys)} private keys fit" if keys else "no private key fits"
        raise TokenError(
            f"{problem} {_wanted_key(uri)}",
            f"The token has: {_labels(session)}. Name one by its label (--key, or object= in a "
            "URI), or by id=%01%02… in a URI.",
        )
    if attribute(keys[0], Attribute.SIGN) is False:
        raise TokenError("the key may not sign", "Name another key: this one is without CKA_SIGN.")
    return keys[0]


def _wanted_token(uri: TokenUri) -> str:
    asked = {
        "label": uri.token,
        "serial number": uri.serial,
        "manufacturer": uri.manufacturer,
        "model": uri.model,
    }
    return _told(asked)


def _wanted_key(uri: TokenUri) -> str:
    asked = {"label": uri.object, "id": None if uri.id is None else uri.id.hex()}
    return _told(asked)


def _told(asked: Mapping[str, str | None]) -> str:
    """What was asked for in a user's words, as ``the label 'device'``."""
    parts = [f"the {name} {value!r:.80}" for name, value in asked.items() if value is not None]
    return " and ".join(parts) or "where none is named"


def _labels(session: "Session") -> str:
    """The labels of the first private keys, for whoever mistyped one."""
    from pkcs11 import Attribute, ObjectClass

    found = session.get_objects({Attribute.CLASS: ObjectClass.PRIVATE_KEY})
    labels = {str(attribute(item, Attribute.LABEL) or "") for item in islice(found, _MAX_SHOWN)}
    return ", ".join(sorted(filter(None, labels))) or "none with a label"


def attribute(item: object, name: object) -> object:
    """An attribute of an object of the token; ``None`` where it has none or does not tell."""
    from pkcs11.exceptions import PKCS11Error

    try:
        value: object = item[name]  # type: ignore[index]  # objects of several classes
    except (PKCS11Error, NotImplementedError, KeyError):
        return None
    return value


def token_serial(token: "Token") -> str:
    """The serial number that the token's maker gave it; empty where there is none."""
    # Padded with blanks to its fixed length (PKCS#11 §3.2); some pad with zero bytes.
    return token.serial.decode("utf-8", "replace").rstrip(" \0")


def _fits(token: "Token", uri: TokenUri) -> bool:
    from pkcs11 import TokenFlag

    if not token.flags & TokenFlag.TOKEN_INITIALIZED:
        return False
    pairs = (
        (uri.token, token.label),
        (uri.serial, token_serial(token)),
        (uri.manufacturer, token.manufacturer_id),
        (uri.model, token.model),
    )
    return all(wanted is None or wanted == found for wanted, found in pairs)
