import base64
import json
from datetime import UTC, datetime

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec

from tests.shared_material import shared
from tests.testing import structure
from tng.testing.microchip import Device, MicrochipVendor
from tng.testing.parts import (
    MAH4I,
    MAH22,
    MAHTN,
    PARTS,
    TFLXTLS,
    TNGLORA_B,
    TNGLORA_C,
    TNGTLS,
    TNGTLSU_608C,
    Part,
)
from tng.x509.certificate import read_certificate

TODAY = int(datetime(2026, 11, 21, tzinfo=UTC).timestamp())
EACH_PART = pytest.mark.parametrize("part", PARTS, ids=lambda part: part.part_number)


@pytest.fixture(scope="module")
def vendor() -> MicrochipVendor:
    return MicrochipVendor()


def subject_common_name(device: Device) -> str:
    return structure.parse(device.certificate).subject.native["common_name"]


def alternative_serial(device: Device) -> str | None:
    names = structure.parse(device.certificate).subject_alt_name_value
    return names[0].chosen.native["serial_number"] if names is not None else None


@EACH_PART
def test_openssl_accepts_every_part(vendor, part, tmp_path):
    device = vendor.device(7, part)
    root = vendor.root.certificate
    assert structure.openssl_accepts(tmp_path, (root,), (device.signer,), device.certificate, TODAY)


@EACH_PART
def test_signatures_verify_with_cryptography(vendor, part):
    device = vendor.device(7, part)
    leaf, signer, root = (
        x509.load_der_x509_certificate(der)
        for der in (device.certificate, device.signer, vendor.root.certificate)
    )
    leaf.verify_directly_issued_by(signer)
    signer.verify_directly_issued_by(root)
    root.verify_directly_issued_by(root)


@EACH_PART
def test_the_certified_key_is_the_devices(vendor, part):
    device = vendor.device(7, part)
    key = x509.load_der_x509_certificate(device.certificate).public_key()
    assert isinstance(key, ec.EllipticCurvePublicKey)
    numbers = key.public_numbers()
    assert numbers.x.to_bytes(32, "big") + numbers.y.to_bytes(32, "big") == device.point


@EACH_PART
def test_device_extensions_are_those_of_genuine_chips(vendor, part):
    expected = [
        ("basic_constraints", True),
        ("key_usage", True),
        ("key_identifier", False),
        ("authority_key_identifier", False),
    ]
    if part.alternative_name:
        expected.insert(0, ("subject_alt_name", False))
    certificate = vendor.device(7, part).certificate
    assert structure.extension_oids(certificate) == expected
    parsed = structure.parse(certificate)
    assert parsed.key_usage_value.native == {"digital_signature", "key_agreement"}
    assert parsed.basic_constraints_value["ca"].native is False
    assert parsed.authority_key_identifier == vendor.signer().key.identifier


@pytest.mark.parametrize(
    ("part", "form"),
    [
        (MAH22, "{serial} ATECC"),
        (MAHTN, "{serial} ATECC"),
        (MAH4I, "sn{serial}"),
        (TFLXTLS, "sn{serial}"),
        (TNGTLS, "sn{serial}"),
        (TNGTLSU_608C, "sn{serial}"),
        (TNGLORA_C, "sn{serial}"),
    ],
    ids=lambda value: value.part_number if isinstance(value, Part) else "",
)
def test_common_names(vendor, part, form):
    device = vendor.device(7, part)
    assert subject_common_name(device) == form.format(serial=device.unique_id.upper())


def test_tnglora_b_names_its_deveui(vendor):
    serial, deveui, family = subject_common_name(vendor.device(7, TNGLORA_B)).split(" ")
    assert serial.lower() == vendor.device(7, TNGLORA_B).unique_id
    assert deveui.startswith("0004A310")
    assert len(deveui) == 16
    assert family == "ATECC"


def test_alternative_names(vendor):
    assert alternative_serial(vendor.device(7, MAH22)) is None
    assert alternative_serial(vendor.device(7, TFLXTLS)) is None
    assert alternative_serial(vendor.device(7, TNGTLSU_608C)) == "eui48_000000000000"
    assert (alternative_serial(vendor.device(7, TNGTLS)) or "").startswith("eui48_682719")
    assert (alternative_serial(vendor.device(7, TNGLORA_C)) or "").startswith("eui64_0004A310")


def test_the_underscore_is_what_cryptography_refuses(vendor):
    certificate = x509.load_der_x509_certificate(vendor.device(7, TNGTLSU_608C).certificate)
    with pytest.raises(ValueError, match="PrintableString"):
        _ = certificate.extensions


def test_dates_before_2050_are_generalized(vendor):
    device = vendor.device(7, MAH22)
    assert device.part.issued.year == 2019
    assert structure.end_tag(device.certificate) == "general_time"
    assert structure.parse(device.certificate).not_valid_after.year == 2047


def test_the_newest_part_outlives_its_signer(vendor):
    device = vendor.device(7, TNGTLSU_608C)
    leaf, signer = structure.parse(device.certificate), structure.parse(device.signer)
    assert leaf.not_valid_after > signer.not_valid_after


def test_root_has_no_key_usage_and_signers_may_not_delegate(vendor):
    root = structure.parse(vendor.root.certificate)
    assert root.key_usage_value is None
    assert root.basic_constraints_value["ca"].native is True
    signer = structure.parse(vendor.signer().certificate)
    assert signer.max_path_length == 0


@EACH_PART
def test_the_projects_reader_reports_the_expected_tolerances(vendor, part):
    certificate = read_certificate(vendor.device(7, part).certificate)
    expected = set()
    if certificate.not_after.year < 2050:
        expected.add("generalized-time-before-2050")
    if part.alternative_name:
        expected.add("printable-string-illegal-character")
    assert {finding.code for finding in certificate.tolerances} == expected


@pytest.mark.parametrize(
    ("sample", "part"),
    [("ECC608C-TNGTLSU-B.json", TNGTLSU_608C), ("TNGLORA-MAHTN-early.json", MAHTN)],
)
def test_structure_is_that_of_the_genuine_certificates(vendor, sample, part):
    entry = json.loads(shared("samples", "microchip", sample).read_text())[0]
    payload = json.loads(base64.urlsafe_b64decode(entry["payload"] + "=="))
    genuine = next(key["x5c"] for key in payload["publicKeySet"]["keys"] if "x5c" in key)
    device = vendor.device(7, part)
    for made, real in zip((device.certificate, device.signer), genuine, strict=True):
        assert structure.skeleton(made) == structure.skeleton(base64.b64decode(real))


def test_ids_differ_and_belong_to_the_family(vendor):
    ids = [vendor.device(number).unique_id for number in range(200)]
    assert len(set(ids)) == 200
    assert all(len(i) == 18 and i.startswith("0123") and i.endswith("01") for i in ids)


def test_another_seed_makes_other_keys_under_the_same_names():
    one, other = MicrochipVendor("one"), MicrochipVendor("other")
    assert one.root.name == other.root.name
    assert one.root.key.spki != other.root.key.spki


def test_the_same_seed_makes_the_same_bytes():
    one, again = MicrochipVendor("one"), MicrochipVendor("one")
    assert one.device(5).certificate == again.device(5).certificate
    assert one.manifest_signer.certificate == again.manifest_signer.certificate


def test_short_coordinate(vendor):
    assert vendor.device(3, short_coordinate=True).point[0] == 0
