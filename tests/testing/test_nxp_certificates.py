from datetime import UTC, datetime

import pytest
from asn1crypto import pem
from cryptography import x509

from tests.shared_material import shared
from tests.testing import structure
from tng.testing.nxp import VARIANT_C1, ChipObject, Hierarchy, NxpVendor
from tng.x509.certificate import SignatureAlgorithm, read_certificate

TODAY = int(datetime(2026, 11, 21, tzinfo=UTC).timestamp())
EACH_OBJECT = pytest.mark.parametrize("chip_object", ChipObject, ids=lambda o: o.name)


@pytest.fixture(scope="module")
def vendor() -> NxpVendor:
    return NxpVendor()


@EACH_OBJECT
def test_openssl_accepts_every_chain(vendor, chip_object, tmp_path):
    chip = vendor.chip(1, chip_object)
    roots = tuple(root.certificate for root in vendor.roots)
    assert structure.openssl_accepts(tmp_path, roots, chip.issuers, chip.certificate, TODAY)


@EACH_OBJECT
def test_leaf_signature_verifies_with_cryptography(vendor, chip_object):
    chip = vendor.chip(1, chip_object)
    issuer = vendor.issuers(chip_object.hierarchy)[0]
    leaf = x509.load_der_x509_certificate(chip.certificate)
    key = issuer.key.private.public_key()
    algorithm = leaf.signature_hash_algorithm
    parameters = leaf.signature_algorithm_parameters
    if chip_object.hierarchy is Hierarchy.CLOUD_RSA:
        key.verify(leaf.signature, leaf.tbs_certificate_bytes, parameters, algorithm)
    else:
        key.verify(leaf.signature, leaf.tbs_certificate_bytes, parameters)


def test_null_parameters_stand_in_the_elliptic_roots_and_what_they_sign(vendor):
    for root in (vendor.root_e305, vendor.root_e506):
        assert structure.algorithm_parameters(root.certificate) == [structure.NULL] * 2
    for hierarchy in (Hierarchy.CLOUD_ECC, Hierarchy.ATTESTATION, Hierarchy.CONNECTIVITY):
        first_level = vendor.issuers(hierarchy)[-1].certificate
        assert structure.algorithm_parameters(first_level) == [structure.NULL] * 2


def test_null_parameters_do_not_stand_below(vendor):
    chip = vendor.chip(1)
    for certificate in (chip.certificate, chip.issuers[0]):
        assert structure.algorithm_parameters(certificate) == [structure.ABSENT] * 2


def test_cryptography_refuses_the_null_parameters(vendor):
    with pytest.raises(ValueError, match=r"(?i)null|parameter|parse"):
        x509.load_der_x509_certificate(vendor.root_e305.certificate)


def test_root_keys_and_hashes(vendor):
    found = [read_certificate(root.certificate) for root in vendor.roots]
    assert [c.public_key.algorithm for c in found] == ["P-384", "RSA-4096", "P-521"]
    assert [c.signature_algorithm for c in found] == [
        SignatureAlgorithm.ECDSA_SHA384,
        SignatureAlgorithm.RSA_SHA384,
        SignatureAlgorithm.ECDSA_SHA512,
    ]


@EACH_OBJECT
def test_no_key_identifiers_anywhere(vendor, chip_object):
    chip = vendor.chip(1, chip_object)
    for certificate in (chip.certificate, *chip.issuers):
        names = {oid for oid, _ in structure.extension_oids(certificate)}
        assert names <= {"basic_constraints", "key_usage", "subject_alt_name"}


@EACH_OBJECT
def test_serial_number_is_uid_and_tail(vendor, chip_object):
    chip = vendor.chip(1, chip_object)
    parsed = structure.parse(chip.certificate)
    assert f"{parsed.serial_number:040x}" == chip.uid + chip_object.serial_tail


def test_uid_has_the_form_of_genuine_ones(vendor):
    uid = vendor.uid(0xABCDEF)
    assert len(uid) == 36
    assert uid.startswith("04005001")
    assert uid[22:24] == "04"


def test_attestation_leaf_is_named_after_its_uid(vendor):
    chip = vendor.chip(1, ChipObject.ATTESTATION)
    name = structure.parse(chip.certificate).subject.native["common_name"]
    assert name == f"Attest-{chip.uid.upper()}"


def test_cloud_leaf_holds_its_uid_in_the_last_extension(vendor):
    chip = vendor.chip(1)
    parsed = structure.parse(chip.certificate)
    assert structure.extension_oids(chip.certificate)[-1][0] == "subject_alt_name"
    assert parsed.subject_alt_name_value.native == [chip.uid.upper()]


def test_leaf_outlives_its_issuer(vendor):
    chip = vendor.chip(1)
    leaf, issuer = structure.parse(chip.certificate), structure.parse(chip.issuers[0])
    assert leaf.not_valid_after > issuer.not_valid_after


def test_rsa_leaf_has_2048_bits(vendor):
    chip = vendor.chip(1, ChipObject.CLOUD_RSA)
    assert read_certificate(chip.certificate).public_key.algorithm == "RSA-2048"


def test_rsa_chips_are_few(vendor):
    with pytest.raises(ValueError, match="RSA chips"):
        vendor.chip(4, ChipObject.CLOUD_RSA)


def test_the_revoked_variant_has_the_revoked_name(vendor):
    issuer = vendor.chip(1, variant=VARIANT_C1).issuers[0]
    name = structure.parse(issuer).subject.native["common_name"]
    assert name == "CloudConn-Intermediate-040050010001A200-ECC"


def test_the_projects_reader_reports_the_expected_tolerances(vendor):
    chip = vendor.chip(1)
    codes = [
        [finding.code for finding in read_certificate(certificate).tolerances]
        for certificate in (chip.certificate, *chip.issuers, vendor.root_e305.certificate)
    ]
    assert codes == [[], [], ["ecdsa-null-parameters"], ["ecdsa-null-parameters"]]


def test_structure_is_that_of_the_genuine_attestation_leaf(vendor):
    genuine = shared("samples", "nxp", "ssscli-get-bin-zero-padded.der").read_bytes()
    made = vendor.chip(1, ChipObject.ATTESTATION).certificate
    assert structure.skeleton(made)[0] == structure.skeleton(genuine.rstrip(b"\0"))[0]


@pytest.mark.parametrize(
    ("file", "find"),
    [
        ("ca_NXP_RootCAvE305.pem", lambda v: v.root_e305),
        ("ca_NXP_RootCAvE506.pem", lambda v: v.root_e506),
        ("ca_NXP_RootCAvR406.pem", lambda v: v.root_r406),
        ("ca_NXP_Intermediate-4LayerCAvE205.pem", lambda v: v.issuers(Hierarchy.CLOUD_ECC)[1]),
        ("ca_NXP_Intermediate-4LayerCAvR406.pem", lambda v: v.issuers(Hierarchy.CLOUD_RSA)[1]),
        (
            "ca_NXP_Intermediate-AttestationCAvE206.pem",
            lambda v: v.issuers(Hierarchy.ATTESTATION)[0],
        ),
        (
            "ca_CloudConn-Intermediate-040050010001A201-ECC.pem",
            lambda v: v.issuers(Hierarchy.CLOUD_ECC)[0],
        ),
        (
            "ca_CloudConn-Intermediate-040050010001A201-RSA.pem",
            lambda v: v.issuers(Hierarchy.CLOUD_RSA)[0],
        ),
    ],
)
def test_structure_is_that_of_the_genuine_authorities(vendor, file, find):
    _, _, genuine = pem.unarmor(shared("trust", file).read_bytes())
    assert structure.skeleton(find(vendor).certificate) == structure.skeleton(genuine)
