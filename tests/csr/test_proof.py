"""Proof of possession: who has the key gets through, and nobody else."""

import hypothesis.strategies as some
import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding
from hypothesis import given, settings

from tests.csr.asking import (
    ECDSA_SHA256,
    assembled,
    key,
    name_of,
    request,
    signs_rsa,
    spki_of,
)
from tng.csr.model import RequestedDevice
from tng.csr.reading import read_request
from tng.csr.structure import read_parts
from tng.models import RejectedDevice, Source, Undecodable
from tng.testing import der_writer as der

HERE = Source("x")
NULL = b"\x05\x00"


def read(octets):
    return read_request(octets, HERE)


def codes(outcome):
    return [item.code for item in outcome.findings]


def algorithm(oid: str, parameters: bytes = b"") -> bytes:
    return der.sequence(der.object_identifier(oid), parameters)


@pytest.mark.parametrize("kind", ["P-256", "P-384", "P-521", "RSA-2048", "RSA-3072"])
@pytest.mark.parametrize("hash_", [hashes.SHA256(), hashes.SHA384(), hashes.SHA512()])
def test_every_key_with_every_hash_proves_itself(kind, hash_):
    outcome = read(request(key(kind), hash_=hash_))
    assert isinstance(outcome, RequestedDevice)
    assert outcome.request.key_type == kind
    assert outcome.request.spki == spki_of(key(kind))


@pytest.mark.parametrize("salt", [0, 20, 32, 64])
@pytest.mark.parametrize("hash_", [hashes.SHA256(), hashes.SHA512()])
def test_pss_proves_as_well(salt, hash_):
    pss = padding.PSS(padding.MGF1(hash_), salt)
    assert isinstance(read(request(key("RSA-2048"), hash_=hash_, pss=pss)), RequestedDevice)


@pytest.mark.parametrize("kind", ["P-256", "RSA-2048"])
def test_no_changed_byte_of_what_is_signed_is_ever_taken(kind):
    octets = request(key(kind))
    parts = read_parts(octets)
    begin = octets.index(parts.info)
    for position in range(begin, begin + len(parts.info)):
        changed = bytearray(octets)
        changed[position] ^= 0x01
        assert isinstance(read(bytes(changed)), RejectedDevice | Undecodable), position


@settings(max_examples=300, deadline=None)
@given(some.data())
def test_whatever_is_done_to_a_request_only_its_own_content_is_taken(data):
    octets = bytearray(_REQUEST)
    for _ in range(data.draw(some.integers(1, 4))):
        position = data.draw(some.integers(0, len(octets) - 1))
        what = data.draw(some.sampled_from(["change", "remove", "insert"]))
        byte = data.draw(some.integers(0, 255))
        if what == "remove":
            del octets[position]
        else:
            octets[position : position + (what == "change")] = bytes((byte,))
    outcome = read(bytes(octets))
    if isinstance(outcome, RequestedDevice):
        assert read_parts(outcome.request.der).info == read_parts(_REQUEST).info


_REQUEST = request()


@settings(max_examples=200, deadline=None)
@given(some.binary(max_size=300))
def test_any_bytes_are_an_outcome(octets):
    assert isinstance(read(octets), Undecodable)
    beginning = read(b"\x30\x82\x01\x00" + octets)
    assert isinstance(beginning, Undecodable | RejectedDevice)


@pytest.mark.parametrize(
    "octets",
    [
        assembled(key(number=0), spki=spki_of(key(number=1))),
        assembled(sign=lambda _: b""),
        assembled(sign=lambda _: b"\x30\x06\x02\x01\x00\x02\x01\x00"),
        assembled(sign=lambda _: bytes(200)),
    ],
)
def test_a_signature_that_is_not_of_its_key_proves_nothing(octets):
    assert codes(read(octets)) == ["csr-signature-invalid"]


@pytest.mark.parametrize(
    "octets",
    [
        assembled(attributes=b""),
        assembled(algorithm=algorithm("1.2.840.10045.4.3.2", NULL)),
        assembled(
            key("RSA-2048"),
            algorithm=algorithm("1.2.840.113549.1.1.11"),
            sign=signs_rsa(key("RSA-2048"), hashes.SHA256()),
        ),
        assembled(attributes=der.explicit(0, b"\x30\x00")),
    ],
)
def test_what_devices_libraries_get_wrong_is_tolerated(octets):
    assert isinstance(read(octets), RequestedDevice)


@pytest.mark.parametrize(
    ("subject", "words"),
    [
        (name_of(der.element(0x0C, b"\xff\xfe")), "cannot be read"),
        (name_of(der.integer(5)), "cannot be read"),
        (name_of(), "found 0 common names"),
        (name_of(der.utf8_string("a"), der.utf8_string("b")), "found 2 common names"),
        (name_of(der.utf8_string("")), "names no device"),
        (name_of(der.utf8_string("x" * 65)), "names no device"),
        (name_of(der.utf8_string("a\u202eb")), "names no device"),
        (name_of(der.utf8_string("a\nb")), "names no device"),
        (name_of(der.utf8_string(" a")), "names no device"),
    ],
)
def test_a_subject_that_names_no_device_leaves_it_to_its_key(subject, words):
    outcome = read(assembled(subject=subject))
    assert isinstance(outcome, RequestedDevice)
    assert outcome.record.device_id == outcome.request.key
    assert codes(outcome) == ["csr-subject-unusual"]
    assert words in outcome.findings[0].message


RSA = key("RSA-2048")


@pytest.mark.parametrize(
    ("octets", "words"),
    [
        (
            assembled(
                RSA, algorithm=algorithm("1.2.840.113549.1.1.5", NULL),
                sign=signs_rsa(RSA, hashes.SHA1()),  # noqa: S303 - what must be refused
            ),
            "SHA-1",
        ),
        (
            assembled(
                RSA, algorithm=algorithm("1.2.840.113549.1.1.4", NULL),
                sign=signs_rsa(RSA, hashes.MD5()),  # noqa: S303 - what must be refused
            ),
            "MD5",
        ),
        (assembled(algorithm=algorithm("1.2.840.10045.4.1")), "SHA-1"),
        (assembled(algorithm=algorithm("1.2.840.113549.1.1.11", NULL)), "for its EC key"),
        (assembled(RSA, sign=signs_rsa(RSA, hashes.SHA256())), "for its RSA key"),
        (assembled(algorithm=algorithm("1.2.3.4")), "1.2.3.4"),
        (assembled(algorithm=algorithm("1.2.840.10045.4.3.2", b"\x02\x01\x01")), "parameters"),
        (
            assembled(
                RSA, algorithm=algorithm("1.2.840.113549.1.1.10", b"\x30\x00"),
                sign=signs_rsa(RSA, hashes.SHA256()),
            ),
            "RSA-PSS with SHA-1",
        ),
        (
            assembled(
                RSA, algorithm=algorithm("1.2.840.113549.1.1.10"),
                sign=signs_rsa(RSA, hashes.SHA256()),
            ),
            "cannot be read",
        ),
    ],
)  # fmt: skip
def test_a_signature_that_is_no_proof_is_refused(octets, words):
    outcome = read(octets)
    assert isinstance(outcome, RejectedDevice)
    assert codes(outcome) == ["csr-signature-unsupported"]
    assert words in outcome.findings[0].message


def test_pss_with_an_unusual_salt_or_mask_is_refused():
    hash_ = hashes.SHA256()
    long_salt = padding.PSS(padding.MGF1(hash_), 100)
    assert codes(read(request(RSA, hash_=hash_, pss=long_salt))) == ["csr-signature-unsupported"]


def ec_spki(parameters: bytes, point: bytes) -> bytes:
    kind = der.sequence(der.object_identifier("1.2.840.10045.2.1"), parameters)
    return der.sequence(kind, der.bit_string(point))


P256 = der.object_identifier("1.2.840.10045.3.1.7")
POINT = spki_of(key())[-65:]


@pytest.mark.parametrize(
    ("octets", "words"),
    [
        (request(key("P-224")), "secp224r1"),
        (request(key("secp256k1")), "secp256k1"),
        (request(key("RSA-1024")), "1024 bits"),
        (assembled(spki=ec_spki(P256, POINT[:-1] + bytes((POINT[-1] ^ 1,)))), "cannot be used"),
        (assembled(spki=ec_spki(P256, bytes((2 + (POINT[-1] & 1),)) + POINT[1:33])), "usual form"),
        (assembled(spki=ec_spki(P256, b"\0")), "cannot be used"),
        (assembled(spki=ec_spki(der.sequence(), POINT)), "cannot be used"),
        (assembled(spki=der.sequence(bytes(90))), "cannot be used"),
        (assembled(spki=der.sequence(algorithm("1.3.101.112"), der.bit_string(b"\1" * 32))),
         "EC and RSA keys are taken"),
    ],
)  # fmt: skip
def test_a_key_that_is_not_taken_is_named(octets, words):
    outcome = read(octets)
    assert isinstance(outcome, RejectedDevice)
    assert codes(outcome) == ["csr-key-unsupported"]
    assert words in outcome.findings[0].message


def test_a_curve_by_its_parameters_is_refused_even_if_it_is_a_known_one():
    prime = 2**256 - 2**224 + 2**192 + 2**96 - 1
    order = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
    b = 0x5AC635D8AA3A93E7B3EBBD55769886BC651D06B0CC53B0F63BCE3C3E27D2604B
    generator = bytes.fromhex(
        "046b17d1f2e12c4247f8bce6e563a440f277037d812deb33a0f4a13945d898c296"
        "4fe342e2fe1a7f9b8ee7eb4a7c0f9e162bce33576b315ececbb6406837bf51f5"
    )
    parameters = der.sequence(
        der.integer(1),
        der.sequence(der.object_identifier("1.2.840.10045.1.1"), der.integer(prime)),
        der.sequence(der.octet_string((prime - 3).to_bytes(32)), der.octet_string(b.to_bytes(32))),
        der.octet_string(generator),
        der.integer(order),
        der.integer(1),
    )
    assert codes(read(assembled(spki=ec_spki(parameters, POINT)))) == ["csr-key-unsupported"]


@pytest.mark.parametrize(
    "octets",
    [
        assembled(version=b"\x02\x01\x01"),
        assembled(version=b""),
        assembled(subject=b"\x31\x00"),
        assembled(attributes=b"\x30\x00"),
        assembled(attributes=b"\xa0\x00\x05\x00"),
        assembled(algorithm=b"\x30\x00"),
        assembled(algorithm=ECDSA_SHA256 + b"\x05\x00"),
    ],
)
def test_what_has_another_structure_is_not_read(octets):
    outcome = read(octets)
    assert isinstance(outcome, Undecodable), codes(outcome)
    assert codes(outcome) == ["csr-unreadable"]
