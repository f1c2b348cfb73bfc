"""PKCS#11 URIs (RFC 7512): which module, token and key.

``pkcs11:token=Seals;object=audit?module-path=/usr/lib/softhsm/libsofthsm2.so``
"""

import re
import string
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from urllib.parse import quote

from tng.pkcs11.errors import TokenError

SCHEME = "pkcs11:"
_MAX_CHARACTERS = 4096
_MAX_LABEL_BYTES = 1024
"""Thirty times what a token's label has; escaped, it still fits into a URI."""
_PERCENT = re.compile(rb"%([0-9A-Fa-f]{2})|%")
_PRINTABLE = frozenset(string.printable) - frozenset("\t\n\r\x0b\x0c")
_PATH = frozenset({"token", "manufacturer", "serial", "model", "object", "id", "type"})
_QUERY = frozenset({"module-path", "module-name", "pin-source"})
_HINT = "pkcs11:token=NAME;object=KEY?module-path=/path/to/module.so is the form (RFC 7512)"


@dataclass(frozen=True, slots=True)
class TokenUri:
    """What a URI demands; ``None`` where it demands nothing. ``text`` is what was given.

    ``id`` is the key's CKA_ID, ``object`` its label; ``type`` is ``"private"`` or absent.
    """

    text: str
    token: str | None
    manufacturer: str | None
    serial: str | None
    model: str | None
    object: str | None
    id: bytes | None
    module_path: str | None
    module_name: str | None
    pin_source: str | None


def is_uri(text: str) -> bool:
    """Whether it names a token and no file; schemes are the same in every case (RFC 3986)."""
    return text[: len(SCHEME)].lower() == SCHEME


def read_uri(text: str) -> TokenUri:
    """The URI; `TokenError` for one that is malformed or demands what is not known here.

    An attribute that is not understood is refused: without it another key might be found. So is
    ``pin-value``, since every process of the machine may read another one's arguments.
    """
    if not is_uri(text) or len(text) > _MAX_CHARACTERS or not set(text) <= _PRINTABLE:
        raise TokenError("this is not a PKCS#11 URI", _HINT)
    path, _, query = text[len(SCHEME) :].partition("?")
    found = _attributes(path, ";", _PATH)
    asked = _attributes(query, "&", _QUERY)
    if found.get("type", b"private") != b"private":
        kind = found["type"].decode("utf-8", "replace")
        raise TokenError(
            f"the URI names an object of type {kind}, and only a private key signs",
            "Write type=private, or leave type out.",
        )
    if "module-path" in asked and "module-name" in asked:
        raise TokenError("the URI names its module twice", "Leave module-path or module-name out.")
    return TokenUri(
        text=text,
        token=_text(found, "token"),
        manufacturer=_text(found, "manufacturer"),
        serial=_text(found, "serial"),
        model=_text(found, "model"),
        object=_text(found, "object"),
        id=found.get("id"),
        module_path=_text(asked, "module-path"),
        module_name=_text(asked, "module-name"),
        pin_source=_text(asked, "pin-source"),
    )


def make_uri(module: str, token: str | None, label: str | None) -> TokenUri:
    """The URI of a module, a token's label and a key's label; nothing has to be escaped by hand.

    ``module`` is the path of a module, its name (RFC 7512 §2.3: ``softhsm2``; ``libsofthsm2.so``
    is the same), or a whole ``pkcs11:`` URI, to which the labels then add. Raises `TokenError`,
    also where they contradict it.
    """
    uri = read_uri(module) if is_uri(module) else _module_uri(module)
    given = (("token", uri.token, token), ("object", uri.object, label))
    added: dict[str, str] = {}
    for name, named, value in given:
        if value is None or value == named:
            continue
        if named is not None:
            raise TokenError(
                f"the URI has {name}={named!r:.80}, and {value!r:.80} was asked for besides",
                "Name token and key once: in the URI, or by their labels.",
            )
        added[name] = _label(name, value)
    uri = replace(uri, token=added.get("token", uri.token), object=added.get("object", uri.object))
    path = ";".join(f"{name}={quote(value, safe='')}" for name, value in added.items())
    return replace(uri, text=_with_path(uri.text, path))


def _module_uri(module: str) -> TokenUri:
    """The URI that names a module and nothing else."""
    _label("module", module)
    if "/" in module:
        path = str(Path(module).absolute())
        return read_uri(f"{SCHEME}?module-path={quote(path)}")
    bare = module.removesuffix(".so").removesuffix(".dylib")
    name = bare.removeprefix("lib") if bare != module else module
    return read_uri(f"{SCHEME}?module-name={quote(name, safe='')}")


def _label(name: str, value: str) -> str:
    """``value``, which a module can be asked for; `TokenError` for one that never fits."""
    try:
        octets = value.encode("utf-8")
    except UnicodeEncodeError as error:
        raise TokenError(f"the name of the {name} is not UTF-8", _HINT) from error
    if not octets or b"\0" in octets or len(octets) > _MAX_LABEL_BYTES:
        raise TokenError(f"this is no name of a {name}: {value!r:.80}", _HINT)
    return value


def _with_path(text: str, added: str) -> str:
    if not added:
        return text
    path, mark, query = text[len(SCHEME) :].partition("?")
    joined = f"{path};{added}" if path else added
    return f"{SCHEME}{joined}{mark}{query}"


def _attributes(text: str, separator: str, known: frozenset[str]) -> dict[str, bytes]:
    found: dict[str, bytes] = {}
    for part in filter(None, text.split(separator)):
        name, equals, value = part.partition("=")
        if name == "pin-value":
            raise TokenError(
                "the URI has a pin-value, which everybody on this machine can read",
                "Set TNG_PKCS11_PIN, or name a file: pin-source=file:/path/to/pin",
            )
        if not equals or name not in known:
            raise TokenError(
                f"the URI has an attribute {name!r:.40} that is not known here",
                f"Known are {', '.join(sorted(known))}",
            )
        if name in found:
            raise TokenError(f"the URI has {name} twice", _HINT)
        found[name] = _decoded(name, value)
    return found


def _decoded(name: str, value: str) -> bytes:
    def octet(match: re.Match[bytes]) -> bytes:
        if match[1] is None:
            raise TokenError(f"in the URI's {name} a % stands without two digits", _HINT)
        return bytes.fromhex(match[1].decode("ascii"))

    return _PERCENT.sub(octet, value.encode("ascii"))


def _text(values: Mapping[str, bytes], name: str) -> str | None:
    octets = values.get(name)
    if octets is None:
        return None
    try:
        text = octets.decode("utf-8")
    except UnicodeDecodeError as error:
        raise TokenError(f"the URI's {name} is not UTF-8", _HINT) from error
    if "\0" in text:
        raise TokenError(f"the URI's {name} has a zero byte", _HINT)
    return text
