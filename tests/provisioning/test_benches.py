"""Several benches, or processes, with one ledger."""

import threading
from collections.abc import Callable
from dataclasses import replace

import pytest

from tests.postgres import cluster
from tests.provisioning.benches import Workplace
from tests.provisioning.fleet_service import FleetAnswers, board, fleet_server
from tng.csr.issuing import IssuedCertificate, IssuingRefused
from tng.csr.model import RequestedDevice


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.slow)])
def place(request, tmp_path) -> Workplace:
    """The benches' common folder and ledger."""
    return Workplace(tmp_path, "" if request.param == "sqlite" else cluster().create())


def side_by_side(
    place: Workplace,
    answers: FleetAnswers,
    *boards: tuple[int, ...],
    called: Callable[[int], RequestedDevice] = board,
) -> list[object]:
    """What each bench is given for its boards; all share a ledger and a folder."""
    results, lock = [], threading.Lock()
    begin = threading.Barrier(len(boards))

    def bench(numbers: tuple[int, ...]) -> None:
        with fleet_server(answers) as port, place.issuer(port) as issuer:
            begin.wait(60)
            for number in numbers:
                result = issuer.issue(called(number))
                with lock:
                    results.append(result)

    # The ledger is made before, as it is at most factories.
    place.ledger().close()
    threads = [threading.Thread(target=bench, args=(numbers,)) for numbers in boards]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(100)
    return results


def test_two_benches_with_one_ledger_serve_their_devices_at_the_same_time(place):
    answers = FleetAnswers()
    results = side_by_side(place, answers, (1, 2, 3), (4, 5, 6))
    assert len(results) == 6
    assert all(isinstance(result, IssuedCertificate) for result in results)
    assert len(answers.active) == 6


def test_one_device_at_two_benches_gets_one_certificate(place):
    answers = FleetAnswers()
    results = side_by_side(place, answers, (1,), (1,))
    assert len(answers.created) == 1
    assert sorted(result.already for result in results) == [False, True]


def test_two_keys_of_one_name_at_two_benches_at_once_make_one_device(place):
    def clone(number: int) -> RequestedDevice:
        device = board(number)
        return replace(device, record=replace(device.record, device_id="X"))

    answers = FleetAnswers()
    results = side_by_side(place, answers, (1,), (2,), called=clone)
    assert len(answers.created) == 1
    (refused,) = [result for result in results if isinstance(result, IssuingRefused)]
    assert refused.attention
    assert refused.may_be_active == (answers.created[0],)
