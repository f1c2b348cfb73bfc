"""A target of each emulator, seen by the adapter and, independently, by the SDK."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from tests.emulators import CloudUnderTest
from tng.clouds.aws.adapter import AwsCloud
from tng.clouds.aws.sessions import AwsSessions
from tng.clouds.aws.settings import AwsSettings
from tng.plan.template import Template
from tng.sandbox.front import Front
from tng.sandbox.preparation import POLICY_NAME, THING_GROUP, THING_TYPE


def call_at_once(operation, call):
    """A `Caller` without rates and retries."""
    return call()


@pytest.fixture
def front(cloud: CloudUnderTest) -> Front:
    return cloud.front


@pytest.fixture
def iot(cloud: CloudUnderTest):
    """The account as the SDK sees it."""
    return cloud.client("iot")


@pytest.fixture
def settings(cloud: CloudUnderTest, monkeypatch, tmp_path) -> AwsSettings:
    """Certificate and policy only; credentials in the environment."""
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", cloud.eu.account)
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "irrelevant")
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "aws-config"))
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "aws-credentials"))
    for name in ("AWS_PROFILE", "AWS_SESSION_TOKEN", "AWS_DEFAULT_REGION"):
        monkeypatch.delenv(name, raising=False)
    return AwsSettings(
        name="test",
        region=cloud.eu.region,
        account=cloud.eu.account,
        endpoint_url=cloud.endpoint_url,
        policies=(POLICY_NAME,),
    )


@pytest.fixture
def full(settings) -> AwsSettings:
    """Everything that both emulators know."""
    return replace(
        settings,
        thing_name=Template.parse("chip-{device_id}", "test"),
        thing_type=THING_TYPE,
        groups=(THING_GROUP,),
        attributes=(("part", Template.parse("{part_number}", "test")),),
    )


@pytest.fixture
def cloud_of() -> Callable[[AwsSettings], AwsCloud]:
    """Opens a target, after its preflight."""

    def open_cloud(settings: AwsSettings) -> AwsCloud:
        cloud = AwsCloud(settings, AwsSessions(threads=4), call_at_once)
        cloud.preflight(offline=False)
        return cloud

    return open_cloud
