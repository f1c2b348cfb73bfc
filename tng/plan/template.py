"""Names from templates such as ``{part_number}-{device_id}``: fields in braces, no more.

Not `str.format`: there are no attributes, indices, conversions or format options, so a
template can reach nothing but the fields of a device.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from tng.csr.model import RequestedDevice
from tng.errors import ConfigurationError
from tng.plan.models import PlannableDevice, device_key

FIELDS = (
    "device_id",
    "cn",
    "sha256",
    "serial_number",
    "part_number",
    "group_id",
    "uid",
    "object_id",
    "vendor",
)
"""What may stand in braces."""

_PIECE = re.compile(r"\{\{|\}\}|\{([^{}]*)\}|[{}]")


class TemplateError(ValueError):
    """A device lacks a field that the template names; the message says which."""


@dataclass(frozen=True, slots=True)
class Template:
    """A parsed template. ``pieces`` are pairs of literal text and the field after it."""

    text: str
    pieces: tuple[tuple[str, str | None], ...]

    @classmethod
    def parse(cls, text: str, origin: str) -> "Template":
        """Parse ``text``; ``origin`` says in messages where it stands.

        ``{{`` and ``}}`` are braces. Raises `ConfigurationError` for anything else.
        """
        pieces: list[tuple[str, str | None]] = []
        literal, position = "", 0
        for match in _PIECE.finditer(text):
            literal += text[position : match.start()]
            position = match.end()
            if match[0] in ("{{", "}}"):
                literal += match[0][0]
                continue
            if match[1] not in FIELDS:
                raise _unknown(text, match[0], origin)
            pieces.append((literal, match[1]))
            literal = ""
        pieces.append((literal + text[position:], None))
        return cls(text, tuple(pieces))

    def render(self, fields: Mapping[str, str | None]) -> str:
        """The text with every field filled in; raises `TemplateError` if one is not known."""
        parts: list[str] = []
        for literal, name in self.pieces:
            parts.append(literal)
            if name is None:
                continue
            value = fields.get(name)
            if not value:
                raise TemplateError(f"{{{name}}} is not known of this device")
            parts.append(value)
        return "".join(parts)


def device_fields(device: PlannableDevice) -> dict[str, str | None]:
    """The value of every one of `FIELDS` for a device; ``None`` where it has none.

    Of a device that asks with a request, ``cn`` is the request's and ``sha256`` that of its
    public key; its certificate, and so its serial number, is not known before it is made.
    """
    record = device.record
    if isinstance(device, RequestedDevice):
        common_name, serial_number = device.request.common_name, None
    else:
        common_name, serial_number = device.leaf.subject.common_name, device.leaf.serial_hex
    return {
        "device_id": record.device_id,
        "cn": common_name,
        "sha256": device_key(device),
        "serial_number": serial_number,
        "part_number": record.part_number,
        "group_id": record.group_id,
        "uid": record.device_id if record.vendor == "nxp" else None,
        "object_id": record.object_id,
        "vendor": record.vendor,
    }


def _unknown(text: str, piece: str, origin: str) -> ConfigurationError:
    return ConfigurationError(
        f"{origin}: the template {text!r} has {piece!r}, which is no field",
        "Fields are " + ", ".join(f"{{{name}}}" for name in FIELDS) + "; write {{ for a brace.",
    )
