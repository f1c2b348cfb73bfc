"""Two reports compared: which device is which, what changed of it, and what beside it."""

import io
from collections import Counter
from dataclasses import replace
from itertools import chain
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.audit.reports import changed_codes, sample, write_report
from tests.audit.sample import TARGETS, sample_audit, sample_device
from tng.audit.comparison import Comparison
from tng.audit.models import (
    AuditedDevice,
    Delivery,
    DeviceStanding,
    OrderMatch,
    Standing,
)
from tng.errors import UsageError
from tng.models import Status

MIRRORED = {
    "device-new": "device-gone",
    "status-better": "status-worse",
    "standing-better": "standing-worse",
}
MIRRORED |= {there: here for here, there in MIRRORED.items()}


@pytest.fixture
def compare(tmp_path: Path):
    def compared(old: list[AuditedDevice], new: list[AuditedDevice]):
        return changed_codes(
            write_report(tmp_path / "old.json", sample(*old)),
            write_report(tmp_path / "new.json", sample(*new)),
        )

    return compared


def _standing(standing: Standing, target: str = TARGETS[0]) -> DeviceStanding:
    return DeviceStanding(target, standing, "name", ("why",))


ONE, TWO, FOUR = sample_device(1), sample_device(2), sample_device(4)
OTHER_CERTIFICATE = FOUR.certificate


def test_devices_come_and_go(compare):
    assert compare([ONE, TWO], [TWO, FOUR]) == [
        (FOUR.device_id, ["device-new"]),
        (ONE.device_id, ["device-gone"]),
    ]


def test_the_order_of_devices_and_their_places_are_no_change(compare):
    moved = replace(ONE, number=9, source=replace(ONE.source, file="renamed.json", entry=77))
    assert compare([ONE, TWO, FOUR], [FOUR, TWO, moved]) == []


def test_changes_come_in_the_order_of_the_later_report_then_of_the_earlier(compare):
    devices = [sample_device(number) for number in (1, 2, 4, 6, 8, 9)]
    worse = [replace(item, status=Status.REJECTED) for item in devices[:3]]
    new = [worse[2], sample_device(10), worse[0]]
    assert [name for name, _ in compare(devices, new)] == [
        item.device_id for item in (worse[2], new[1], worse[0], devices[1], *devices[3:])
    ]


@pytest.mark.parametrize(
    ("old", "new", "code"),
    [
        (Status.VERIFIED, Status.REJECTED, "status-worse"),
        (Status.VERIFIED, Status.UNVERIFIED, "status-worse"),
        (Status.REJECTED, Status.VERIFIED, "status-better"),
        (Status.UNVERIFIED, Status.ATTESTED, "status-better"),
        (Status.UNVERIFIED, Status.REJECTED, "status-changed"),
        (Status.ATTESTED, Status.VERIFIED, "status-changed"),
    ],
)
def test_outcomes(compare, old, new, code):
    changed = compare([replace(ONE, status=old)], [replace(ONE, status=new)])
    assert changed == [(ONE.device_id, [code])]


@pytest.mark.parametrize(
    ("old", "new", "code"),
    [
        (Standing.IN_PLACE, Standing.MISSING, "standing-worse"),
        (Standing.IN_PLACE, Standing.DIFFERENT, "standing-worse"),
        (Standing.INCOMPLETE, Standing.CONFLICT, "standing-worse"),
        (Standing.ABSENT, Standing.UNEXPECTED, "standing-worse"),
        (Standing.MISSING, Standing.IN_PLACE, "standing-better"),
        (Standing.DIFFERENT, Standing.INCOMPLETE, "standing-better"),
        (Standing.IN_PLACE, Standing.UNKNOWN, "standing-unknown"),
        (Standing.UNKNOWN, Standing.MISSING, "standing-unknown"),
        (Standing.ABSENT, Standing.IN_PLACE, None),
    ],
)
def test_drift(compare, old, new, code):
    changed = compare(
        [replace(ONE, standings=(_standing(old), _standing(Standing.IN_PLACE, "kept")))],
        [replace(ONE, standings=(_standing(Standing.IN_PLACE, "kept"), _standing(new)))],
    )
    assert changed == ([(ONE.device_id, [code])] if code else [])


_BAD = {
    Standing.INCOMPLETE,
    Standing.DIFFERENT,
    Standing.MISSING,
    Standing.CONFLICT,
    Standing.UNEXPECTED,
}


@pytest.mark.parametrize("standing", Standing)
def test_what_the_later_audit_alone_knows_of_a_target_is_bad_or_nothing(compare, standing):
    asked = replace(ONE, standings=(_standing(standing),))
    codes = ["new-standing-bad"] if standing in _BAD else []
    changed = [(ONE.device_id, codes)] if codes else []
    assert compare([replace(ONE, standings=())], [asked]) == changed
    other = replace(ONE, standings=(_standing(Standing.IN_PLACE, "x"),))
    assert compare([other], [asked]) == changed
    assert compare([asked], [other]) == []
    assert compare([], [asked]) == [(ONE.device_id, ["device-new", *codes])]


def test_a_new_device_that_is_bad_on_two_targets_says_so_of_each(tmp_path: Path):
    standings = (_standing(Standing.MISSING, "a"), _standing(Standing.CONFLICT, "b"))
    names = [
        write_report(tmp_path / "old.json", sample()),
        write_report(tmp_path / "new.json", sample(replace(ONE, standings=standings))),
    ]
    with Comparison(*names, io.BytesIO()) as comparison:
        (change,) = comparison.changes()
    assert [item.message for item in change.findings[1:]] == [
        "on a missing (why) now, not known before",
        "on b conflict (why) now, not known before",
    ]


@pytest.mark.parametrize("standing", Standing)
def test_other_differences_of_the_same_standing(compare, standing):
    def device(*differences: str) -> AuditedDevice:
        found = DeviceStanding(TARGETS[0], standing, "name", differences)
        return replace(ONE, standings=(found,))

    codes = [] if standing is Standing.UNKNOWN else [(ONE.device_id, ["standing-changed"])]
    assert compare([device("status", "policy")], [device("status", "thing")]) == codes
    assert compare([device("status", "policy")], [device("policy", "status")]) == []


@pytest.mark.parametrize("name", ["vendor", "device_id", "object_id", "part_number", "group_id"])
@pytest.mark.parametrize("value", ["other", None])
def test_another_identity_with_the_same_certificate(compare, name, value):
    known = replace(ONE, object_id="10")
    changed = replace(known, **{name: value})
    assert compare([known], [changed]) == [(changed.device_id, ["identity-changed"])]


def test_a_changed_identity_is_said_in_one_sentence(tmp_path: Path):
    changed = replace(ONE, part_number="other", group_id=None)
    names = [
        write_report(tmp_path / "old.json", sample(ONE)),
        write_report(tmp_path / "new.json", sample(changed)),
    ]
    with Comparison(*names, io.BytesIO()) as comparison:
        (change,) = comparison.changes()
    assert [item.message for item in change.findings] == [
        f"part number {ONE.part_number} before, other now; group {ONE.group_id} before, unknown now"
    ]


@pytest.mark.parametrize(
    "now",
    [
        OrderMatch(Delivery.OVER, "PO-7", 0),
        OrderMatch(Delivery.AS_ORDERED, "PO-8", 0),
        OrderMatch(Delivery.AS_ORDERED, "PO-7", 1),
        OrderMatch(Delivery.AS_ORDERED, "PO-7", None),
    ],
)
def test_deliveries(compare, now):
    assert compare([ONE], [replace(ONE, order=now)]) == [(ONE.device_id, ["delivery-changed"])]
    assert compare([ONE], [replace(ONE, order=None)]) == []


def test_another_certificate_for_the_same_chip(compare):
    assert compare([ONE, TWO], [TWO, replace(ONE, certificate=OTHER_CERTIFICATE)]) == [
        (ONE.device_id, ["certificate-replaced"])
    ]


def test_another_object_of_the_chip_is_another_device(compare):
    other = replace(ONE, certificate=OTHER_CERTIFICATE, object_id="10")
    assert compare([ONE], [other]) == [
        (ONE.device_id, ["device-new"]),
        (ONE.device_id, ["device-gone"]),
    ]


def test_equal_serial_numbers_of_two_certificates_are_no_chip(compare):
    first = replace(ONE, vendor="other", device_id=ONE.certificate.serial_number)
    second = replace(first, certificate=replace(OTHER_CERTIFICATE, serial_number=first.device_id))
    assert [codes for _, codes in compare([first], [second])] == [["device-new"], ["device-gone"]]


def test_a_forgery_of_a_chip_does_not_take_its_place(compare):
    forged = replace(ONE, certificate=OTHER_CERTIFICATE, status=Status.REJECTED)
    assert compare([ONE], [forged, ONE]) == [(ONE.device_id, ["device-new", "new-not-accepted"])]
    assert compare([forged, ONE], [ONE]) == [(ONE.device_id, ["device-gone"])]


def test_duplicates_are_paired_accepted_ones_first(compare):
    again = replace(ONE, status=Status.REJECTED)
    assert compare([ONE, again], [again, ONE]) == []
    assert compare([ONE], [again, ONE]) == [(ONE.device_id, ["device-new", "new-not-accepted"])]
    assert compare([again, again, ONE], [ONE]) == [(ONE.device_id, ["device-gone"])] * 2


def test_a_device_that_was_accepted_once_and_comes_as_a_forgery_alone(compare):
    forged = replace(ONE, certificate=OTHER_CERTIFICATE, status=Status.REJECTED)
    assert compare([ONE], [forged]) == [(ONE.device_id, ["status-worse", "certificate-replaced"])]


def test_places_that_could_not_be_read_are_no_devices(compare):
    unreadable = sample_device(7)
    assert unreadable.status is Status.UNDECODABLE
    assert compare([ONE, unreadable], [ONE]) == []


_STATUSES = st.sampled_from([s for s in Status if s is not Status.UNDECODABLE])
_STANDINGS = st.dictionaries(
    st.sampled_from(TARGETS), st.tuples(st.sampled_from(Standing), st.sampled_from("xy"))
).map(
    lambda found: tuple(
        DeviceStanding(target, standing, "name", (why,))
        for target, (standing, why) in found.items()
    )
)
_DEVICES = st.lists(
    st.builds(
        lambda chip, certificate, part, status, standings, order: replace(
            sample_device(chip * 2 + 2),
            certificate=sample_device(certificate * 2 + 2).certificate,
            part_number=part,
            status=status,
            standings=standings,
            order=order,
        ),
        st.integers(1, 4).map(lambda n: n * 100),
        st.integers(1, 5).map(lambda n: n * 100),
        st.sampled_from(["A", "B", None]),
        _STATUSES,
        _STANDINGS,
        st.sampled_from([None, *(OrderMatch(item, "PO", 0) for item in Delivery)]),
    ),
    max_size=7,
)


@settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(old=_DEVICES, new=_DEVICES)
def test_the_other_way_round_is_the_mirror_and_nothing_changes_to_itself(compare, old, new):
    assert compare(old, old) == []
    there = Counter(chain.from_iterable(codes for _, codes in compare(old, new)))
    back = Counter(chain.from_iterable(codes for _, codes in compare(new, old)))
    for counts in (there, back):
        # Of what only the later report has; that something bad is gone weighs nothing.
        del counts["new-not-accepted"], counts["new-standing-bad"]
    assert Counter({MIRRORED.get(code, code): count for code, count in there.items()}) == back
    assert there["device-new"] - there["device-gone"] == len(new) - len(old)


def test_standard_input_can_be_one_of_the_two_only(tmp_path: Path):
    path = Path(write_report(tmp_path / "a.json", sample_audit(3)))
    with Comparison("-", str(path), io.BytesIO(path.read_bytes())) as comparison:
        assert list(comparison.changes()) == []
    with pytest.raises(UsageError, match="both"):
        Comparison("-", "-", io.BytesIO())
