"""What ends the making of a certificate request."""

from tng.errors import TngError


class RequestError(TngError):
    """A certificate request cannot be made as it was asked for."""
