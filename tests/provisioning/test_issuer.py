import json
from contextlib import ExitStack

import pytest
from cryptography import x509

from tests.provisioning.benches import Workplace
from tests.provisioning.fleet_service import (
    CREATE,
    REGISTER,
    FleetAnswers,
    board,
    fleet_server,
    hanging_up,
    rejecting,
)
from tng.csr.issuing import IssuedCertificate, IssuingRefused
from tng.errors import OutputError
from tng.ledger import DeviceState, SqliteLedger
from tng.sandbox.mqtt import codec as mqtt


@pytest.fixture
def place(tmp_path) -> Workplace:
    return Workplace(tmp_path)


def states(place: Workplace) -> dict[str, DeviceState]:
    with SqliteLedger(place.ledger_file) as ledger:
        (target,) = ledger.targets()
        return {row.device_id: row.state for row in ledger.devices(target.key)}


def refusal(place: Workplace, answers: FleetAnswers, **server) -> IssuingRefused:
    with fleet_server(answers, **server) as port, place.issuer(port) as issuer:
        result = issuer.issue(board(1))
    assert isinstance(result, IssuingRefused)
    return result


def test_a_device_gets_a_certificate_for_its_key_and_a_thing(place):
    answers = FleetAnswers()
    with fleet_server(answers) as port, place.issuer(port) as issuer:
        issued = issuer.issue(board(1))
    assert isinstance(issued, IssuedCertificate)
    assert not issued.already
    device = board(1)
    assert issued.thing_name == f"board-{device.record.device_id}"
    assert issued.configuration == (("Fallback", "https://example.com"),)
    assert answers.active == {issued.certificate_id: issued.thing_name}
    saved = place.certificates / f"{device.record.device_id}.pem"
    assert saved.read_text() == issued.pem
    x509.load_pem_x509_certificate(saved.read_bytes())
    told = json.loads(saved.with_suffix(".json").read_text())
    assert told["certificate_id"] == issued.certificate_id
    assert told["device_configuration"] == {"Fallback": "https://example.com"}
    assert states(place) == {device.record.device_id: DeviceState.DONE}


def test_a_certificate_under_an_id_that_is_not_its_digest_is_refused(place):
    answers = FleetAnswers()

    def under_another_id(topic, payload):
        if topic != CREATE:
            return None
        ((answer, document),) = answers.usual(topic, payload)
        reply = {**json.loads(document), "certificateId": "ab" * 32}
        return [(answer, json.dumps(reply).encode())]

    answers.interventions.append(under_another_id)
    result = refusal(place, answers)
    assert f"its certificateId is {'ab' * 32}, expected the SHA-256 of its" in result.reason
    assert answers.created[0] in result.reason
    assert answers.active == {}
    assert list(place.certificates.iterdir()) == []
    assert states(place) == {board(1).record.device_id: DeviceState.FAILED}


def test_a_rejection_that_repeats_the_token_is_told_without_it(place):
    message = "x" * 290 + "secret-token-0 is not valid"
    answers = FleetAnswers(
        interventions=[rejecting(REGISTER, 400, "InvalidCertificateOwnershipToken", message)]
    )
    result = refusal(place, answers)
    assert "ownership token" in result.reason
    assert "secret" not in result.reason


def test_many_devices_go_over_one_connection(place):
    answers = FleetAnswers()
    with fleet_server(answers) as port, place.issuer(port) as issuer:
        results = [issuer.issue(board(number)) for number in range(1, 6)]
    assert all(isinstance(result, IssuedCertificate) for result in results)
    assert len(set(answers.active.values())) == 5


def test_the_same_key_gets_the_same_certificate_in_a_later_run(place):
    answers = FleetAnswers()
    with fleet_server(answers) as port:
        with place.issuer(port) as issuer:
            first = issuer.issue(board(1))
        with place.issuer(port) as issuer:
            second = issuer.issue(board(1))
    assert isinstance(first, IssuedCertificate)
    assert isinstance(second, IssuedCertificate)
    assert second.already
    assert (second.pem, second.certificate_id, second.thing_name, second.configuration) == (
        first.pem, first.certificate_id, first.thing_name, first.configuration
    )  # fmt: skip
    assert len(answers.created) == 1


def test_the_token_is_nowhere_on_disk(place):
    answers = FleetAnswers()
    with fleet_server(answers) as port, place.issuer(port) as issuer:
        issuer.issue(board(1))
        answers.interventions.append(rejecting(REGISTER, 400, "InvalidParameters", "no"))
        issuer.issue(board(2))
    assert answers.tokens
    for file in place.folder.rglob("*"):
        if file.is_file():
            assert b"secret-token" not in file.read_bytes()


@pytest.mark.parametrize(
    ("operation", "status", "code", "message", "expected", "fatal"),
    [
        (CREATE, 400, "InvalidCsr", "bad CSR", "does not take the certificate request", False),
        (CREATE, 403, "AccessDenied", "", "may not ask for certificates", True),
        (REGISTER, 400, "InvalidCertificateOwnershipToken", "expired", "ownership token", False),
        (REGISTER, 404, "ResourceNotFound", "", "no provisioning template", True),
        (REGISTER, 400, "InvalidRequest", "Template X not found", "no provisioning template", True),
        (REGISTER, 400, "InvalidRequest", "template is disabled", "is disabled", True),
        (REGISTER, 403, "AccessDenied", "Pre-provisioning hook said no", "hook refuses", False),
        (REGISTER, 403, "AccessDenied", "", "hook says no, or", False),
        (REGISTER, 400, "InvalidParameters", "SerialNumber", "parameters are not", False),
        (REGISTER, 400, "Weird", "\x1b[31mwords", "was rejected: 400 Weird", False),
    ],
)
def test_each_rejection_is_explained(place, operation, status, code, message, expected, fatal):
    answers = FleetAnswers(interventions=[rejecting(operation, status, code, message)])
    result = refusal(place, answers)
    assert expected in result.reason
    assert result.hint
    assert result.fatal is fatal
    assert states(place) == {board(1).record.device_id: DeviceState.FAILED}


def test_after_a_rejection_the_next_device_gets_its_certificate(place):
    answers = FleetAnswers(
        interventions=[rejecting(REGISTER, 400, "InvalidParameters", "no", times=1)]
    )
    with fleet_server(answers) as port, place.issuer(port) as issuer:
        assert isinstance(issuer.issue(board(1)), IssuingRefused)
        assert isinstance(issuer.issue(board(2)), IssuedCertificate)
        again = issuer.issue(board(1))
    assert isinstance(again, IssuedCertificate)
    assert not place.told, "a rejected attempt left nothing behind that is unknown"


@pytest.mark.parametrize("operation", [CREATE, REGISTER])
def test_throttling_is_waited_out(place, operation):
    throttle = rejecting(operation, 429, "Throttled", "slow down", times=3)
    answers = FleetAnswers(interventions=[throttle])
    with fleet_server(answers) as port, place.issuer(port) as issuer:
        assert isinstance(issuer.issue(board(1)), IssuedCertificate)
    assert len(answers.active) == 1


def test_throttling_ends_at_the_deadline(place):
    answers = FleetAnswers(interventions=[rejecting(CREATE, 429, "Throttled", "slow down")])
    with fleet_server(answers) as port, place.issuer(port, timeout=1) as issuer:
        result = issuer.issue(board(1))
    assert isinstance(result, IssuingRefused)
    assert "left alone" in result.reason or "deadline" in result.reason


@pytest.mark.parametrize("operation", [CREATE, REGISTER])
def test_a_claim_that_may_not_publish_is_told_as_such(place, operation):
    answers = FleetAnswers(interventions=[hanging_up(operation)])
    result = refusal(place, answers)
    assert "closed the connection when it was asked" in result.reason
    assert "iot:Publish" in result.hint
    assert result.fatal
    # Whoever closes the connection may have done what was asked.
    assert result.attention is (operation == REGISTER)


@pytest.mark.parametrize("operation", [CREATE, REGISTER])
def test_a_connection_that_is_lost_once_is_opened_again(place, operation):
    answers = FleetAnswers(interventions=[hanging_up(operation, times=1)])
    with fleet_server(answers) as port, place.issuer(port) as issuer:
        issued = issuer.issue(board(1))
    assert isinstance(issued, IssuedCertificate)
    assert list(answers.active) == [issued.certificate_id]


def test_a_claim_that_may_not_subscribe_is_told_as_such(place):
    result = refusal(place, FleetAnswers(), refuses_subscription="provision/")
    assert "may not subscribe" in result.reason
    assert result.fatal


def test_a_claim_that_may_not_connect_is_told_as_such(place):
    result = refusal(place, FleetAnswers(), connect_code=mqtt.NOT_AUTHORIZED)
    assert "refuses the claim certificate" in result.reason
    assert "active" in result.hint
    assert result.fatal


@pytest.mark.slow
def test_silence_ends_at_the_deadline_and_the_connection_with_it(place):
    silent = [True]
    answers = FleetAnswers(
        interventions=[lambda topic, _: [] if silent[0] and topic == CREATE else None]
    )
    with fleet_server(answers) as port:
        with place.issuer(port, timeout=4) as issuer:
            result = issuer.issue(board(1))
        assert isinstance(result, IssuingRefused)
        assert "no answer by the deadline" in result.reason
        silent[0] = False
        with place.issuer(port) as issuer:
            assert isinstance(issuer.issue(board(1)), IssuedCertificate)
    assert any("did not end" in text for text in place.told)


def test_a_late_answer_to_another_request_is_not_taken_for_this_one(place):
    answers = FleetAnswers()
    late = []

    def mixed(topic: str, payload: bytes):
        if topic != CREATE:
            return None
        own = answers.usual(topic, payload)
        before, late[:] = tuple(late), own
        return [*before, *own]

    answers.interventions.append(mixed)
    with fleet_server(answers) as port, place.issuer(port) as issuer:
        first, second = issuer.issue(board(1)), issuer.issue(board(2))
    assert isinstance(first, IssuedCertificate)
    assert isinstance(second, IssuedCertificate)
    assert first.certificate_id == answers.created[0]
    assert second.certificate_id == answers.created[1]


@pytest.mark.parametrize(
    "payload",
    [
        b"",
        b"\xff",
        b"[]",
        b"[" * 5000,
        b'{"certificateId": 7}',
        b'{"certificateId": "' + b"0" * 64 + b'", "certificateOwnershipToken": "t"}',
        b'{"certificateId": "' + b"0" * 64 + b'", "certificateOwnershipToken": "t", '
        b'"certificatePem": "-----BEGIN CERTIFICATE-----\\nAAAA\\n-----END CERTIFICATE-----"}',
    ],
)
def test_an_answer_that_cannot_be_used_is_a_refusal(place, payload):
    answers = FleetAnswers(interventions=[lambda topic, _: [(f"{topic}/accepted", payload)]])
    result = refusal(place, answers)
    assert "cannot be used" in result.reason


def test_a_flood_ends_the_device_and_not_the_run(place):
    flood = [(f"{CREATE}/other", b"x" * 60_000)] * 10
    answers = FleetAnswers(interventions=[lambda *_: flood])
    with fleet_server(answers) as port, place.issuer(port) as issuer:
        assert isinstance(issuer.issue(board(1)), IssuingRefused)
        answers.interventions.clear()
        assert isinstance(issuer.issue(board(2)), IssuedCertificate)


def test_an_untrusted_server_is_told_as_such(place):
    with fleet_server(FleetAnswers()) as port, place.issuer(port, trusts=False) as issuer:
        result = issuer.issue(board(1))
    assert isinstance(result, IssuingRefused)
    assert "not trusted" in result.reason
    assert "--ca-file" in result.hint
    assert result.fatal


def test_what_a_stranger_has_put_under_the_name_stays(place):
    answers = FleetAnswers()
    first = board(1)
    with fleet_server(answers) as port, place.issuer(port) as issuer:
        place.certificates.mkdir(exist_ok=True)
        taken = place.certificates / f"{first.record.device_id}.pem"
        taken.write_text("something else")
        issued = issuer.issue(first)
        again = issuer.issue(first)
    assert isinstance(issued, IssuedCertificate)
    assert taken.read_text() == "something else"
    own = {path.read_text() for path in place.certificates.glob("*.pem") if path != taken}
    assert own == {issued.pem}
    assert isinstance(again, IssuedCertificate)
    assert again.already


def test_a_folder_that_cannot_be_written_is_found_before_anything_is_asked(place):
    place.certificates.write_text("a file")
    answers = FleetAnswers()
    with fleet_server(answers) as port, pytest.raises(OutputError), place.issuer(port):
        pass
    assert not answers.created


def test_an_endpoint_that_cannot_be_reached_ends_the_run(place):
    with fleet_server(FleetAnswers()) as port:
        pass
    with place.issuer(port) as issuer:
        result = issuer.issue(board(1))
    assert isinstance(result, IssuingRefused)
    assert "cannot be reached" in result.reason
    assert result.fatal


@pytest.mark.slow
def test_an_endpoint_that_is_gone_for_a_while_ends_only_the_device(place):
    stack = ExitStack()
    with fleet_server(FleetAnswers()) as port:
        issuer = stack.enter_context(place.issuer(port))
        assert isinstance(issuer.issue(board(2)), IssuedCertificate)
    result = issuer.issue(board(3))
    stack.close()
    assert isinstance(result, IssuingRefused)
    assert not result.fatal
