"""What ends the making or the checking of a seal."""

from tng.errors import TngError


class SealError(TngError):
    """A report cannot be sealed, or there is no seal that could be checked."""


class MalformedSealError(Exception):
    """A statement or a signature is not of its form; ``str()`` says what was found.

    It never leaves the room: whether it ends the run or fails the check depends on the part.
    """
