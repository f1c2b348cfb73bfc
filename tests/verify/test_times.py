from datetime import UTC, datetime, timedelta

import orjson
import pytest

from tests.judging import codes, judge, manifest, microchip, nxp, trusting_store, verifier
from tng.models import Outcome, Status
from tng.testing.certificates import pem
from tng.testing.manifest import EntryStyle, make_entry
from tng.testing.microchip import Device
from tng.testing.parts import TNGTLSU_608C
from tng.trust.added import added_material
from tng.trust.builtin import built_in_material
from tng.trust.store import TrustStore

_SECOND = timedelta(seconds=1)
_LEAF_BEGIN = TNGTLSU_608C.issued
_LEAF_END = _LEAF_BEGIN.replace(year=_LEAF_BEGIN.year + 28)
_ISSUER_END = datetime(2049, 12, 14, 20, tzinfo=UTC)


def _device() -> Device:
    return microchip().device(3)


def _at(moment: datetime) -> Outcome:
    (outcome,) = judge(manifest([make_entry(microchip(), _device())]), verifier(at=moment))
    return outcome


@pytest.mark.parametrize("moment", [_LEAF_BEGIN, _LEAF_BEGIN + _SECOND, _ISSUER_END])
def test_a_device_is_verified_up_to_the_very_ends_of_its_validity(moment: datetime):
    assert _at(moment).status is Status.VERIFIED


@pytest.mark.parametrize(
    ("moment", "code"),
    [
        (_LEAF_BEGIN - _SECOND, "certificate-not-yet-valid"),
        (_ISSUER_END + _SECOND, "certificate-expired"),
        (_LEAF_END + _SECOND, "certificate-expired"),
    ],
)
def test_one_second_beyond_is_rejected(moment: datetime, code: str):
    outcome = _at(moment)
    assert outcome.status is Status.REJECTED
    assert code in codes(outcome)


def test_a_leaf_that_outlives_its_issuer_is_a_notice():
    outcome = _at(datetime(2026, 1, 1, tzinfo=UTC))
    assert "leaf-outlives-issuer" in codes(outcome)
    assert outcome.status is Status.VERIFIED


@pytest.mark.parametrize(
    ("moment", "status"),
    [
        (datetime(2034, 3, 20, 15, 42, 54, tzinfo=UTC), Status.VERIFIED),
        (datetime(2034, 3, 20, 15, 42, 55, tzinfo=UTC), Status.REJECTED),
        (datetime(2023, 12, 1, tzinfo=UTC), Status.VERIFIED),
        (datetime(2023, 11, 30, 23, 59, 59, tzinfo=UTC), Status.REJECTED),
    ],
)
def test_the_first_issuer_to_end_ends_the_chain(moment: datetime, status: Status):
    chip = nxp().chip(1)
    (outcome,) = judge(pem(chip.certificate, *chip.issuers).encode(), verifier(at=moment))
    assert outcome.status is status


def _early_store(tmp_path) -> TrustStore:
    path = tmp_path / "signer.pem"
    path.write_text(pem(microchip().expired_manifest_signer.certificate))
    root = tmp_path / "root.pem"
    root.write_text(pem(microchip().root.certificate))
    return TrustStore(built_in_material(), added_material([root], [path], []))


@pytest.mark.parametrize(
    ("timestamp", "inside"),
    [
        ("2019-01-18T20:29:41Z", True),
        ("2019-01-18T20:29:40Z", False),
        ("2019-02-18T20:29:41.000Z", True),
        ("2019-02-18T20:29:42Z", False),
        ("2019-02-18T22:29:41+02:00", True),
        ("0001-01-01T00:00:00+23:59", False),
        ("9999-12-31T23:59:59-23:59", False),
    ],
)
def test_the_provisioning_time_is_held_against_the_signers_window(
    tmp_path, timestamp: str, inside: bool
):
    store = _early_store(tmp_path)
    signer = microchip().expired_manifest_signer
    entry = make_entry(microchip(), _device(), EntryStyle(timestamp=timestamp), signer)
    (lenient,) = judge(manifest([entry]), verifier(store=store))
    (strict,) = judge(manifest([entry]), verifier(store=store, strict=True))
    assert lenient.status is Status.VERIFIED
    assert "manifest-signer-expired" in codes(lenient)
    assert ("manifest-time-outside-signer" in codes(lenient)) is not inside
    assert strict.status is (Status.VERIFIED if inside else Status.REJECTED)
    assert ("manifest-time-refused" in codes(strict)) is not inside


@pytest.mark.parametrize("timestamp", ["", "Unknown", "2019-13-01", "2025-06-01T20:14:53", 7, None])
def test_a_time_that_is_none_is_a_notice_even_where_strict(timestamp: object):
    payload_member = {"provisioningTimestamp": timestamp}
    style = EntryStyle(extra_members=payload_member)
    entry = make_entry(microchip(), _device(), style)
    (outcome,) = judge(orjson.dumps(entry), verifier(strict=True))
    assert outcome.status is Status.VERIFIED
    assert "manifest-timestamp-unusable" in codes(outcome)


def test_the_store_of_the_tests_trusts_both_vendors():
    assert sum(not anchor.built_in for anchor in trusting_store().anchors) == 5
