"""The type of an example file."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Example:
    """One file: its name below ``manifests/``, one sentence on it (Markdown), its bytes."""

    name: str
    description: str
    content: bytes
