"""What a certificate looks like, by an independent parser, and openssl as a second opinion."""

import shutil
import subprocess
from pathlib import Path

import pytest
from asn1crypto import parser
from asn1crypto import x509 as asn1_x509

from tng.testing.certificates import pem

_VARIABLE = {2, 3, 4, 12, 19}
"""INTEGER, BIT STRING, OCTET STRING and the strings: their contents differ by chip."""


def parse(certificate: bytes) -> asn1_x509.Certificate:
    """Strictly: nothing may follow the certificate."""
    return asn1_x509.Certificate.load(certificate, strict=True)


def skeleton(data: bytes) -> list[object]:
    """Nested tags, with the values of everything that does not differ from chip to chip."""
    shape: list[object] = []
    while data:
        class_, method, tag, header, content, trailer = parser.parse(data)
        size = len(header) + len(content) + len(trailer)
        if method == 1:
            shape.append((class_, tag, skeleton(content)))
        elif class_ == 0 and tag in _VARIABLE:
            shape.append((class_, tag))
        elif class_ == 0 and tag in (23, 24):
            shape.append((class_, tag, len(content)))
        else:
            shape.append((class_, tag, len(content) if class_ else content))
        data = data[size:]
    return shape


def extension_oids(certificate: bytes) -> list[tuple[str, bool]]:
    """Extensions in order with their criticality."""
    extensions = parse(certificate)["tbs_certificate"]["extensions"]
    return [(e["extn_id"].native, e["critical"].native) for e in extensions]


def end_tag(certificate: bytes) -> str:
    """``utc_time`` or ``general_time``: how notAfter is written."""
    return parse(certificate)["tbs_certificate"]["validity"]["not_after"].name


def algorithm_parameters(certificate: bytes) -> list[bytes]:
    """DER of the parameters of the inner and the outer signature algorithm."""
    parsed = parse(certificate)
    inner = parsed["tbs_certificate"]["signature"]["parameters"]
    outer = parsed["signature_algorithm"]["parameters"]
    return [inner.dump(), outer.dump()]


NULL = b"\x05\x00"
ABSENT = b""


def openssl_accepts(
    directory: Path, roots: tuple[bytes, ...], issuers: tuple[bytes, ...], leaf: bytes, at: int
) -> bool:
    """Whether ``openssl verify`` accepts the chain at ``at`` (seconds since 1970)."""
    executable = shutil.which("openssl")
    if executable is None:
        pytest.skip("openssl is not installed")
    for name, certificates in (("roots", roots), ("issuers", issuers), ("leaf", (leaf,))):
        (directory / f"{name}.pem").write_text(pem(*certificates))
    files = [str(directory / f"{name}.pem") for name in ("roots", "issuers", "leaf")]
    command = [executable, "verify", "-attime", str(at), "-CAfile", files[0]]
    if issuers:
        command += ["-untrusted", files[1]]
    return subprocess.run([*command, files[2]], capture_output=True, check=False).returncode == 0
