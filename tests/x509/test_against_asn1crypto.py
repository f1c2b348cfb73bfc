"""Our reading of certificates against an independent parser, field by field."""

from datetime import UTC, datetime, timedelta

import pytest
from asn1crypto import pem as asn1_pem
from asn1crypto import x509 as asn1
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import NameOID
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.shared_material import shared
from tng.testing.microchip import MicrochipVendor
from tng.testing.nxp import ChipObject, NxpVendor
from tng.x509.certificate import read_certificate

KEYS = {
    "P-256": ec.generate_private_key(ec.SECP256R1()),
    "P-384": ec.generate_private_key(ec.SECP384R1()),
    "P-521": ec.generate_private_key(ec.SECP521R1()),
    "RSA-2048": rsa.generate_private_key(65537, 2048),
}
HASHES = (hashes.SHA256(), hashes.SHA384(), hashes.SHA512())


def attributes(name) -> list[tuple[str, str]]:
    return [
        (attribute["type"].dotted, attribute["value"].native)
        for relative in name.chosen
        for attribute in relative
    ]


def assert_same(data: bytes) -> None:
    ours = read_certificate(data)
    theirs = asn1.Certificate.load(data)
    signed = theirs["tbs_certificate"]
    assert ours.der == theirs.dump()
    assert ours.sha256 == theirs.sha256.hex()
    assert ours.tbs == signed.dump()
    assert ours.signature == theirs["signature_value"].native
    assert bytes.fromhex(ours.serial_hex) == signed["serial_number"].contents
    assert ours.issuer.der == theirs.issuer.dump()
    assert ours.subject.der == theirs.subject.dump()
    assert list(ours.issuer.attributes) == attributes(theirs.issuer)
    assert list(ours.subject.attributes) == attributes(theirs.subject)
    assert ours.not_before == theirs.not_valid_before
    assert ours.not_after == theirs.not_valid_after
    assert ours.public_key.spki == theirs.public_key.dump()
    assert_same_algorithms(ours, theirs)
    assert_same_extensions(ours.extensions, theirs)


def assert_same_algorithms(ours, theirs) -> None:
    key = theirs.public_key
    if key.algorithm == "ec":
        names = {"secp256r1": "P-256", "secp384r1": "P-384", "secp521r1": "P-521"}
        assert ours.public_key.algorithm == names[key.curve[1]]
    else:
        assert ours.public_key.algorithm == f"RSA-{key.bit_size}"
    kind, hash_name = ours.signature_algorithm.value
    assert hash_name == theirs.hash_algo
    assert {"EC": "ecdsa", "RSA": "rsassa_pkcs1v15"}[kind] == theirs.signature_algo


USAGES = {
    "digital_signature": "digitalSignature",
    "non_repudiation": "nonRepudiation",
    "key_encipherment": "keyEncipherment",
    "data_encipherment": "dataEncipherment",
    "key_agreement": "keyAgreement",
    "key_cert_sign": "keyCertSign",
    "crl_sign": "cRLSign",
    "encipher_only": "encipherOnly",
    "decipher_only": "decipherOnly",
}


def assert_same_extensions(ours, theirs) -> None:
    constraints = theirs.basic_constraints_value
    assert ours.is_ca == bool(constraints and constraints["ca"].native)
    assert ours.path_length == (constraints["path_len_constraint"].native if constraints else None)
    usage = theirs.key_usage_value
    assert ours.key_usage == (
        None if usage is None else frozenset(USAGES[name] for name in usage.native)
    )
    assert ours.subject_key_identifier == theirs.key_identifier
    assert ours.authority_key_identifier == theirs.authority_key_identifier
    alternative = theirs.subject_alt_name_value or ()
    directories = [
        item.chosen.untag().dump() for item in alternative if item.name == "directory_name"
    ]
    assert [name.der for name in ours.directory_names] == directories


TEXT = st.text(st.characters(min_codepoint=32, max_codepoint=0x2FFF), min_size=1, max_size=20)
NAMES = st.lists(
    st.tuples(
        st.sampled_from(
            [NameOID.COMMON_NAME, NameOID.ORGANIZATION_NAME, NameOID.ORGANIZATIONAL_UNIT_NAME,
             NameOID.STATE_OR_PROVINCE_NAME, NameOID.LOCALITY_NAME]
        ),
        TEXT,
    ),
    max_size=5,
)  # fmt: skip
SECONDS = st.integers(0, 150 * 365 * 86400)
EPOCH = datetime(1951, 1, 1, tzinfo=UTC)


def make_name(pairs) -> x509.Name:
    return x509.Name([x509.NameAttribute(oid, text) for oid, text in pairs])


@st.composite
def certificates(draw) -> bytes:
    key = KEYS[draw(st.sampled_from(sorted(KEYS)))]
    signer = KEYS[draw(st.sampled_from(sorted(KEYS)))]
    first, second = sorted((draw(SECONDS), draw(SECONDS)))
    builder = (
        x509.CertificateBuilder()
        .serial_number(draw(st.integers(1, 2**159 - 1)))
        .issuer_name(make_name(draw(NAMES)))
        .subject_name(make_name(draw(NAMES)))
        .not_valid_before(EPOCH + timedelta(seconds=first))
        .not_valid_after(EPOCH + timedelta(seconds=second))
        .public_key(key.public_key())
    )
    if draw(st.booleans()):
        is_ca = draw(st.booleans())
        length = draw(st.none() | st.integers(0, 300)) if is_ca else None
        builder = builder.add_extension(x509.BasicConstraints(is_ca, length), critical=True)
    if draw(st.booleans()):
        bits = draw(st.lists(st.booleans(), min_size=7, max_size=7))
        ends = draw(st.lists(st.booleans(), min_size=2, max_size=2)) if bits[4] else [False, False]
        builder = builder.add_extension(x509.KeyUsage(*bits, *ends), critical=draw(st.booleans()))
    if draw(st.booleans()):
        identifier = draw(st.binary(max_size=30))
        builder = builder.add_extension(x509.SubjectKeyIdentifier(identifier), critical=False)
        builder = builder.add_extension(
            x509.AuthorityKeyIdentifier(identifier[::-1], None, None), critical=False
        )
    if draw(st.booleans()):
        directory = x509.DirectoryName(make_name(draw(NAMES)))
        names = [x509.DNSName("example.com"), directory]
        builder = builder.add_extension(x509.SubjectAlternativeName(names), critical=False)
    certificate = builder.sign(signer, draw(st.sampled_from(HASHES)))
    return certificate.public_bytes(serialization.Encoding.DER)


@settings(max_examples=150, deadline=None)
@given(certificates())
def test_generated_certificates_read_alike(data):
    assert_same(data)


@pytest.mark.parametrize("chip_object", ChipObject, ids=lambda item: item.id)
def test_the_test_vendors_chips_read_alike(chip_object):
    chip = NxpVendor().chip(1, chip_object)
    for data in (chip.certificate, *chip.issuers):
        assert_same(data)
    vendor = MicrochipVendor()
    assert_same(vendor.device(1).certificate)
    assert_same(vendor.signer().certificate)
    assert_same(vendor.root.certificate)


def test_genuine_authorities_and_signers_read_alike():
    files = sorted(shared("trust").rglob("*.pem")) + sorted(shared("trust").rglob("*.crt"))
    assert len(files) > 10
    for file in files:
        _, _, data = asn1_pem.unarmor(file.read_bytes())
        assert_same(data)


def test_genuine_leaves_read_alike():
    padded = shared("samples", "nxp", "ssscli-get-bin-zero-padded.der").read_bytes()
    assert_same(read_certificate(padded).der)
