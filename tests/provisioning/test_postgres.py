"""Fleet provisioning with its ledger in a real PostgreSQL, which several hosts share."""

import pytest

from tests.postgres import cluster
from tests.provisioning.benches import Workplace
from tests.provisioning.fleet_service import (
    CREATE,
    REGISTER,
    FleetAnswers,
    board,
    fleet_server,
    losing_replies,
)
from tng.csr.issuing import IssuedCertificate, IssuingRefused
from tng.ledger import DeviceState
from tng.provisioning.earlier import expected_state
from tng.provisioning.template import ParameterTemplates

pytestmark = pytest.mark.slow


@pytest.fixture
def database():
    return cluster().create()


@pytest.fixture
def place(tmp_path, database) -> Workplace:
    return Workplace(tmp_path, database)


def cut_all(database):
    """The server ends every session of the ledger."""
    name = database.rpartition("/")[2]
    cluster().sql(
        f"SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE datname = '{name}'",  # noqa: S608  # our own
        "postgres",
    )


def states(place: Workplace) -> dict[str, DeviceState]:
    with place.ledger() as ledger:
        (target,) = ledger.targets()
        return {row.device_id: row.state for row in ledger.devices(target.key)}


def test_a_device_is_provisioned_once_whatever_host_it_comes_to(place, tmp_path):
    answers, elsewhere = FleetAnswers(), Workplace(tmp_path / "other", place.database)
    elsewhere.folder.mkdir()
    with fleet_server(answers) as port:
        with place.issuer(port) as issuer:
            first = issuer.issue(board(1))
        with place.ledger() as ledger:
            known = expected_state(ledger, issuer.target, board(1), ParameterTemplates())
        with place.issuer(port) as issuer:
            second = issuer.issue(board(1))
        with elsewhere.issuer(port) as issuer:
            third = issuer.issue(board(1))
    assert isinstance(first, IssuedCertificate)
    assert isinstance(second, IssuedCertificate)
    assert (second.already, second.certificate_id) == (True, first.certificate_id)
    assert known == "done"
    assert isinstance(third, IssuedCertificate)
    assert (third.already, third.pem, third.thing_name) == (True, first.pem, first.thing_name)
    assert any("written again from the ledger" in text for text in elsewhere.told)
    assert len(answers.created) == 1
    assert states(place) == {board(1).record.device_id: DeviceState.DONE}


@pytest.mark.parametrize("asked", [CREATE, REGISTER])
def test_a_ledger_that_is_cut_off_while_the_service_is_asked_forgets_nothing(place, asked):
    answers = FleetAnswers()

    def cutting(topic, _payload):
        if topic == asked and answers.interventions:
            answers.interventions.clear()
            cut_all(place.database)

    answers.interventions.append(cutting)
    with fleet_server(answers) as port, place.issuer(port) as issuer:
        issued = [issuer.issue(board(number)) for number in (1, 2)]
    assert all(isinstance(result, IssuedCertificate) for result in issued)
    assert len(answers.created) == 2
    assert set(states(place).values()) == {DeviceState.DONE}


def test_an_end_that_is_not_known_is_left_to_a_person_on_the_next_host_too(place, tmp_path):
    answers, elsewhere = FleetAnswers(), Workplace(tmp_path / "other", place.database)
    elsewhere.folder.mkdir()
    answers.interventions.append(losing_replies(answers, REGISTER, times=1))
    with fleet_server(answers) as port:
        with place.issuer(port) as issuer:
            assert isinstance(issuer.issue(board(1)), IssuingRefused)
        with elsewhere.issuer(port) as issuer:
            left = issuer.issue(board(1))
        assert states(place) == {board(1).record.device_id: DeviceState.ATTENTION}
        with elsewhere.issuer(port, again=True) as issuer:
            issued = issuer.issue(board(1))
    assert isinstance(left, IssuingRefused)
    assert left.may_be_active == (answers.created[0],)
    assert isinstance(issued, IssuedCertificate)
    assert issued.may_be_active == (answers.created[0],)
