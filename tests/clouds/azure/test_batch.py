"""Ten enrollments in one call: each has an outcome of its own."""

import json
from dataclasses import replace

import pytest

from tests.clouds.azure.devices import common_name, named
from tests.planned_devices import verified
from tng.clouds.azure.performing import perform_batch
from tng.clouds.interface import (
    AttentionStep,
    DoneStep,
    RefusedError,
    ThrottledError,
    TransientError,
)
from tng.plan.view import RemoteView
from tng.sandbox.faults import Fault, LostReply, ServerError, Throttle, When

BULK, PUT, GET = "RunBulkEnrollmentOperation", "CreateOrUpdateEnrollment", "GetEnrollment"
EMPTY = RemoteView({})


def steps_of(cloud, devices):
    view = cloud.inspect(devices)
    return [step for device in devices for step in cloud.steps(cloud.plan_device(device, view))]


@pytest.fixture
def steps(cloud):
    return steps_of(cloud, [verified(number) for number in range(10)])


def test_ten_are_made_in_one_call(cloud, steps, running):
    assert cloud.batch_size("CreateEnrollment") == 10
    assert cloud.perform_batch(steps) == (DoneStep(),) * 10
    assert len(running.server.log.calls(BULK)) == 1
    assert not running.server.log.calls(PUT)
    assert len(running.state.instances[0].enrollments) == 10
    body = json.loads(running.server.log.calls(BULK)[0].body)
    assert body["mode"] == "create"


def test_one_bad_item_spoils_no_other(cloud, cloud_of, settings, running):
    cloud.perform(steps_of(cloud, [verified(1)])[0])
    cloud.perform(steps_of(cloud, [named(common_name(2), 12)])[0])
    running.state.instances[0].enrollments.pop(common_name(3).lower(), None)
    steps = [cloud.steps(cloud.plan_device(verified(n), EMPTY))[0] for n in range(4)]
    bad = cloud_of(replace(settings, iot_hubs=("stranger.azure-devices.net",)))
    steps[3] = bad.steps(bad.plan_device(verified(3), EMPTY))[0]
    made, already, attention, refused = cloud.perform_batch(steps)
    assert made == DoneStep()
    assert isinstance(already, DoneStep)
    assert already.already
    assert isinstance(attention, AttentionStep)
    assert "another certificate" in attention.reason
    assert isinstance(refused, RefusedError)
    assert refused.code == "400004"


def test_a_lost_reply_is_recognised_item_by_item(cloud, steps, running):
    running.server.inject(Fault(LostReply(When.AFTER), BULK))
    with pytest.raises(TransientError):
        cloud.perform_batch(steps)
    assert len(running.server.log.calls(BULK)) == 1
    results = cloud.perform_batch(steps)
    assert [result.already for result in results] == [True] * 10


@pytest.mark.parametrize("seconds", [None, 3.0, 86400.0 * 365])
def test_a_throttled_bulk_is_raised_at_once_and_says_how_long(cloud, steps, running, seconds):
    running.server.inject(Fault(Throttle(seconds), BULK))
    with pytest.raises(ThrottledError) as caught:
        cloud.perform_batch(steps)
    assert caught.value.retry_after == seconds
    assert caught.value.code == "429001"
    assert len(running.server.log.calls(BULK)) == 1
    assert cloud.perform_batch(steps) == (DoneStep(),) * 10


def test_an_existing_one_that_cannot_be_read_is_tried_alone_as_one_never_sent(
    cloud, steps, running
):
    cloud.perform(steps[0])
    running.server.inject(Fault(ServerError(503), GET))
    results = cloud.perform_batch(steps)
    # Not a `TransientError`: that would make it count as this tool's own creation.
    assert isinstance(results[0], ThrottledError)
    assert results[1:] == (DoneStep(),) * 9


class Replying:
    """A service whose bulk answers are what a test says."""

    def __init__(self, reply) -> None:
        self._reply = reply

    def bulk_create(self, documents):
        return self._reply


def item(code, registration_id=None):
    return {
        "registrationId": registration_id or common_name(0).upper(),
        "errorCode": code,
        "errorStatus": "told",
    }


@pytest.mark.parametrize(
    ("code", "error"),
    [
        (429001, ThrottledError),
        (500000, TransientError),
        (400004, RefusedError),
        ("nonsense", RefusedError),
        (None, RefusedError),
        ([], RefusedError),
        ("\u00b2\u00b2\u00b2", RefusedError),
        ("429\x1b[2J", RefusedError),
    ],
)
def test_the_error_of_an_item_is_understood_by_its_code(steps, code, error):
    reply = {"isSuccessful": False, "errors": [item(code)]}
    first, second = perform_batch(Replying(reply), steps[:2])
    assert type(first) is error
    assert first.code.isprintable()
    assert second == DoneStep()


@pytest.mark.parametrize(
    "reply",
    [
        {},
        {"isSuccessful": False},
        {"isSuccessful": False, "errors": []},
        {"isSuccessful": False, "errors": 7},
        {"isSuccessful": True, "errors": {"0": item(409201)}},
        {"isSuccessful": "true", "errors": None},
        {"isSuccessful": False, "errors": ["text"]},
        {"isSuccessful": False, "errors": [item(409201, "stranger")]},
    ],
)
def test_an_answer_that_does_not_say_whom_it_means_leaves_all_unknown(steps, reply):
    with pytest.raises(TransientError):
        perform_batch(Replying(reply), steps[:2])
