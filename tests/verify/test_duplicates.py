import io
import zipfile
from collections.abc import Iterable
from dataclasses import replace
from functools import cache

import orjson
import pytest

from tests.judging import (
    codes,
    judge,
    judge_files,
    manifest,
    microchip,
    nxp,
    verifier,
    without_duplicates,
)
from tests.planned_devices import verified
from tng.models import Outcome, RejectedDevice, Status
from tng.scan import Scan
from tng.testing.certificates import pem
from tng.testing.forgeries import changed_payload, duplicate_id, resigned_by_stranger
from tng.testing.manifest import BARE_STYLE, LITE_STYLE, Entry, make_entries, make_entry
from tng.testing.nxp import ChipObject
from tng.testing.sessions import PLAIN_STYLE, serial_log


def _statuses(outcomes: Iterable[Outcome]) -> list[str]:
    return [outcome.status.value for outcome in outcomes]


def _entry(number: int) -> Entry:
    return make_entry(microchip(), microchip().device(number), BARE_STYLE)


def test_a_forged_entry_before_the_genuine_one_does_not_push_it_out():
    number = 7000
    for forger in (changed_payload, resigned_by_stranger):
        forged = forger(microchip(), number).entries[-1]
        outcomes = judge(manifest([forged, _entry(number), forged]))
        assert _statuses(outcomes) == ["rejected", "verified", "rejected"]
        assert "duplicate-certificate" not in codes(outcomes[2])


def test_only_the_first_of_several_equal_entries_is_verified():
    outcomes = judge(manifest([_entry(1), _entry(2), _entry(1), _entry(1)]))
    assert _statuses(outcomes) == ["verified", "verified", "rejected", "rejected"]
    assert "- entry 1" in outcomes[3].findings[-1].message


def test_duplicates_are_found_across_inputs(tmp_path):
    first, second = tmp_path / "first.json", tmp_path / "second.json"
    first.write_bytes(manifest([_entry(1), _entry(2)]))
    second.write_bytes(manifest([_entry(3), _entry(2)]))
    outcomes = judge_files([first, second])
    assert _statuses(outcomes) == ["verified", "verified", "verified", "rejected"]
    assert str(first) in outcomes[3].findings[-1].message


def test_the_same_certificate_by_manifest_and_by_pem_is_a_duplicate(tmp_path):
    device = microchip().device(5)
    (tmp_path / "a.json").write_bytes(manifest([_entry(5)]))
    (tmp_path / "b.pem").write_text(pem(device.certificate, device.signer))
    outcomes = judge_files([tmp_path])
    assert _statuses(outcomes) == ["verified", "rejected"]
    assert "duplicate-certificate" in codes(outcomes[1])


def test_a_lite_entry_that_comes_twice_is_attested_once():
    entry = make_entry(microchip(), microchip().device(9), LITE_STYLE)
    outcomes = judge(manifest([entry, entry]))
    assert _statuses(outcomes) == ["attested", "rejected"]
    assert "duplicate-device-id" in codes(outcomes[1])


def test_a_lite_entry_is_attested_once_even_if_two_members_of_a_zip_have_one_name(tmp_path):
    data = manifest([make_entry(microchip(), microchip().device(9), LITE_STYLE)])
    with zipfile.ZipFile(tmp_path / "two.zip", "w") as archive:
        archive.writestr("a.json", data)
        with pytest.warns(UserWarning, match="Duplicate name"):
            archive.writestr("a.json", data)
    outcomes = judge_files([tmp_path / "two.zip"])
    assert _statuses(outcomes) == ["attested", "rejected"]
    assert "duplicate-device-id" in codes(outcomes[1])


def test_two_certificates_of_one_se05x_chip_are_no_duplicates():
    chips = [nxp().chip(2, each) for each in (ChipObject.CLOUD_ECC, ChipObject.CLOUD_RSA)]
    data = pem(*(i for chip in chips for i in chip.issuers)).encode()
    devices = [
        o for o in judge(data + serial_log(chips, PLAIN_STYLE)) if o.status.value != "undecodable"
    ]
    assert _statuses(devices) == ["verified", "verified"]


BATCH = 128
_LENGTH = 4 * BATCH + 40
_BORDERS = (0, 1, BATCH - 1, BATCH, BATCH + 1, 2 * BATCH - 1, 2 * BATCH, _LENGTH - 1)


@cache
def _many_entries() -> bytes:
    entries = make_entries(microchip(), _LENGTH, style=BARE_STYLE, start=20_000)
    return b"\n".join(map(orjson.dumps, entries))


@pytest.fixture(scope="module")
def many() -> list[Outcome]:
    """More genuine outcomes than two batches of the index hold, judged by two processes."""
    return list(Scan(["-"], io.BytesIO(_many_entries()), 2).outcomes(verifier()))


def _filtered(outcomes: Iterable[Outcome]) -> list[Outcome]:
    return without_duplicates(list(outcomes), BATCH)


def test_many_different_devices_pass(many: list[Outcome]):
    assert _filtered(many) == many


@pytest.mark.parametrize("place", _BORDERS)
@pytest.mark.parametrize("original", [0, BATCH - 1, BATCH, 2 * BATCH])
def test_an_exact_duplicate_is_found_wherever_batches_meet(
    many: list[Outcome], original: int, place: int
):
    # Inserted behind the original, so that it stands at exactly that place.
    if place <= original:
        place = _LENGTH
    sequence = [*many[:place], many[original], *many[place:]]
    found = _filtered(sequence)
    rejected = [index for index, outcome in enumerate(found) if isinstance(outcome, RejectedDevice)]
    assert rejected == [place]
    assert codes(found[place]) - codes(many[original]) == {"duplicate-certificate"}


def test_repeating_the_whole_stream_rejects_all_of_the_repetition(many: list[Outcome]):
    found = _filtered([*many, *many])
    assert found[:_LENGTH] == many
    assert {outcome.status for outcome in found[_LENGTH:]} == {Status.REJECTED}


def test_a_rejected_duplicate_is_not_itself_remembered():
    first, second = duplicate_id(microchip(), 7100).entries
    outcomes = judge(manifest([first, second, second]))
    # The third equals the second, which was refused: it collides with the first alone.
    assert _statuses(outcomes) == ["verified", "rejected", "rejected"]
    assert "duplicate-device-id" in codes(outcomes[2])
    assert "duplicate-certificate" not in codes(outcomes[2])


def test_the_number_of_processes_changes_nothing(many: list[Outcome]):
    assert list(Scan(["-"], io.BytesIO(_many_entries()), 1).outcomes(verifier())) == many


@pytest.mark.parametrize(
    ("objects", "statuses"),
    [
        (("f0000101", "f0000103"), [Status.VERIFIED, Status.VERIFIED]),
        (("f0000101", "f0000101"), [Status.VERIFIED, Status.REJECTED]),
        ((None, None), [Status.VERIFIED, Status.REJECTED]),
    ],
)
def test_one_serial_number_for_two_objects_of_a_chip_is_no_duplicate(objects, statuses):
    devices = []
    for number, name in enumerate(objects):
        device = verified(number)
        leaf = replace(device.leaf, serial_hex="04005001" + "00" * 16)
        record = replace(device.record, vendor="nxp", object_id=name, leaf=leaf)
        devices.append(replace(device, record=record, leaf=leaf))
    assert [outcome.status for outcome in without_duplicates(devices)] == statuses
