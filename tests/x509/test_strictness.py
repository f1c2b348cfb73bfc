"""What the reading of certificates tolerates, each with its finding, and what it refuses."""

import tracemalloc
from datetime import UTC, datetime

import pytest

from tng.testing import der_writer as der
from tng.testing.certificates import basic_constraints, subject_key_identifier
from tng.testing.microchip import MicrochipVendor
from tng.x509.certificate import CertificateError, read_certificate
from tng.x509.der import element_length
from tng.x509.keys import P256_SPKI_PREFIX

ECDSA_SHA256 = der.object_identifier("1.2.840.10045.4.3.2")
ECDSA_SHA384 = der.object_identifier("1.2.840.10045.4.3.3")
PLAIN = der.sequence(ECDSA_SHA256)
WITH_NULL = der.sequence(ECDSA_SHA256, b"\x05\x00")
KEY = read_certificate(MicrochipVendor().device(0).certificate).public_key.spki
BEGIN = datetime(2025, 1, 1, tzinfo=UTC)
END = datetime(2045, 1, 1, tzinfo=UTC)
# One number of more digits than Python writes out.
ENDLESS_OID = der.element(0x06, b"\x2a" + b"\x81" * 3000 + b"\x01")
NAME_OID = der.object_identifier("2.5.4.3")


def name(value: bytes) -> bytes:
    return der.sequence(der.set_of(der.sequence(NAME_OID, value)))


PARTS = {
    "version": der.explicit(0, der.integer(2)),
    "serial": der.integer(7),
    "inner": PLAIN,
    "issuer": name(der.utf8_string("issuer")),
    "validity": der.sequence(der.utc_time(BEGIN), der.utc_time(END)),
    "subject": name(der.utf8_string("subject")),
    "key": KEY,
    "extensions": der.explicit(3, der.sequence(basic_constraints(is_ca=False))),
}


def certificate(outer: bytes = PLAIN, signature: bytes | None = None, **parts: bytes) -> bytes:
    signed = der.sequence(*(PARTS | parts).values())
    return der.sequence(signed, outer, signature or der.bit_string(b"\x30\x00"))


def constraints(value: bytes) -> bytes:
    extension = der.sequence(der.object_identifier("2.5.29.19"), der.octet_string(value))
    return der.explicit(3, der.sequence(extension))


IDENTIFIER = subject_key_identifier(bytes(20))


def unknown(number: int, size: int) -> bytes:
    """An extension that nobody knows."""
    value = der.octet_string(number.to_bytes(size, "big"))
    return der.sequence(der.object_identifier("1.2.3"), value)


def tolerances(data: bytes) -> list[str]:
    return [finding.code for finding in read_certificate(data).tolerances]


def test_a_regular_certificate_needs_no_tolerance():
    assert tolerances(certificate()) == []


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (certificate() + bytes(100), "certificate-zero-padded"),
        (certificate(subject=name(der.element(0x13, b"eui48_0"))),
         "printable-string-illegal-character"),
        (certificate(validity=der.sequence(der.utc_time(BEGIN), der.generalized_time(END))),
         "generalized-time-before-2050"),
        (certificate(outer=WITH_NULL, inner=WITH_NULL), "ecdsa-null-parameters"),
    ],
)  # fmt: skip
def test_each_tolerance_is_a_finding_of_its_own(data, code):
    assert tolerances(data) == [code]


def test_the_padding_is_not_part_of_the_certificate():
    assert read_certificate(certificate() + bytes(9)).der == certificate()


EXTENSION = basic_constraints(is_ca=False)
OFF_CURVE = P256_SPKI_PREFIX + bytes(31) + b"\x01" + bytes(31) + b"\x01"
WHOLE = certificate()
REFUSED = {
    "bytes behind it": WHOLE + b"\0x",
    "cut short": WHOLE[:-1],
    "empty": b"",
    "differing algorithms": certificate(outer=der.sequence(ECDSA_SHA384)),
    "algorithms that differ in parameters": certificate(outer=WITH_NULL),
    "parameters other than NULL": certificate(
        outer=der.sequence(ECDSA_SHA256, b"\x04\x00"), inner=der.sequence(ECDSA_SHA256, b"\x04\x00")
    ),
    "duplicate extension": certificate(
        extensions=der.explicit(3, der.sequence(EXTENSION, EXTENSION))
    ),
    "indefinite length": b"\x30\x80" + WHOLE[4:] + b"\0\0",
    "length that is not minimal": b"\x30\x83\0" + WHOLE[2:],
    "length that should be short": certificate(
        serial=b"\x02\x81\x01\x07",
    ),
    "point off the curve": certificate(key=OFF_CURVE),
    "coordinate not below the prime": certificate(key=P256_SPKI_PREFIX + b"\xff" * 64),
    "boolean of 0x01": certificate(
        extensions=constraints(der.sequence(b"\x01\x01\x01")),
    ),
    "version 4": certificate(version=der.explicit(0, der.integer(3))),
    "negative path length": certificate(
        extensions=constraints(der.sequence(b"\x01\x01\xff", b"\x02\x01\xff")),
    ),
    "unused bits in the signature": certificate(signature=der.bit_string(b"\x30\x00", unused=1)),
    "empty signature": certificate(signature=b"\x03\x01\x00"),
    "date that does not exist": certificate(
        validity=der.sequence(der.element(0x17, b"250230000000Z"), der.utc_time(END))
    ),
    "date with an offset": certificate(
        validity=der.sequence(der.element(0x17, b"2501010000+0100"), der.utc_time(END))
    ),
    "name that is no string": certificate(subject=name(b"\x02\x01\x05")),
    "name that is no UTF-8": certificate(subject=name(der.element(0x0C, b"\xff"))),
    "serial that is no integer": certificate(serial=b"\x04\x01\x07"),
    "a member after the extensions": certificate(extensions=PARTS["extensions"] + b"\xa4\x00"),
    "two sets of extensions": certificate(extensions=PARTS["extensions"] * 2),
    "a sequence of nothing": b"\x30\x00",
    "endless object identifier in a name": certificate(
        subject=der.sequence(der.set_of(der.sequence(ENDLESS_OID, der.utf8_string("a"))))
    ),
    "endless object identifier of a key": certificate(
        key=der.sequence(der.sequence(ENDLESS_OID), der.bit_string(b"a"))
    ),
    "endless object identifier of an extension": certificate(
        extensions=der.explicit(
            3, der.sequence(der.sequence(ENDLESS_OID, der.TRUE, der.octet_string(b"")))
        )
    ),
    "nested without end": b"\x30\x82\xff\xfb" * 16384,
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_verification_relies_on_is_read_strictly(case):
    with pytest.raises(CertificateError):
        read_certificate(REFUSED[case])


def test_no_flipped_byte_raises_anything_else():
    for place in range(len(WHOLE)):
        for flip in (0x01, 0x80, 0xFF):
            data = bytearray(WHOLE)
            data[place] ^= flip
            try:
                read_certificate(bytes(data))
            except CertificateError:
                continue


@pytest.mark.parametrize(
    ("data", "length"),
    [(b"", None), (b"\x30", None), (b"\x30\x05", 7), (b"\x30\x82\x01", None),
     (b"\x30\x82\x01\x00", 260), (b"\x30\x80", None), (b"\x30\x85\0\0\0\0\0", None)],
)  # fmt: skip
def test_the_length_is_known_before_all_bytes_are_there(data, length):
    assert element_length(data) == length


def rsa(exponent: int) -> bytes:
    numbers = der.sequence(der.integer(2**2047 + 1), der.integer(exponent))
    algorithm = der.sequence(der.object_identifier("1.2.840.113549.1.1.1"), b"\x05\x00")
    return der.sequence(algorithm, der.bit_string(numbers))


def test_a_certificate_whose_key_is_shorter_is_not_read_by_the_layout_of_another():
    # Two bytes fewer of key and two more of extensions: all else is the same, and as long.
    alike = [
        certificate(key=rsa(exponent), extensions=der.explicit(3, der.sequence(unknown(1, size))))
        for exponent, size in ((65537, 4), (3, 6))
    ]
    assert len(alike[0]) == len(alike[1])
    for data in alike:
        assert read_certificate(data).public_key.algorithm == "RSA-2048"


def test_what_looks_like_a_key_identifier_inside_another_extension_is_none():
    lure = der.octet_string(bytes.fromhex("0603551d0e04160414"))
    other = der.sequence(der.object_identifier("1.2.3"), lure)
    data = certificate(extensions=der.explicit(3, der.sequence(other, IDENTIFIER)))
    assert read_certificate(data).extensions.subject_key_identifier == bytes(20)


def test_long_names_and_extensions_are_not_kept_in_memory():
    # Read but not remembered: with 1024 such names a stranger could fill the memory.
    long = 60_000
    data = [
        certificate(
            issuer=name(der.utf8_string(f"{number:0{long // 2}}")),
            extensions=der.explicit(3, der.sequence(IDENTIFIER, unknown(number, long // 2))),
        )
        for number in range(100)
    ]
    tracemalloc.start()
    try:
        for one in data:
            read_certificate(one)
        assert tracemalloc.get_traced_memory()[0] < 20 * long
    finally:
        tracemalloc.stop()
