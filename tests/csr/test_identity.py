"""Which device a common name names."""

import pytest

from tests.csr.asking import common_name, name_of
from tng.csr.identity import device_id_of, read_subject
from tng.testing import der_writer as der

UID = "04005001A1B2C3D4E5F6070809101112131415"[:36]


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("sn0123A1B2C3D4E5F6EE", "0123a1b2c3d4e5f6ee"),
        ("sn0123a1b2c3d4e5f6ee01", "sn0123a1b2c3d4e5f6ee01"),
        ("0123A1B2C3D4E5F6EE ATECC", "0123a1b2c3d4e5f6ee"),
        ("0123A1B2C3D4E5F6EE ATECC608B", "0123a1b2c3d4e5f6ee"),
        ("0123A1B2C3D4E5F627 0004A31000112233 ATECC", "0123a1b2c3d4e5f627"),
        ("0123A1B2C3D4E5F6EE", "0123a1b2c3d4e5f6ee"),
        (UID, UID.lower()),
        (f"SE050-{UID}", UID.lower()),
        ("Board 17", "Board 17"),
        ("AWS IoT Certificate", "AWS IoT Certificate"),
        ("0123", "0123"),
        ("Gerät 7", "Gerät 7"),
        ("", None),
        ("x" * 64, "x" * 64),
        ("x" * 65, None),
        ("a\u200bb", None),
        ("\u202e7", None),
        ("a\tb", None),
        ("a ", None),
    ],
)
def test_a_serial_number_in_its_vendors_form_is_the_id(name, expected):
    assert device_id_of(name) == expected


@pytest.mark.parametrize(
    ("octets", "text"),
    [
        (common_name("a,b=c"), "CN=a\\,b\\=c"),
        (common_name("#a"), "CN=\\#a"),
        (common_name("a "), "CN=a\\ "),
        (name_of(der.utf8_string("a"), der.utf8_string("b")), "CN=b,CN=a"),
    ],
)
def test_the_subject_is_shown_escaped_and_most_specific_first(octets, text):
    assert read_subject(octets).text == text


def test_a_very_long_subject_is_shown_shortened():
    assert len(read_subject(common_name("x" * 5000)).text) == 512
