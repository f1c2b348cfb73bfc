"""A call that may have taken effect is remembered, whatever comes after it."""

import pytest

from tests.apply.batch_cloud import MemoryBatchCloud
from tests.apply.test_engine import DEVICES, known, register, undo
from tng.clouds.interface import RefusedError, TransientError
from tng.ledger import DeviceState, SqliteLedger
from tng.plan.models import Step

DEVICE = DEVICES[:1]
REFUSED = RefusedError("Refused", "no")


@pytest.fixture
def ledger(tmp_path):
    with SqliteLedger(tmp_path / "ledger.db") as opened:
        yield opened


def loses_its_first_reply_and_then(cloud, error):
    """The first call takes effect, its reply is lost; every later one raises ``error``."""

    def before(step: Step) -> None:
        if cloud.calls["Register"] > 1:
            raise error

    def after(step: Step) -> None:
        raise TransientError("Reset", "connection reset")

    cloud.before, cloud.after = before, after


def mend(cloud):
    cloud.before = cloud.after = lambda step: None


def test_a_refusal_after_a_lost_reply_does_not_make_it_somebody_elses(ledger):
    cloud = MemoryBatchCloud(size=1)
    loses_its_first_reply_and_then(cloud, REFUSED)
    assert register(cloud, ledger, DEVICE).failed == 1
    assert len(cloud.certificates) == 1
    mend(cloud)
    assert register(cloud, ledger, DEVICE).failed == 0
    undo(cloud, ledger)
    assert cloud.certificates == {}


def test_it_can_be_undone_even_if_it_is_never_finished(ledger):
    cloud = MemoryBatchCloud(size=1)
    loses_its_first_reply_and_then(cloud, REFUSED)
    register(cloud, ledger, DEVICE)
    mend(cloud)
    undo(cloud, ledger)
    assert cloud.certificates == {}


def test_a_refusal_of_a_first_call_claims_nothing(ledger):
    cloud = MemoryBatchCloud(size=1)

    def refuse(step: Step) -> None:
        raise REFUSED

    cloud.before = refuse
    register(cloud, ledger, DEVICE)
    assert known(cloud, ledger, DeviceState.FAILED)
    assert list(ledger.registered(cloud.description.key)) == []


def test_a_lost_batch_that_is_then_refused_is_still_ones_own(ledger):
    cloud = MemoryBatchCloud()

    def around(side, steps) -> None:
        if side == "after":
            raise TransientError("Reset", "connection reset")
        if len(cloud.batches) > 1:
            raise REFUSED

    def refuse_alone(step: Step) -> None:
        if len(cloud.batches) > 1:
            raise REFUSED

    cloud.around, cloud.before = around, refuse_alone
    assert register(cloud, ledger, DEVICES[:5], threads=1).failed == 5
    assert len(cloud.certificates) == 5
    cloud.around, cloud.before = lambda side, steps: None, lambda step: None
    undo(cloud, ledger)
    assert cloud.certificates == {}
