"""The style sheet and the script of the page, and the policy that lets nothing else run."""

import base64
import hashlib
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from markupsafe import Markup

_STYLES = ("colors.css", "page.css", "parts.css", "devices.css", "print.css")
_SCRIPTS = ("data.js", "search.js", "order.js", "words.js", "details.js", "table.js", "controls.js")
"""In the order in which they are joined: one style sheet, one script."""


@dataclass(frozen=True, slots=True)
class Assets:
    """What is put into the page as it is, and the Content-Security-Policy (CSP 3) for it."""

    style: Markup
    script: Markup
    policy: str


@cache
def load_assets() -> Assets:
    """Read the files of the package; neither text may end its element early."""
    style = "\n".join(map(_read, _STYLES))
    script = '(() => {\n"use strict";\n' + "\n".join(map(_read, _SCRIPTS)) + "})();\n"
    policy = (
        f"default-src 'none'; script-src '{_hash(script)}'; style-src '{_hash(style)}'; "
        "base-uri 'none'; form-action 'none'"
    )
    return Assets(_unescaped(style), _unescaped(script), policy)


def _read(name: str) -> str:
    return (files(__package__) / "assets" / name).read_text("utf-8")


def _hash(text: str) -> str:
    digest = hashlib.sha256(text.encode()).digest()
    return f"sha256-{base64.b64encode(digest).decode()}"


def _unescaped(text: str) -> Markup:
    if "</" in text or "<!--" in text:
        raise ValueError("a style or script of the page would end its element")
    return Markup(text)  # noqa: S704 - a file of this package, none of the input
