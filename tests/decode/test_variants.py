"""The part of an SE05x, told by the name of what issued its certificate."""

import pytest

from tests.decode.reading import codes, devices
from tests.shared_material import shared
from tng.decode.se05x.variants import agrees, part_of_issuer
from tng.testing import sessions
from tng.testing.certificates import pem
from tng.testing.nxp import VARIANT_C1, VARIANT_C2, VARIANT_F2, ChipObject, NxpVendor
from tng.x509.pem import read_certificate_file

VENDOR = NxpVendor()
CHIP = VENDOR.chip(3, variant=VARIANT_C2)


@pytest.mark.parametrize(
    ("name", "part"),
    [
        ("CloudConn-Intermediate-040050010001A200-ECC", "SE050C1"),
        ("CloudConn-Intermediate-040050010001A200-RSA", "SE050C1"),
        ("CloudConn-Intermediate-040050010001A201-ECC", "SE050C2"),
        ("CloudConn-Intermediate-040050010001A921-ECC", "SE050E2"),
        ("CloudConn-Intermediate-040050010001A92A-ECC", "SE050F2"),
        # A development kit, a variant that is not known, and what is no such name.
        ("CloudConn-Intermediate-040050010004A1F4-ECC", None),
        ("CloudConn-Intermediate-040050010001A8FA-ECC", None),
        ("CloudConn-Intermediate-040050010001A200-ECC-2", None),
        ("my CloudConn-Intermediate-040050010001A200-ECC", None),
        ("NXP Intermediate-AttestationCAvE206", None),
        ("", None),
        (None, None),
    ],
)
def test_the_issuer_tells_the_part(name, part):
    assert part_of_issuer(name) == part


@pytest.mark.parametrize(
    ("chip_object", "variant", "part"),
    [
        (ChipObject.CLOUD_ECC, VARIANT_C1, "SE050C1"),
        (ChipObject.CLOUD_ECC, VARIANT_F2, "SE050F2"),
        (ChipObject.CLOUD_RSA, VARIANT_C2, "SE050C2"),
        (ChipObject.ATTESTATION, VARIANT_C2, None),
        (ChipObject.CONNECTIVITY, VARIANT_C2, None),
    ],
)
def test_a_chip_is_of_the_part_that_its_issuer_tells(chip_object, variant, part):
    chip = VENDOR.chip(0, chip_object, variant)
    (found,) = devices(sessions.serial_log([chip]))
    assert found.record.part_number == part


def test_who_is_not_of_nxp_has_no_part_of_nxp():
    stranger = NxpVendor(unit="Other Unit").chip(0, variant=VARIANT_C1)
    (found,) = devices(pem(stranger.certificate).encode())
    assert (found.record.vendor, found.record.part_number) == ("other", None)


@pytest.mark.parametrize(
    ("stated", "part", "doubts"),
    [
        ("", "SE050C2", []),
        ("SE050C2", "SE050C2", []),
        ("se050c2", "SE050C2", []),
        ("SE050", "SE050C2", []),
        ("C2", "SE050C2", []),
        ("SE050C2HQ1/Z01SDZ", "SE050C2HQ1/Z01SDZ", []),
        ("SE050C1", "SE050C2", ["part-number-differs"]),
        ("not SE050C2", "SE050C2", ["part-number-differs"]),
    ],
)
def test_a_column_may_say_more_than_the_issuer_but_nothing_else(stated, part, doubts):
    (found,) = devices(_table(CHIP, stated))
    assert found.record.part_number == part
    assert [code for code in codes(found) if code == "part-number-differs"] == doubts


def test_a_contradiction_names_both_parts():
    (found,) = devices(_table(CHIP, "SE050C1"))
    (message,) = [item.message for item in found.findings if item.code == "part-number-differs"]
    assert "'SE050C1'" in message
    assert message.endswith("CloudConn-Intermediate-040050010001A201-ECC issues for SE050C2")


def test_where_the_issuer_tells_nothing_the_column_counts():
    (found,) = devices(_table(VENDOR.chip(3, ChipObject.ATTESTATION), "SE050C1"))
    assert (found.record.part_number, codes(found)) == ("SE050C1", [])


def test_agreeing_has_no_regard_to_case():
    assert agrees("se050c1hq1", "SE050C1")
    assert not agrees("SE051C1", "SE050C1")


@pytest.mark.parametrize(("configuration", "part"), [("0001A201", "SE050C2"), ("0004A1F4", None)])
@pytest.mark.parametrize("algorithm", ["ECC", "RSA"])
def test_genuine_intermediates_are_called_as_expected(configuration, part, algorithm):
    path = shared("trust", f"ca_CloudConn-Intermediate-04005001{configuration}-{algorithm}.pem")
    (issuer,) = read_certificate_file(path.read_bytes())
    assert part_of_issuer(issuer.subject.common_name) == part


def _table(chip, stated):
    table = sessions.csv_table([chip]).decode().splitlines()
    return f"part number,{table[0]}\n{stated},{table[1]}\n".encode()
