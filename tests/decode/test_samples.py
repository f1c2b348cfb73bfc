"""Genuine dumps: the attestation leaf is found in every one of them."""

import pytest

from tests.decode.reading import codes, decode, uid_of
from tests.shared_material import shared
from tng.models import DeviceEntry

UID = "0400500194b58d02eab29b046aa26a701b90"


@pytest.mark.parametrize(
    ("name", "object_id", "uid", "expected"),
    [
        ("esp32-serial-crcrlf-ansi.log", "f0000013", UID, ["pem-irregular"]),
        ("one-line.pem", None, None, ["pem-irregular"]),
        ("ssscli-session.txt", "f0000013", UID, []),
        ("ssscli-get-bin-zero-padded.der", None, None, ["certificate-zero-padded"]),
    ],
)
def test_the_attestation_leaf_is_in_every_dump(name, object_id, uid, expected):
    data = shared("samples", "nxp", name).read_bytes()
    (entry,) = [item for item in decode(data) if isinstance(item, DeviceEntry)]
    assert entry.record.vendor == "nxp"
    assert entry.record.device_id == UID
    assert entry.record.object_id == object_id
    assert uid_of(entry) == uid
    assert entry.record.leaf.subject.common_name == f"Attest-{UID.upper()}"
    assert codes(entry) == expected


def test_the_shortened_listing_is_reported_with_its_line():
    data = shared("samples", "nxp", "esp32-serial-truncated.log").read_bytes()
    (problem,) = decode(data)
    assert codes(problem) == ["dump-truncated"]
    assert data.split(b"\n")[problem.source.line - 1].startswith(b"-----BEGIN CERTIFICATE")
    assert "f0000101" in problem.findings[0].message
