"""What ends a run that needs a token."""

from tng.errors import TngError


class TokenError(TngError):
    """A PKCS#11 URI, module, token or key cannot be used."""
