"""Finding the PKCS#11 module that a URI names, and the PIN where it names a file for it."""

import re
from collections.abc import Callable, Sequence
from pathlib import Path
from urllib.parse import unquote

from tng.pkcs11.errors import TokenError
from tng.pkcs11.uri import TokenUri

Pin = Callable[[], str]
"""Called at most once where the URI has no pin-source; raises `TngError` if there is none."""

MODULE_FOLDERS = (
    "/usr/lib/pkcs11",
    "/usr/lib64/pkcs11",
    "/usr/lib/softhsm",
    "/usr/lib64/softhsm",
    "/usr/local/lib/pkcs11",
    "/usr/local/lib/softhsm",
    "/usr/local/lib",
    "/usr/lib64",
    "/usr/lib",
    "/opt/homebrew/lib",
)
"""Where modules are put by distributions; folders of one architecture come after these."""

_NAME = re.compile(r"[A-Za-z0-9_.+-]{1,80}\Z")
_MAX_PIN_BYTES = 4096
_PIN_HINT = "The file has the PIN on its only line."
_HINT = (
    "Name your token's module by its absolute path, as --pkcs11 /usr/lib/softhsm/libsofthsm2.so, "
    "or ?module-path=… in a URI."
)


def module_file(uri: TokenUri, folders: Sequence[str] = MODULE_FOLDERS) -> Path:
    """The file of the module; `TokenError` where none is named or there is no such file."""
    if uri.module_path is not None:
        path = Path(uri.module_path)
        if not path.is_absolute() or not path.is_file():
            raise TokenError(f"there is no PKCS#11 module {path}", _HINT)
        return path
    if uri.module_name is None:
        raise TokenError("the URI names no PKCS#11 module", _HINT)
    return _named(uri.module_name, folders)


def _named(name: str, folders: Sequence[str]) -> Path:
    # RFC 7512 §2.3: a name without the affixes of the system, and no path.
    if not _NAME.match(name):
        raise TokenError(f"{name!r:.100} is not the name of a PKCS#11 module", _HINT)
    places = [Path(folder) for folder in folders]
    places += sorted(Path("/usr/lib").glob("*-linux-*"))
    for place in places:
        for file in (f"lib{name}.so", f"{name}.so", f"{name}-pkcs11.so", f"lib{name}.dylib"):
            for found in (place / file, place / "pkcs11" / file, place / "softhsm" / file):
                if found.is_file():
                    return found
    raise TokenError(f"no PKCS#11 module is called {name} on this machine", _HINT)


def pin_of(uri: TokenUri, otherwise: Pin) -> str:
    """The PIN from the URI's pin-source (``file:`` or a path), or from ``otherwise``."""
    if uri.pin_source is None:
        return otherwise()
    return read_pin_file(_pin_file(uri.pin_source))


def read_pin_file(path: Path) -> str:
    """The PIN that is the one line of a file; raises `TokenError`."""
    try:
        with path.open("rb") as stream:
            octets = stream.read(_MAX_PIN_BYTES + 1)
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else error
        raise TokenError(
            f"the PIN cannot be read from {path}: {reason}",
            "Check the file's name and its permissions.",
        ) from error
    try:
        pin = octets.decode("utf-8").removesuffix("\n").removesuffix("\r")
    except UnicodeDecodeError as error:
        raise TokenError(f"{path} holds no PIN: it is not UTF-8", _PIN_HINT) from error
    if not pin or len(octets) > _MAX_PIN_BYTES or "\n" in pin:
        raise TokenError(f"{path} holds no PIN", _PIN_HINT)
    return pin


def _pin_file(source: str) -> Path:
    if source.startswith("|"):
        raise TokenError("pin-source is a program, which is not run", "Name a file: file:/path")
    if source.lower().startswith("file:"):
        # RFC 8089: file:/path and file:///path are the same local file.
        name = unquote(source[len("file:") :])
        return Path(name[2:] if name.startswith("///") else name)
    return Path(source)
