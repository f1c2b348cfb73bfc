"""How much a service is asked to find out what it holds."""

from collections import Counter

import pytest

from tests.clouds.azure.conftest import call_at_once
from tests.clouds.azure.devices import common_name, named
from tests.planned_devices import verified
from tng.clouds.azure.api import Page
from tng.clouds.azure.inspection import PAGE, Inspector
from tng.clouds.azure.settings import AzureSettings
from tng.clouds.interface import Standing, TransientError
from tng.plan.models import Disposition
from tng.sandbox.faults import Fault, ServerError


def enroll(cloud, *devices):
    for device in devices:
        cloud.perform(cloud.steps(cloud.plan_device(device, cloud.inspect([device])))[0])


def fill(running, count):
    """Enrollments of others, whose ids come after those of the test vendor."""
    enrollments = running.state.instances[0].enrollments
    template = next(iter(enrollments.values()))
    for number in range(count):
        name = f"zz{number:06}"
        document = {**template.document, "registrationId": name}
        enrollments[name] = type(template)(name, document, template.sha256)


def test_a_short_list_is_read_whole_and_counted(cloud, running):
    enroll(cloud, verified(1), verified(2))
    running.server.log.clear()
    view = cloud.inspect([verified(1), verified(2), verified(3)])
    assert set(view.states) == {verified(1).leaf.sha256, verified(2).leaf.sha256}
    assert view.held == 2
    assert running.server.log.counts() == {"QueryEnrollments": 1}


def test_several_pages_are_followed(cloud, running):
    enroll(cloud, verified(1))
    fill(running, 2 * PAGE)
    running.server.log.clear()
    devices = [verified(number) for number in range(1, 6)]
    view = cloud.inspect(devices)
    assert set(view.states) == {verified(1).leaf.sha256}
    assert view.held == 2 * PAGE + 1
    assert running.server.log.counts() == {"QueryEnrollments": 3}


def test_devices_of_other_shards_are_counted_where_the_list_is_read_and_not_asked_for(
    cloud, running
):
    enroll(cloud, verified(1), verified(2), verified(3))
    fill(running, 2 * PAGE)
    running.server.log.clear()
    own = [verified(number) for number in (1, 4, 5, 6, 7)]
    view = cloud.inspect_shard(own, iter([verified(2), verified(3), verified(8), verified(1)]))
    assert set(view.states) == {verified(1).leaf.sha256}
    assert (view.held, view.beside) == (2 * PAGE + 3, 2)
    assert running.server.log.counts() == {"QueryEnrollments": 3}
    short = cloud.inspect_shard([verified(1)], [verified(2)])
    assert (short.held, short.beside) == (None, 0)


def test_a_few_devices_in_a_long_list_are_asked_for_one_by_one(cloud, running):
    enroll(cloud, named("zzz-last", 1))
    fill(running, 10 * PAGE)
    running.server.log.clear()
    view = cloud.inspect([named("ZZZ-last", 1), verified(2)])
    assert list(view.states) == [verified(1).leaf.sha256]
    assert view.held is None
    assert running.server.log.counts() == {"QueryEnrollments": 2, "GetEnrollment": 2}


def test_what_cannot_be_enrolled_is_not_asked_for(cloud, running):
    running.server.log.clear()
    view = cloud.inspect([named("0123 ATECC")])
    assert view.states == {}
    assert not running.server.log


def test_a_wrong_enrollment_is_found_under_the_id(cloud):
    enroll(cloud, named("sn1", 2))
    device = named("SN1", 1)
    plan = cloud.plan_device(device, cloud.inspect([device]))
    assert plan.disposition is Disposition.CONFLICT


def test_a_server_error_ends_the_reading(cloud, running):
    running.server.inject(Fault(ServerError(500), "QueryEnrollments"))
    with pytest.raises(TransientError):
        cloud.inspect([verified(1)])


class Endless:
    """A service whose pages never end and say nothing."""

    def __init__(self) -> None:
        self.calls = Counter()

    def page(self, size, continuation):
        self.calls["page"] += 1
        return Page(({"registrationId": 7}, {}), "again")

    def get(self, registration_id):
        self.calls["get"] += 1
        return {}


def test_a_list_without_end_is_left():
    api = Endless()
    settings = AzureSettings("x", dps_host="x")
    devices = [verified(number) for number in range(1, 6)]
    view = Inspector(api, call_at_once, settings).inspect(devices)
    assert api.calls == {"page": 5, "get": 5}
    assert view.held is None


def test_a_device_is_seen_as_what_it_has_become(cloud, running):
    assert cloud.sight("nobody").standing is Standing.GONE
    enroll(cloud, verified(1))
    name = common_name(1).lower()
    assert cloud.sight(name).standing is Standing.UNASSIGNED
    enrollment = running.state.instances[0].enrollments[name]
    enrollment.registration = {
        "status": "assigned",
        "assignedHub": "hub.net",
        "deviceId": "SN1",
        "lastUpdatedDateTimeUtc": "2026-11-21T00:00:00Z",
    }
    seen = cloud.sight(name)
    assert (seen.standing, seen.place, seen.device_id) == (Standing.ASSIGNED, "hub.net", "SN1")
    enrollment.document = {**enrollment.document, "provisioningStatus": "disabled"}
    assert cloud.sight(name).standing is Standing.DISABLED
