"""Text and places of the input as SARIF wants them."""

import os
import posixpath
import re
from urllib.parse import quote

from tng.report.text import bounded, without_surrogates

MAX_MESSAGE = 1_000
"""Characters of a message; the JSON report has it whole."""
_PLACEHOLDER = re.compile(r"\{(?=\d+\})")
_SAFE_IN_PATH = "/-._~!$&'()*+,;=@"
"""What RFC 3986 §3.3 lets stand in a path, but ``:``, which would begin an absolute URI."""


def message(text: str) -> dict[str, object]:
    """A plain text message; what SARIF §3.11.5 and §3.11.6 read as a link or a place is escaped."""
    plain = bounded(text, MAX_MESSAGE)
    if "](" in plain:
        plain = plain.replace("\\", "\\\\").replace("[", "\\[").replace("]", "\\]")
    if _PLACEHOLDER.search(plain):
        plain = plain.replace("{", "{{").replace("}", "}}")
    return {"text": plain or "-"}


def artifact_uri(path: str) -> str:
    """The file as a URI reference: relative as it was given, ``file:`` for an absolute path."""
    normal = posixpath.normpath(path)
    try:
        octets = os.fsencode(normal)
    except UnicodeEncodeError:
        octets = without_surrogates(normal).encode()
    reference = quote(octets, safe=_SAFE_IN_PATH)
    return f"file:///{reference.lstrip('/')}" if reference.startswith("/") else reference
