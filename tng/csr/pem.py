"""The PEM form of a certificate request (RFC 7468 §7)."""

from base64 import b64encode

_LINE = 64


def to_pem(der: bytes) -> str:
    """One block of 64 characters a line."""
    text = b64encode(der).decode("ascii")
    lines = [text[start : start + _LINE] for start in range(0, len(text), _LINE)]
    body = "\n".join(lines)
    return f"-----BEGIN CERTIFICATE REQUEST-----\n{body}\n-----END CERTIFICATE REQUEST-----\n"
