"""What is found out before the first write, and what is refused."""

import json
from dataclasses import replace

import pytest

from tests.clouds.aws.conftest import call_at_once
from tests.emulators import new_account
from tests.planned_devices import verified
from tng.clouds.aws.adapter import AwsCloud
from tng.clouds.aws.sessions import AwsSessions
from tng.errors import ConfigurationError, TargetError
from tng.plan.models import Disposition
from tng.plan.view import RemoteView
from tng.sandbox.clouds import Emulator
from tng.sandbox.preparation import POLICY_NAME, THING_TYPE

WILDCARD = '{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"iot:*","Resource":"*"}}'


def open_cloud(settings) -> AwsCloud:
    return AwsCloud(settings, AwsSessions(threads=2), call_at_once)


def refusal(settings) -> TargetError:
    with pytest.raises(TargetError) as caught:
        open_cloud(settings).preflight(offline=False)
    assert caught.value.hint
    return caught.value


def test_facts_name_account_endpoint_and_policy(full):
    facts = dict(open_cloud(full).preflight(offline=False).facts)
    assert facts["account"] == full.account
    assert facts["region"] == full.region
    assert f".iot.{full.region}." in facts["endpoint"]
    assert facts["policy"] == POLICY_NAME
    assert facts["rate"] == "10 registrations a second"


def test_another_account_than_expected_is_refused(settings):
    error = refusal(replace(settings, account="999999999999"))
    assert "expected 999999999999" in error.message


@pytest.mark.parametrize(
    ("change", "named"),
    [
        ({"policies": ("absent",)}, "policy absent"),
        ({"thing_type": "absent"}, "thing type absent"),
        ({"groups": ("absent",)}, "thing group absent"),
    ],
)
def test_what_does_not_exist_is_refused_by_name(full, change, named):
    assert named in refusal(replace(full, **change)).message


@pytest.mark.parametrize("aws_emulator", [Emulator.MOTO])  # ministack has no billing groups
def test_a_billing_group_is_found(iot, full):
    iot.create_billing_group(billingGroupName="customer")
    settings = replace(full, billing_group="customer")
    cloud = open_cloud(settings)
    assert ("billing group", "customer") in cloud.preflight(offline=False).facts
    device = verified(20)
    plan = cloud.plan_device(device, cloud.inspect([device]))
    assert dict(cloud.steps(plan)[2].request)["billingGroupName"] == "customer"


def test_a_deprecated_type_is_refused(iot, full):
    iot.deprecate_thing_type(thingTypeName=THING_TYPE)
    assert "deprecated" in refusal(full).message


def test_an_endpoint_that_does_not_answer_is_refused(settings):
    error = refusal(replace(settings, endpoint_url="http://127.0.0.1:9"))
    assert "network" in error.hint


def test_a_profile_that_does_not_exist_is_refused(settings):
    assert "nobody" in refusal(replace(settings, profile="nobody")).message


def test_missing_credentials_are_refused(settings, monkeypatch):
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    monkeypatch.delenv("AWS_SECRET_ACCESS_KEY")
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    assert "NoCredentialsError" in refusal(settings).message


def test_the_region_of_the_profile_is_used(settings, monkeypatch):
    monkeypatch.setenv("AWS_DEFAULT_REGION", settings.region)
    cloud = open_cloud(replace(settings, region=None))
    cloud.preflight(offline=False)
    assert cloud.description.region == settings.region


def test_no_region_at_all_is_refused(settings, monkeypatch):
    monkeypatch.delenv("AWS_DEFAULT_REGION", raising=False)
    with pytest.raises(ConfigurationError, match="no region") as caught:
        open_cloud(replace(settings, region=None)).preflight(offline=False)
    assert "AWS_DEFAULT_REGION" in caught.value.hint


def test_a_wildcard_policy_is_warned_of(iot, settings):
    iot.create_policy(policyName="wide", policyDocument=WILDCARD)
    facts = open_cloud(replace(settings, policies=("wide",))).preflight(offline=False)
    assert [item.code for item in facts.findings] == ["wildcard-policy"]


def test_a_missing_policy_is_made_by_prepare_and_not_before(iot, settings, tmp_path, front):
    file = tmp_path / "policy.json"
    file.write_text(WILDCARD)
    cloud = open_cloud(replace(settings, policies=("new",), create_policy=file))
    facts = cloud.preflight(offline=False)
    assert [item.code for item in facts.findings] == ["wildcard-policy", "target-needs-preparing"]
    assert cloud.inspect([verified(21)]).states == {}
    assert front.log.writes() == ()
    cloud.prepare()
    cloud.prepare()
    assert len(front.log.calls("CreatePolicy")) == 1
    document = iot.get_policy(policyName="new")["policyDocument"]
    assert json.loads(document) == json.loads(WILDCARD)


def test_a_policy_made_meanwhile_is_fine(iot, settings, tmp_path):
    file = tmp_path / "policy.json"
    file.write_text(WILDCARD)
    cloud = open_cloud(replace(settings, policies=("new",), create_policy=file))
    cloud.preflight(offline=False)
    iot.create_policy(policyName="new", policyDocument=WILDCARD)
    cloud.prepare()


@pytest.mark.parametrize("content", ["{", "[]", '{"Statement": "' + "x" * 3000 + '"}'])
def test_an_unusable_policy_file_is_refused(settings, tmp_path, content):
    file = tmp_path / "policy.json"
    file.write_text(content)
    cloud = open_cloud(replace(settings, policies=("new",), create_policy=file))
    with pytest.raises(ConfigurationError, match=r"policy\.json"):
        cloud.preflight(offline=False)


def test_a_dry_run_makes_no_write_call(full, front):
    cloud = open_cloud(full)
    cloud.preflight(offline=False)
    devices = [verified(number) for number in range(20, 25)]
    view = cloud.inspect(devices)
    plans = [cloud.plan_device(device, view) for device in devices]
    assert {plan.disposition for plan in plans} == {Disposition.REGISTER}
    assert front.log.writes() == ()
    assert front.log.total > 0


def test_offline_makes_no_call_and_knows_the_arn(front, settings):
    cloud = open_cloud(settings)
    cloud.preflight(offline=True)
    device = verified(22)
    step = cloud.steps(cloud.plan_device(device, RemoteView({})))[1]
    assert (
        step.request["target"]
        == f"arn:aws:iot:{settings.region}:{settings.account}:cert/{device.leaf.sha256}"
    )
    assert front.log.total == 0


def test_accounts_behind_roles_share_nothing_but_the_caller(settings, front):
    sessions = AwsSessions(threads=2)
    device = verified(23)
    for other in (new_account(), new_account()):
        role = f"arn:aws:iam::{other}:role/registrar"
        target = replace(settings, account=other, role_arn=role, policies=())
        assumed = AwsCloud(target, sessions, call_at_once)
        assumed.preflight(offline=False)
        assert assumed.description.account == other
        plan = assumed.plan_device(device, assumed.inspect([device]))
        assert plan.disposition is Disposition.REGISTER
        for step in assumed.steps(plan):
            assumed.perform(step)
        again = assumed.plan_device(device, assumed.inspect([device]))
        assert again.disposition is Disposition.RIGHT
    assert len(front.log.calls("AssumeRole")) == 2
