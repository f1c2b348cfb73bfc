"""Both emulators, each with a front that records every call; started when first needed."""

import time
from collections.abc import Callable, Iterator
from dataclasses import replace

import boto3
import pytest

from tng.clouds.aws.adapter import AwsCloud
from tng.clouds.aws.sessions import AwsSessions
from tng.clouds.aws.settings import AwsSettings
from tng.plan.template import Template
from tng.sandbox.emulator import Emulator, EmulatorProcess
from tng.sandbox.front import Front
from tng.sandbox.record import CallLog

REGION = "eu-central-1"
POLICY_DOCUMENT = (
    '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"iot:Connect",'
    '"Resource":"arn:aws:iot:*:*:client/${iot:Connection.Thing.ThingName}"}]}'
)


def call_at_once(operation, call):
    """A `Caller` without rates and retries."""
    return call()


def settled(front: Front) -> CallLog:
    """The front's log once it is complete: a call is recorded after its answer was sent."""
    time.sleep(0.05)
    return front.log


@pytest.fixture(scope="session", params=list(Emulator), ids=str)
def emulator(request) -> Iterator[EmulatorProcess]:
    with EmulatorProcess(request.param) as process:
        yield process


@pytest.fixture
def is_moto(request) -> bool:
    return request.node.callspec.params["emulator"] is Emulator.MOTO


@pytest.fixture
def front(emulator) -> Iterator[Front]:
    with Front(emulator.port) as front:
        yield front


@pytest.fixture(scope="session")
def fresh_accounts() -> Iterator[str]:
    return (f"{number:012d}" for number in range(400000000001, 400000100000))


@pytest.fixture
def account(fresh_accounts, monkeypatch, tmp_path) -> str:
    """A fresh account: in the emulators the access key is the account."""
    account = next(fresh_accounts)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", account)
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "irrelevant")
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "aws-config"))
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "aws-credentials"))
    monkeypatch.delenv("AWS_PROFILE", raising=False)
    return account


@pytest.fixture
def iot(emulator, account) -> Iterator[object]:
    """The account seen past the front, with a policy, a type and a group in it."""
    session = boto3.Session(account, "irrelevant", region_name=REGION)
    with Front(emulator.port) as front:
        client = session.client("iot", endpoint_url=front.endpoint_url)
        client.create_policy(policyName="fleet", policyDocument=POLICY_DOCUMENT)
        client.create_thing_type(thingTypeName="sensor")
        client.create_thing_group(thingGroupName="reel-7")
        yield client
        client.close()


@pytest.fixture
def settings(front, account) -> AwsSettings:
    """Certificate and policy only."""
    return AwsSettings(
        name="test", region=REGION, account=account, endpoint_url=front.endpoint_url,
        policies=("fleet",),
    )  # fmt: skip


@pytest.fixture
def full(settings) -> AwsSettings:
    """Everything that both emulators know."""
    return replace(
        settings,
        thing_name=Template.parse("chip-{device_id}", "test"),
        thing_type="sensor",
        groups=("reel-7",),
        attributes=(("part", Template.parse("{part_number}", "test")),),
    )


@pytest.fixture
def cloud_of(iot) -> Callable[[AwsSettings], AwsCloud]:
    """Opens a target, after its preflight; the account is set up before."""

    def open_cloud(settings: AwsSettings) -> AwsCloud:
        cloud = AwsCloud(settings, AwsSessions(threads=4), call_at_once)
        cloud.preflight(offline=False)
        return cloud

    return open_cloud
