"""Whether two public keys are one, in whatever form each is written. Judges no certificate."""

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.serialization import load_der_public_key


def is_same_key(first: bytes, second: bytes) -> bool:
    """Whether two SubjectPublicKeyInfo (DER) are one key: a point may be compressed (SEC 1 §2.3.3).

    False for what is no key.
    """
    if first == second:
        return True
    try:
        return load_der_public_key(first) == load_der_public_key(second)
    except (ValueError, UnsupportedAlgorithm):
        return False
