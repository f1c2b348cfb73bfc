"""What a form of an audit's report plugs in."""

from typing import BinaryIO, Protocol

from tng.audit.models import Audit


class AuditReport(Protocol):
    """Writes the whole report; the same audit gives the same bytes.

    A function, most often. It may walk ``audit.devices`` several times and holds none of them
    back, so that memory stays flat.
    """

    def __call__(self, audit: Audit, stream: BinaryIO) -> None:
        """Write ``audit`` to ``stream``, which may not be seekable."""
