"""All that a service holds: paged, of every attestation, and whatever may come instead."""

import json
from dataclasses import replace

import pytest

from tests.clouds.azure.conftest import call_at_once
from tests.clouds.azure.devices import common_name, named
from tests.clouds.azure.services import api_of
from tests.clouds.azure.test_hostile import answer, document
from tests.clouds.azure.test_inspection import enroll, fill
from tests.planned_devices import verified
from tng.clouds.azure.holding import held_devices
from tng.clouds.azure.inspection import PAGE
from tng.clouds.interface import CloudError, HeldDevice, RefusedError, TransientError
from tng.plan.models import Disposition

KEY = verified(1).leaf.sha256


def test_every_page_is_read_and_none_twice(cloud, running):
    enroll(cloud, verified(1))
    fill(running, 2 * PAGE)
    running.server.log.clear()
    items = list(cloud.held())
    assert len({item.name for item in items}) == len(items) == 2 * PAGE + 1
    assert {item.keys for item in items} == {(KEY,)}
    assert running.server.log.counts() == {"QueryEnrollments": 3}


def test_the_whole_list_leaves_nothing_to_be_asked_for(cloud, running):
    """Not even where there are far more enrollments than devices."""
    enroll(cloud, named("zzz-last", 1))
    fill(running, 5 * PAGE)
    running.server.log.clear()
    device = named("ZZZ-last", 1)
    view = cloud.inspect_held([device, verified(2)], cloud.held())
    assert (list(view.states), view.held) == ([KEY], 5 * PAGE + 1)
    assert running.server.log.counts() == {"QueryEnrollments": 6}


def test_another_certificate_under_a_name_is_not_what_was_asked_for(cloud):
    enroll(cloud, verified(1))
    assert cloud.holds({"ab" * 32: common_name(1)}) == {}
    assert cloud.holds({"ab" * 32: common_name(1), KEY: common_name(1).upper()}).keys() == {KEY}


@pytest.mark.parametrize(
    "wishes",
    [
        {},
        {"tags": '{"line": "7"}'},
        {"desired": '{"a": {"b": 1}}'},
        {"iot_hubs": ("sandbox-hub.azure-devices.net",), "allocation_policy": "static"},
        {"reprovision_policy": "never"},
        {"provisioning_status": "disabled"},
    ],
    ids=lambda wishes: "".join(list(wishes)[:1]) or "none",
)
def test_what_is_kept_of_a_list_is_enough_to_compare_everything_that_is_wanted(
    cloud, cloud_of, settings, wishes
):
    enroll(cloud, verified(1))
    wanting = cloud_of(replace(settings, **wishes))
    device = verified(1)
    listed = wanting.plan_device(device, wanting.inspect_held([device], wanting.held()))
    assert listed == wanting.plan_device(device, wanting.inspect([device]))
    assert listed.disposition is (Disposition.DIFFERENT if wishes else Disposition.RIGHT)


def held(answering, *bodies, token=""):
    host, ca_file, _ = answering([answer(200, body, token) for body in bodies])
    return list(held_devices(api_of(host, ca_file), call_at_once))


JSON = "Content-Type: application/json\r\n"


@pytest.mark.parametrize(
    "body", [b"<html>", b"", b"5", b'"text"', b"[" * 200_000, b"[5]", b'[["x"]]', b'{"a": 1}']
)
def test_an_answer_that_is_no_list_is_not_taken_for_an_empty_one(answering, body):
    with pytest.raises(TransientError):
        held(answering, body, token=JSON)


def test_what_has_no_certificate_is_held_all_the_same(answering):
    by_key = {"registrationId": "Sensor-7", "attestation": {"type": "symmetricKey"}}
    strange = {"registrationId": ["x"], "attestation": 5, "provisioningStatus": {}}
    long = {"registrationId": "\x1b" + "y" * 100_000, "provisioningStatus": "disabled"}
    body = json.dumps([by_key, strange, long, document("AB" * 32)]).encode()
    found = [(item.keys, item.name, item.status) for item in held(answering, body, token=JSON)]
    assert found == [
        ((), "sensor-7", "enabled"),
        ((), "", "enabled"),
        ((), "y" * 300, "disabled"),
        (("ab" * 32,), common_name(1).lower(), "enabled"),
    ]


def test_a_list_that_comes_back_to_a_page_is_left(answering):
    token = JSON + "x-ms-continuation: again\r\n"
    with pytest.raises(RefusedError, match="comes back"):
        held(answering, b"[]", b"[]", b"[]", token=token)


def test_an_error_in_the_middle_ends_the_list(answering):
    token = JSON + "x-ms-continuation: next\r\n"
    host, ca_file, _ = answering([answer(200, b"[{}]", token), answer(500, b"{}")])
    items = held_devices(api_of(host, ca_file), call_at_once)
    assert isinstance(next(items), HeldDevice)
    with pytest.raises(CloudError):
        next(items)
