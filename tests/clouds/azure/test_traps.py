"""What the SDK would do by itself, and must not: retries, waiting, logging, other credentials."""

import logging
import time
from dataclasses import replace

import pytest

from tests.clouds.azure.services import api_of
from tests.planned_devices import verified
from tng.clouds.azure.settings import CONNECTION_STRING_VARIABLE
from tng.clouds.interface import (
    DoneStep,
    RefusedError,
    RegisteredDevice,
    TargetUnusableError,
    ThrottledError,
    TransientError,
)
from tng.sandbox.faults import Fault, LostReply, ServerError, Throttle, When

PUT, GET, QUERY, DELETE = (
    "CreateOrUpdateEnrollment",
    "GetEnrollment",
    "QueryEnrollments",
    "DeleteEnrollment",
)

AT_ONCE = 60
"""Seconds, on the slowest machine; what must not happen takes longer or is seen by its calls."""


@pytest.fixture
def step(cloud):
    return cloud.steps(cloud.plan_device(verified(1), cloud.inspect([verified(1)])))[0]


@pytest.mark.parametrize(
    ("effect", "error"),
    [
        (Throttle(), ThrottledError),
        (Throttle(1.0), ThrottledError),
        (ServerError(500), TransientError),
        (ServerError(502), TransientError),
        (ServerError(503), TransientError),
        (ServerError(504), TransientError),
        (LostReply(When.BEFORE), TransientError),
        (LostReply(When.AFTER), TransientError),
    ],
)
def test_a_fault_is_raised_once_at_once_and_not_tried_again(cloud, step, running, effect, error):
    running.server.inject(Fault(effect, PUT))
    begin = time.monotonic()
    with pytest.raises(error):
        cloud.perform(step)
    assert time.monotonic() - begin < AT_ONCE
    assert len(running.server.log.calls(PUT)) == 1
    assert isinstance(cloud.perform(step), DoneStep)


@pytest.mark.parametrize("operation", [GET, QUERY, DELETE])
@pytest.mark.parametrize("effect", [Throttle(1.0), ServerError(503), LostReply(When.BEFORE)])
def test_no_other_call_is_tried_again_either(cloud, step, running, operation, effect):
    cloud.perform(step)
    plan = cloud.plan_device(verified(1), cloud.inspect([verified(1)]))
    made = RegisteredDevice(plan.key, "id", plan.name, (("CreateEnrollment", ""),))
    begun = len(running.server.log.calls(operation))
    running.server.inject(Fault(effect, operation))
    action = {
        GET: lambda: cloud.sight(plan.name),
        QUERY: lambda: cloud.inspect([verified(1)]),
        DELETE: lambda: cloud.perform(cloud.undo_steps(made)[0]),
    }[operation]
    with pytest.raises((ThrottledError, TransientError)):
        action()
    assert len(running.server.log.calls(operation)) == begun + 1


def test_a_huge_retry_after_is_passed_on_and_not_slept(cloud, step, running):
    running.server.inject(Fault(Throttle(86400.0), PUT))
    begin = time.monotonic()
    with pytest.raises(ThrottledError) as caught:
        cloud.perform(step)
    assert caught.value.retry_after == 86400
    assert time.monotonic() - begin < AT_ONCE


def test_throttles_without_retry_after_say_so(cloud, step, running):
    running.server.inject(Fault(Throttle(), PUT))
    with pytest.raises(ThrottledError) as caught:
        cloud.perform(step)
    assert caught.value.retry_after is None
    assert "tracking id" in caught.value.message


@pytest.fixture
def everything_logged(caplog):
    """All loggers at their most talkative, as with ``-vv`` and worse."""
    caplog.set_level(logging.DEBUG)
    for name in ("azure", "azure.core", "azure.identity", "urllib3", "requests", "msal"):
        caplog.set_level(logging.DEBUG, logger=name)
    return caplog


def run_through(cloud, running, capfd):
    """A whole registration: preflight, reading, one by one, in bulk, faults, undoing."""
    devices = [verified(number) for number in range(12)]
    view = cloud.inspect(devices)
    steps = [cloud.steps(cloud.plan_device(device, view))[0] for device in devices]
    running.server.inject(Fault(Throttle(1.0), PUT), Fault(ServerError(503), PUT, first=2))
    for _ in range(2):
        with pytest.raises((ThrottledError, TransientError)):
            cloud.perform(steps[0])
    cloud.perform(steps[0])
    cloud.perform_batch(steps[:10])
    made = RegisteredDevice(devices[0].leaf.sha256, "id", str(steps[0].request["id"]), CREATED)
    cloud.perform(cloud.undo_steps(made)[0])
    out, err = capfd.readouterr()
    return out + err


CREATED = (("CreateEnrollment", ""),)


def logged(caplog):
    """Everything that was logged, arguments and all."""
    return "\n".join(f"{record.getMessage()} {record.__dict__}" for record in caplog.records)


def secrets_in(text, running):
    key = next(iter(running.instances[0].keys.values()))
    return [
        word
        for word in (key, key.rstrip("="), "sig=", "SharedAccessSignature", "Bearer ey")
        if word in text
    ]


def test_no_log_ever_has_the_key_or_a_signature(
    cloud_of, settings, running, everything_logged, capfd
):
    talk = run_through(cloud_of(settings), running, capfd)
    text = logged(everything_logged) + talk
    assert "/enrollments/" in text
    assert secrets_in(text, running) == []


def test_no_log_ever_has_a_token_or_a_key_that_was_looked_up(
    cloud_of, discovered, running, everything_logged, capfd, environment
):
    del environment[CONNECTION_STRING_VARIABLE]
    for auth in ("login", "key"):
        talk = run_through(cloud_of(replace(discovered, auth=auth)), running, capfd)
        running.state.instances[0].enrollments.clear()
        text = logged(everything_logged) + talk
        assert secrets_in(text, running) == []
        issued = list(running.tokens._tokens)
        assert issued
        assert [token for token in issued if token in text] == []


def test_a_netrc_cannot_take_the_place_of_the_signature(cloud_of, settings, monkeypatch, tmp_path):
    netrc = tmp_path / "netrc"
    netrc.write_text("default login somebody password else\n")
    netrc.chmod(0o600)
    monkeypatch.setenv("NETRC", str(netrc))
    cloud = cloud_of(settings)
    assert cloud.inspect([verified(1)]).states == {}


def test_a_redirect_is_not_followed(answering):
    redirect = b"HTTP/1.1 307 Moved\r\nLocation: https://127.0.0.1:9/\r\nContent-Length: 0\r\n\r\n"
    host, ca_file, seen = answering([redirect] * 3)
    with pytest.raises(RefusedError, match="HTTP307"):
        api_of(host, ca_file).get("sn1")
    assert len(seen) == 1


def test_a_wrong_key_ends_the_target(running):
    with pytest.raises(TargetUnusableError) as caught:
        api_of(running.instances[0].hosts[0], running.ca_file).get("sn1")
    assert caught.value.code.startswith("401")
