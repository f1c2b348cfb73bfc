"""A job is made of a plan without a second copy of it: an operator may have 40 accounts."""

import tracemalloc

from tests.apply.memory_cloud import MemoryCloud
from tests.planned_devices import verified
from tng.apply.job import register_job, undo_job
from tng.clouds.aws.adapter import AwsCloud
from tng.clouds.aws.sessions import AwsSessions
from tng.clouds.aws.settings import AwsSettings
from tng.clouds.interface import RegisteredDevice
from tng.ledger import DeviceState
from tng.plan.eligibility import Selection
from tng.plan.planner import InspectedTarget, make_plan
from tng.plan.template import Template
from tng.plan.view import TargetFacts

DEVICES = tuple(verified(number) for number in range(100))
TARGETS = 40
PER_DEVICE_AND_TARGET = 500
"""Octets: name and plan of a device there, its two calls that say the name, and their places."""


def call_at_once(operation, call):
    """A `Caller` without rates and retries."""
    return call()


def aws_target(number):
    settings = AwsSettings(
        name=f"t{number}",
        region="eu-central-1",
        account=f"{number:012}",
        policies=("fleet",),
        thing_name=Template.parse("tng-{device_id}", "test"),
    )
    cloud = AwsCloud(settings, AwsSessions(threads=1), call_at_once)
    return InspectedTarget(settings.name, cloud, TargetFacts((), ()), None)


def test_a_further_target_takes_little_memory_a_device():
    targets = [aws_target(number) for number in range(TARGETS)]
    selection = Selection(DEVICES, ())
    make_plan(selection, targets[:1])
    tracemalloc.start()
    try:
        before = tracemalloc.get_traced_memory()[0]
        plan = make_plan(selection, targets)
        jobs = [
            register_job(target_plan, target.cloud, inspected=False)
            for target_plan, target in zip(plan.targets, targets, strict=True)
        ]
        taken = tracemalloc.get_traced_memory()[0] - before
    finally:
        tracemalloc.stop()
    assert [len(job.tasks) for job in jobs] == [len(DEVICES)] * TARGETS
    assert taken < PER_DEVICE_AND_TARGET * TARGETS * len(DEVICES)


def test_a_job_says_the_same_again_and_again():
    cloud = MemoryCloud()
    removed = [
        RegisteredDevice(f"{number:064x}", f"id-{number}", f"name-{number}", (("Register", ""),))
        for number in range(5)
    ]
    job = undo_job(cloud.description, removed, cloud)
    for _ in range(2):
        assert [device.key for device in job.devices] == [item.key for item in removed]
        assert {device.state for device in job.devices} == {DeviceState.REMOVING}
    assert [task.key for task in job.tasks[1:3]] == [removed[1].key, removed[2].key]
    assert job.tasks[4].steps() == cloud.undo_steps(removed[4])
