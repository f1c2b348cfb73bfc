"""Where everything lies in certificates that are alike, so that the next ones are read quickly.

The devices of a batch have certificates that differ in serial number, the text of the common
name, dates, key, key identifier and signature alone: every tag and every length is the same.
Once such a certificate was read with care, its `Layout` says where those values lie in any
other one whose remaining bytes are equal, since the bytes that were walked over are the same.
"""

from dataclasses import dataclass

from tng.x509 import der
from tng.x509.names import NameBeginning

MAX_LAYOUT_BYTES = 4096
"""Four times what genuine device certificates have; longer ones are not worth the memory."""
_LENGTHS = 64
_LAYOUTS_A_LENGTH = 8


@dataclass(frozen=True, slots=True)
class Layout:
    """Offsets in a certificate, and the bytes between those values that differ.

    Each number says where that value or element begins, ``serial_stop`` where the octets of
    the serial number end. ``subject_beginning`` is ``None`` where the subject is empty.
    """

    size: int
    tbs: int
    serial: int
    serial_stop: int
    issuer: int
    validity: int
    subject: int
    subject_beginning: NameBeginning | None
    key: int
    extensions: int
    tbs_stop: int
    signature: int
    fixed: tuple[bytes, ...]

    def fits(self, data: bytes) -> bool:
        """Whether all bytes of ``data`` that are no values are the ones of this layout."""
        head, names, subject, key, signature = self.fixed
        return (
            len(data) == self.size
            and data.startswith(head)
            and data.startswith(names, self.serial_stop)
            and data.startswith(subject, self.subject)
            and data.startswith(key, self.key)
            and data.startswith(signature, self.tbs_stop)
        )


def fixed_bytes(data: bytes, layout: Layout, beginning: NameBeginning) -> tuple[bytes, ...]:
    """The bytes that have to be the same; the issuer is among them, and all headers.

    Of the validity and the key the header alone: what is in them is read each time.
    """
    _, key_start, _ = der.header(data, layout.key, layout.extensions)
    return (
        data[: layout.serial],
        data[layout.serial_stop : layout.validity + 2],
        data[layout.subject : beginning.text],
        data[layout.key : key_start],
        data[layout.tbs_stop : layout.signature],
    )


class LayoutMemory:
    """The layouts seen of late; bounded."""

    def __init__(self) -> None:
        self._layouts: dict[int, tuple[Layout, ...]] = {}

    def find(self, data: bytes) -> Layout | None:
        """A layout that fits, if there is one."""
        for layout in self._layouts.get(len(data), ()):
            if layout.fits(data):
                return layout
        return None

    def remember(self, layout: Layout) -> None:
        """Keep a layout for what comes."""
        if layout.size > MAX_LAYOUT_BYTES:
            return
        if len(self._layouts) >= _LENGTHS:
            self._layouts.clear()
        others = self._layouts.get(layout.size, ())
        self._layouts[layout.size] = (layout, *others[: _LAYOUTS_A_LENGTH - 1])
