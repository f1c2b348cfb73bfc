"""Quotas and faults as the real SDK meets them, and the SDK's own traps on the wire."""

import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest
from azure.core.exceptions import (
    HttpResponseError,
    ResourceExistsError,
    ServiceRequestError,
    ServiceResponseError,
)

from tests.sandbox.certificates import new_certificate
from tests.sandbox.dps.services import ServiceUnderTest, bulk, enrollment
from tng.errors import ConfigurationError
from tng.sandbox.dps.quotas import UNLIMITED, DpsQuota
from tng.sandbox.dps.routes import Name
from tng.sandbox.dps.sandbox import DpsSandbox, InstanceSpecification
from tng.sandbox.faults import Fault, Hook, LostReply, ServerError, Slow, Throttle, When
from tng.sandbox.record import LOST

PEM = new_certificate()[0]
QUERY = {"query": "SELECT *"}


class _Clock:
    """Seconds that pass when told to."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


def _refused(call) -> HttpResponseError:
    with pytest.raises(HttpResponseError) as refused:
        call()
    return refused.value


def test_over_the_quota_is_429_and_says_when_to_come_again(start_service):
    clock = _Clock()
    service = start_service(quota=DpsQuota(per_minute=60, burst=2), clock=clock)
    get = service.client().enrollment.get
    assert [_refused(lambda: get("sn01")).status_code for _ in range(3)] == [404, 404, 429]
    refused = _refused(lambda: get("sn01"))
    assert type(refused) is HttpResponseError
    assert refused.response.headers["Retry-After"] == "1"
    assert refused.response.json()["errorCode"] == 429001
    clock.now += 1
    assert [_refused(lambda: get("sn01")).status_code for _ in range(2)] == [404, 429]
    assert service.log.counts() == {Name.GET_ENROLLMENT: 6}
    assert [record.cloud_status for record in service.log].count(None) == 3


def test_the_quota_is_over_all_operations_but_each_instance_has_its_own(start_service):
    service = start_service(
        InstanceSpecification("one"),
        InstanceSpecification("two"),
        quota=DpsQuota(per_minute=1, burst=3),
    )
    one = service.client(name="one").enrollment
    one.create_or_update("sn01", enrollment("sn01", PEM))
    list(one.query(QUERY))
    one.delete("sn01")
    assert _refused(lambda: one.get("sn01")).status_code == 429
    assert _refused(lambda: service.client(name="two").enrollment.get("sn01")).status_code == 404


def test_retry_after_can_be_left_out(start_service):
    service = start_service(quota=DpsQuota(per_minute=1, burst=1, retry_after=False))
    get = service.client().enrollment.get
    _refused(lambda: get("sn01"))
    refused = _refused(lambda: get("sn01"))
    assert refused.status_code == 429
    assert "Retry-After" not in refused.response.headers


@pytest.mark.parametrize(("costs_items", "calls"), [(False, 12), (True, 3)])
def test_a_bulk_of_four_costs_one_or_four(start_service, costs_items: bool, calls: int):
    quota = DpsQuota(per_minute=1, burst=12, bulk_costs_items=costs_items)
    service = start_service(quota=quota, clock=_Clock())
    run = service.client().enrollment.run_bulk_operation
    items = [enrollment(f"sn{number}", PEM) for number in range(4)]
    for _ in range(calls):
        run(bulk("create", *items))
    assert _refused(lambda: run(bulk("create", *items))).status_code == 429


def test_a_bulk_dearer_than_the_burst_still_comes_through(start_service):
    quota = DpsQuota(per_minute=60, burst=2, bulk_costs_items=True)
    service = start_service(quota=quota, clock=_Clock())
    items = [enrollment(f"sn{number}", PEM) for number in range(10)]
    run = service.client().enrollment.run_bulk_operation
    assert run(bulk("create", *items))["isSuccessful"]
    assert _refused(lambda: run(bulk("create", *items))).response.headers["Retry-After"] == "10"


def test_strangers_use_up_nobody_s_quota(start_service):
    service = start_service(quota=DpsQuota(per_minute=1, burst=1))
    for _ in range(5):
        service.ask("GET", "/enrollments/sn01", Authorization="Bearer made-up")
    assert _refused(lambda: service.client().enrollment.get("sn01")).status_code == 404


def test_the_limit_can_be_changed_and_lifted(start_service):
    service = start_service(quota=DpsQuota(per_minute=1, burst=1))
    get = service.client().enrollment.get
    service.running.server.limit(UNLIMITED)
    assert {_refused(lambda: get("sn01")).status_code for _ in range(20)} == {404}


@pytest.mark.parametrize(
    ("seconds", "header"), [(None, None), (7, "7"), (0.5, "0.5"), (1e6, "1000000")]
)
def test_a_throttle_carries_the_retry_after_of_the_script(service, seconds, header):
    service.running.server.inject(Fault(Throttle(seconds), Name.GET_ENROLLMENT))
    refused = _refused(lambda: service.client().enrollment.get("sn01"))
    assert refused.status_code == 429
    assert refused.response.headers.get("Retry-After") == header


@pytest.mark.parametrize("status", [500, 502, 503, 504])
def test_a_server_error_has_done_nothing(service: ServiceUnderTest, status: int):
    service.running.server.inject(Fault(ServerError(status)))
    client = service.client()
    failed = _refused(lambda: client.enrollment.create_or_update("a", enrollment("a", PEM)))
    assert failed.status_code == status
    assert failed.response.json()["trackingId"]
    assert not service.running.state.instances[0].enrollments
    (record,) = service.log
    assert (record.status, record.cloud_status, record.took_effect) == (status, None, False)


@pytest.mark.parametrize(("when", "done"), [(When.BEFORE, False), (When.AFTER, True)])
def test_a_lost_reply_leaves_the_caller_without_an_answer(
    service: ServiceUnderTest, when: When, done: bool
):
    service.running.server.inject(Fault(LostReply(when), Name.PUT_ENROLLMENT))
    with pytest.raises((ServiceResponseError, ServiceRequestError)):
        service.client().enrollment.create_or_update("a", enrollment("a", PEM))
    assert bool(service.running.state.instances[0].enrollments) is done
    (record,) = service.log
    assert record.status == LOST
    assert record.took_effect is done


def test_faults_meet_the_instance_they_are_for(start_service):
    service = start_service(InstanceSpecification("one"), InstanceSpecification("two"))
    service.running.server.inject(Fault(ServerError(), account="two", count=None))
    assert _refused(lambda: service.client(name="one").enrollment.get("a")).status_code == 404
    assert _refused(lambda: service.client(name="two").enrollment.get("a")).status_code == 500


def test_a_slow_answer_comes_late_and_after_the_work(start_service):
    waited = []
    service = start_service(sleep=waited.append, faults=[Fault(Slow(30), Name.PUT_ENROLLMENT)])
    service.client().enrollment.create_or_update("a", enrollment("a", PEM))
    assert waited == [30]


def test_hooks_run_before_and_after_the_work(service: ServiceUnderTest):
    seen = []

    def look() -> None:
        seen.append(len(service.running.state.instances[0].enrollments))

    service.running.server.inject(Fault(Hook(When.BEFORE, look)), Fault(Hook(When.AFTER, look)))
    service.client().enrollment.create_or_update("a", enrollment("a", PEM))
    assert seen == [0, 1]


def test_trap_the_sdk_sends_a_put_again_whose_reply_was_lost_and_it_surfaces_as_409(
    service: ServiceUnderTest,
):
    service.running.server.inject(Fault(LostReply(When.AFTER), Name.PUT_ENROLLMENT))
    client = service.client(retry_total=3, retry_backoff_factor=0)
    with pytest.raises(ResourceExistsError):
        client.enrollment.create_or_update("a", enrollment("a", PEM))
    assert [record.status for record in service.log] == [LOST, 409]


def test_trap_the_sdk_does_not_retry_a_bulk_that_is_throttled_without_retry_after(
    service: ServiceUnderTest,
):
    service.running.server.inject(Fault(Throttle(), Name.RUN_BULK_OPERATION))
    client = service.client(retry_total=3, retry_backoff_factor=0)
    refused = _refused(
        lambda: client.enrollment.run_bulk_operation(bulk("create", enrollment("a", PEM)))
    )
    assert refused.status_code == 429
    assert len(service.log) == 1


def test_trap_the_sdk_sleeps_as_long_as_it_is_told(service: ServiceUnderTest):
    service.running.server.inject(Fault(Throttle(1), Name.GET_ENROLLMENT))
    client = service.client(retry_total=1, retry_backoff_factor=0)
    began = time.monotonic()
    assert _refused(lambda: client.enrollment.get("a")).status_code == 404
    assert time.monotonic() - began >= 1
    assert [record.status for record in service.log] == [429, 404]


def test_many_connections_at_once_create_each_enrollment_once(service: ServiceUnderTest):
    service.running.server.limit(UNLIMITED)
    outcomes = []

    def create(client) -> None:
        for number in range(20):
            try:
                client.enrollment.create_or_update(f"sn{number}", enrollment(f"sn{number}", PEM))
                outcomes.append(201)
            except ResourceExistsError:
                outcomes.append(409)

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(create, [service.client() for _ in range(8)]))
    assert (outcomes.count(201), outcomes.count(409)) == (20, 140)
    assert set(service.running.state.instances[0].creations.values()) == {1}


def test_a_port_that_is_taken_is_said(service: ServiceUnderTest):
    with pytest.raises(ConfigurationError, match="cannot be used"):
        DpsSandbox(port=service.running.server.port).__enter__()


def test_nothing_outlives_the_sandbox(tmp_path):
    before = threading.active_count()
    with DpsSandbox(directory=tmp_path) as running:
        port = running.server.port
        assert "BEGIN CERTIFICATE" in running.ca_file.read_text()
    assert list(tmp_path.iterdir()) == []
    deadline = time.monotonic() + 60
    while threading.active_count() > before and time.monotonic() < deadline:
        time.sleep(0.01)
    assert threading.active_count() == before
    with DpsSandbox(port=port) as again:
        assert again.server.port == port
