"""Certificates that may be active, names that are somebody else's, and files that were lost."""

import sqlite3
from contextlib import closing
from dataclasses import replace

import pytest

from tests.provisioning.benches import Workplace
from tests.provisioning.fleet_service import (
    CREATE,
    REGISTER,
    FleetAnswers,
    board,
    fleet_server,
    hanging_up,
    losing_replies,
    rejecting,
)
from tng.csr.issuing import IssuedCertificate, IssuingRefused
from tng.csr.model import RequestedDevice
from tng.ledger import DeviceRow, DeviceState, Direction, SqliteLedger, StepMark, StepState
from tng.x509.pem import read_certificate_file


@pytest.fixture
def place(tmp_path) -> Workplace:
    return Workplace(tmp_path)


def called(number: int, name: str) -> RequestedDevice:
    """A board that tells a station another name than its request has."""
    device = board(number)
    return replace(device, record=replace(device.record, device_id=name))


def issue(place: Workplace, answers: FleetAnswers, device: RequestedDevice, **options):
    with fleet_server(answers) as port, place.issuer(port, **options) as issuer:
        return issuer.issue(device)


def row(place: Workplace, device: RequestedDevice) -> DeviceRow:
    with SqliteLedger(place.ledger_file) as ledger:
        (target,) = ledger.targets()
        found = ledger.device(target.key, device.request.key)
    assert found is not None
    return found


def test_a_lost_reply_leaves_the_device_to_a_person_who_is_told_the_certificate(place):
    answers = FleetAnswers()
    answers.interventions.append(losing_replies(answers, REGISTER, times=1))
    first = issue(place, answers, board(1))
    second = issue(place, answers, board(1))
    (orphan,) = answers.created
    assert list(answers.active) == [orphan]
    for result in (first, second):
        assert isinstance(result, IssuingRefused)
        assert (result.attention, result.fatal) == (True, False)
        assert result.may_be_active == (orphan,)
        assert f"certificate {orphan} may be active" in result.reason
        assert "--again" in result.reason
        assert "AWS deletes" not in result.reason + result.hint
    assert row(place, board(1)).state is DeviceState.ATTENTION
    assert orphan in row(place, board(1)).reason


def test_the_certificate_that_may_be_active_is_at_hand_to_be_tried(place):
    answers = FleetAnswers()
    answers.interventions.append(losing_replies(answers, REGISTER, times=1))
    issue(place, answers, board(1))
    apart = place.certificates / "may-be-active" / f"{board(1).record.device_id}.pem"
    assert read_certificate_file(apart.read_bytes())[0].sha256 == answers.created[0]
    assert not list(place.certificates.glob("*.pem")), "the device has none yet"


def test_again_provisions_anew_and_goes_on_telling_what_may_be_active(place):
    answers = FleetAnswers()
    answers.interventions.append(losing_replies(answers, REGISTER, times=1))
    issue(place, answers, board(1))
    results = [
        issue(place, answers, board(1), again=True),
        issue(place, answers, board(1), again=True),
        issue(place, answers, board(1)),
    ]
    assert len(answers.created) == 2, "a device that is done gets no other certificate"
    for result in results:
        assert isinstance(result, IssuedCertificate)
        assert result.certificate_id == answers.created[1]
        assert result.may_be_active == (answers.created[0],)
    known = row(place, board(1))
    assert known.state is DeviceState.DONE
    assert answers.created[0] in known.reason


def test_a_doubt_outlives_an_attempt_that_fails_after_again(place):
    answers = FleetAnswers()
    answers.interventions.append(losing_replies(answers, REGISTER, times=1))
    issue(place, answers, board(1))
    answers.interventions.append(rejecting(CREATE, 400, "InvalidCsr", "no", times=1))
    failed = issue(place, answers, board(1), again=True)
    assert isinstance(failed, IssuingRefused)
    assert "does not take the certificate request" in failed.reason
    assert failed.may_be_active == (answers.created[0],)
    known = row(place, board(1))
    assert known.state is DeviceState.ATTENTION
    assert answers.created[0] in known.reason
    left = issue(place, answers, board(1))
    assert isinstance(left, IssuingRefused)
    assert left.may_be_active == (answers.created[0],)


def test_a_service_that_failed_within_registering_may_have_done_it(place):
    answers = FleetAnswers()

    def failing_late(topic, payload):
        if topic != REGISTER or answers.active:
            return None
        answers.usual(topic, payload)
        return rejecting(REGISTER, 500, "InternalFailure", "sorry")(topic, payload)

    answers.interventions.append(failing_late)
    result = issue(place, answers, board(1))
    assert isinstance(result, IssuingRefused)
    assert result.may_be_active == tuple(answers.active)
    assert "AWS deletes" not in result.reason + result.hint


def test_a_rejection_that_is_sure_needs_no_person(place):
    answers = FleetAnswers(
        interventions=[rejecting(REGISTER, 400, "InvalidParameters", "no", times=1)]
    )
    result = issue(place, answers, board(1))
    assert isinstance(result, IssuingRefused)
    assert (result.attention, result.may_be_active) == (False, ())
    assert isinstance(issue(place, answers, board(1)), IssuedCertificate)


def test_a_token_that_expired_before_it_was_used_needs_no_person(place):
    now = [0.0]
    answers = FleetAnswers(clock=lambda: now[0])

    def late(topic, _payload):
        if topic == REGISTER:
            now[0] += 3601.0

    answers.interventions.append(late)
    result = issue(place, answers, board(1))
    assert isinstance(result, IssuingRefused)
    assert "ownership token" in result.reason
    assert not result.attention
    answers.interventions.clear()
    assert isinstance(issue(place, answers, board(1)), IssuedCertificate)


def test_a_certificate_that_was_only_made_is_no_matter_for_a_person(place):
    answers = FleetAnswers()
    answers.interventions.append(losing_replies(answers, CREATE, times=2))
    assert isinstance(issue(place, answers, board(1)), IssuingRefused)
    assert isinstance(issue(place, answers, board(1)), IssuedCertificate)
    assert len(answers.active) == 1


def test_the_folder_of_doubtful_certificates_is_no_proof_of_anything(place):
    answers = FleetAnswers()
    answers.interventions.append(losing_replies(answers, REGISTER, times=1))
    issue(place, answers, board(1))
    for _ in range(2):
        result = issue(place, answers, board(1), within="may-be-active")
        assert isinstance(result, IssuingRefused)
        assert result.may_be_active == tuple(answers.created)
    assert row(place, board(1)).state is DeviceState.ATTENTION


def test_a_certificate_alone_is_no_proof_that_its_registering_was_answered(place):
    answers = FleetAnswers()
    issued = issue(place, answers, board(1))
    forget_the_end(place)
    for file in place.certificates.glob("*.json"):
        file.unlink()
    result = issue(place, answers, board(1))
    assert isinstance(result, IssuingRefused)
    assert result.may_be_active == (issued.certificate_id,)


def test_a_certificate_that_was_found_to_be_live_becomes_the_devices_own(place):
    answers = FleetAnswers()
    for again in (False, True):
        answers.interventions.append(losing_replies(answers, REGISTER, times=1))
        issue(place, answers, board(1), again=again)
    live, other = answers.created
    kept = issue(place, answers, board(1), keep=(live,))
    later = issue(place, answers, board(1))
    for result in (kept, later):
        assert isinstance(result, IssuedCertificate)
        assert (result.certificate_id, result.may_be_active) == (live, (other,))
    assert row(place, board(1)).state is DeviceState.DONE
    (file,) = place.certificates.glob("*.pem")
    assert read_certificate_file(file.read_bytes())[0].sha256 == live
    apart = [path.read_bytes() for path in place.certificates.glob("may-be-active/*.pem")]
    assert [read_certificate_file(pem)[0].sha256 for pem in apart] == [other]
    assert len(answers.created) == 2


def forget_the_end(place: Workplace) -> None:
    """As if the process had died before it wrote down that the device is done."""
    with closing(sqlite3.connect(place.ledger_file)) as file, file:
        file.execute("UPDATE steps SET state = 'intent' WHERE operation = 'RegisterThing'")
        file.execute("UPDATE devices SET state = 'pending', name = ''")


def test_who_dies_between_file_and_ledger_goes_on_with_the_file(place):
    answers = FleetAnswers()
    issued = issue(place, answers, called(1, "M5-1"))
    forget_the_end(place)
    again = issue(place, answers, called(1, "board"))
    assert isinstance(again, IssuedCertificate)
    assert (again.already, again.pem, again.configuration) == (
        True, issued.pem, issued.configuration
    )  # fmt: skip
    known = row(place, board(1))
    assert (known.device_id, known.name, known.state) == ("M5-1", "board-M5-1", DeviceState.DONE)
    assert len(answers.created) == 1


def test_who_dies_without_a_file_is_left_to_a_person(place):
    answers = FleetAnswers()
    issued = issue(place, answers, board(1))
    forget_the_end(place)
    for file in place.certificates.iterdir():
        file.unlink()
    result = issue(place, answers, board(1))
    assert isinstance(result, IssuingRefused)
    assert result.may_be_active == (issued.certificate_id,)
    apart = place.certificates / "may-be-active" / f"{board(1).record.device_id}.pem"
    assert apart.read_text() == issued.pem


def test_a_lost_file_is_written_again_from_the_ledger(place):
    answers = FleetAnswers()
    first = issue(place, answers, board(1))
    for file in place.certificates.iterdir():
        file.unlink()
    second = issue(place, answers, called(1, "another-name"))
    assert isinstance(second, IssuedCertificate)
    assert (second.pem, second.certificate_id, second.thing_name) == (
        first.pem, first.certificate_id, first.thing_name
    )  # fmt: skip
    assert (place.certificates / f"{board(1).record.device_id}.pem").read_text() == first.pem
    (told,) = place.told
    assert f"is not in {place.certificates}; " in told
    assert "written again from the ledger, without the device configuration" in told
    assert "if another folder has it, name that one" in told
    assert len(answers.created) == 1


def test_a_lost_file_of_a_ledger_that_has_only_the_id_is_told(place):
    answers = FleetAnswers()
    issued = issue(place, answers, board(1))
    with SqliteLedger(place.ledger_file) as ledger:
        (target,) = ledger.targets()
        older = StepMark("CreateCertificateFromCsr", "", StepState.DONE, note=issued.certificate_id)
        with ledger.hold(target):
            ledger.record(target.key, board(1).request.key, Direction.REGISTER, [older])
    assert isinstance(issue(place, answers, board(1)), IssuedCertificate)
    for file in place.certificates.iterdir():
        file.unlink()
    result = issue(place, answers, board(1))
    assert isinstance(result, IssuingRefused)
    assert "is not in" in result.reason
    assert len(answers.created) == 1


def test_one_key_that_comes_under_another_name_keeps_its_certificate(place):
    answers = FleetAnswers()
    results = [issue(place, answers, called(1, name)) for name in ("M5-1", "board", "M5-1")]
    assert len({result.certificate_id for result in results}) == 1
    assert [result.already for result in results] == [False, True, True]
    assert row(place, board(1)).device_id == "M5-1"
    assert [path.name for path in place.certificates.glob("*.pem")] == ["M5-1.pem"]


def test_another_key_under_the_name_of_a_device_is_left_to_a_person(place):
    answers = FleetAnswers()
    first = issue(place, answers, called(1, "X"))
    clone = issue(place, answers, called(2, "X"))
    assert isinstance(clone, IssuingRefused)
    assert (clone.attention, clone.fatal) == (True, False)
    assert board(1).request.key in clone.reason
    assert clone.may_be_active == (first.certificate_id,)
    assert len(answers.created) == 1, "refused before a certificate was made"
    assert row(place, board(2)).state is DeviceState.ATTENTION
    assert isinstance(issue(place, answers, called(1, "X")), IssuedCertificate)


def test_again_lets_a_new_key_replace_the_old_one(place):
    answers = FleetAnswers()
    old = issue(place, answers, called(1, "X"))
    new = issue(place, answers, called(2, "X"), again=True)
    assert isinstance(new, IssuedCertificate)
    assert new.may_be_active == (old.certificate_id,)
    kept = {
        read_certificate_file(path.read_bytes())[0].sha256
        for path in place.certificates.glob("*.pem")
    }
    assert kept == {old.certificate_id, new.certificate_id}
    for number, known in ((1, old), (2, new)):
        again = issue(place, answers, called(number, "X"))
        assert (again.already, again.certificate_id) == (True, known.certificate_id)
        assert again.may_be_active == (() if number == 1 else (old.certificate_id,))


def test_a_name_that_the_template_is_not_told_may_be_that_of_many(place):
    answers, parameters = FleetAnswers(), ("SerialNumber={key_sha256}",)
    results = [
        issue(place, answers, called(number, "Acme"), parameters=parameters) for number in (1, 2)
    ]
    assert all(isinstance(result, IssuedCertificate) for result in results)
    assert len({result.thing_name for result in results}) == 2


def test_a_device_that_was_refused_for_its_name_keeps_nobody_else_from_it(place):
    answers = FleetAnswers(interventions=[hanging_up(CREATE, times=2)])
    assert isinstance(issue(place, answers, called(1, "X")), IssuingRefused)
    assert isinstance(issue(place, answers, called(2, "X")), IssuedCertificate)
    clone = issue(place, answers, called(3, "X"))
    assert isinstance(clone, IssuingRefused)
    assert clone.attention
    late = issue(place, answers, called(1, "X"))
    assert isinstance(late, IssuingRefused)
    assert board(2).request.key in late.reason
    assert board(3).request.key not in late.reason


def test_a_thing_that_is_another_devices_is_told_and_no_second_certificate_made(place):
    answers, parameters = FleetAnswers(), ("SerialNumber=fixed",)
    first = issue(place, answers, board(1), parameters=parameters)
    second = issue(place, answers, board(2), parameters=parameters)
    third = issue(place, answers, board(2), parameters=parameters)
    for result in (second, third):
        assert isinstance(result, IssuingRefused)
        assert result.attention
        assert "thing board-fixed is that of" in result.reason
        assert answers.created[1] in result.may_be_active
    assert first.certificate_id in second.may_be_active
    known = row(place, board(2))
    assert (known.state, known.name) == (DeviceState.ATTENTION, "board-fixed")
    meant = issue(place, answers, board(2), parameters=parameters, again=True)
    assert isinstance(meant, IssuedCertificate)
    assert meant.certificate_id == answers.created[1]
    assert len(answers.created) == 2


@pytest.mark.parametrize("name", ["../x", "ü", "a b", "x" * 129])
def test_a_name_that_no_thing_can_have_is_found_before_a_certificate_is_made(place, name):
    answers = FleetAnswers()
    result = issue(place, answers, called(1, name), parameters=("ThingName={device_id}",))
    assert isinstance(result, IssuingRefused)
    assert "no thing can be called by ThingName=" in result.reason
    assert "letters, digits" in result.hint
    assert (answers.created, row(place, board(1)).state) == ([], DeviceState.FAILED)


@pytest.mark.parametrize(
    "parameters",
    [
        ("Label={device_id}", "SerialNumber={key_sha256}"),
        ("Label={device_id}", "ThingName={key_sha256}"),
        ("Device={device_id}",),
        ("SerialNumber=7",),
        (),
    ],
)
def test_a_name_of_which_the_thing_may_have_another_is_the_services_matter(place, parameters):
    answers = FleetAnswers()
    result = issue(place, answers, called(1, "../x"), parameters=parameters)
    assert isinstance(result, IssuedCertificate)


def test_a_name_that_the_service_refuses_is_told_as_one(place):
    message = "ThingName must match [a-zA-Z0-9:_-]+"
    answers = FleetAnswers(interventions=[rejecting(REGISTER, 400, "InvalidParameters", message)])
    result = issue(place, answers, board(1))
    assert isinstance(result, IssuingRefused)
    assert "Names of things" in result.hint


def test_a_rejection_of_a_device_whose_name_may_be_none_tells_so_and_ends_no_run(place):
    told = ["ResourceRegistrationFailure", "InvalidParameters", "Something"]
    for number, code in enumerate(told, start=1):
        answers = FleetAnswers(interventions=[rejecting(REGISTER, 400, code, "no")])
        result = issue(place, answers, called(number, f"dev{number}.example.com"))
        assert isinstance(result, IssuingRefused)
        assert f"SerialNumber='dev{number}.example.com'" in result.hint
        assert "Names of things" in result.hint
        assert not result.fatal
        usual = issue(place, answers, called(number + 3, f"dev{number}"))
        assert "Names of things" not in usual.hint
