"""What the whole sandbox gives to devices: names, files and variables that fit together."""

import ssl
import subprocess
import tomllib
from pathlib import Path

import botocore.session
import pytest
from botocore.config import Config

from tests.emulators import CloudUnderTest
from tests.sandbox.gateway.clients import RawClient, open_stream
from tests.sandbox.gateway.world import new_identity
from tng.errors import ConfigurationError
from tng.sandbox.accounts import SandboxAccount
from tng.sandbox.aws import AwsSandbox
from tng.sandbox.clouds import Emulator, LocalCloud
from tng.sandbox.dps.sandbox import DpsSandbox
from tng.sandbox.local import LocalClouds, RunningClouds
from tng.sandbox.preparation import POLICY_NAME

AWS_FILES = {
    "sandbox-eu-claim.pem", "sandbox-eu-claim.key", "sandbox-us-claim.pem", "sandbox-us-claim.key",
    "sandbox-ca.pem", "credentials", "device-policy.json", "tng.toml", "env",
}  # fmt: skip


@pytest.fixture(scope="module")
def clouds(tmp_path_factory):
    with LocalClouds(rate=0, directory=tmp_path_factory.mktemp("box")) as running:
        yield running


def iot(endpoint_url: str, account: SandboxAccount):
    return botocore.session.Session().create_client(
        "iot",
        region_name=account.region,
        endpoint_url=endpoint_url,
        aws_access_key_id=account.account,
        aws_secret_access_key="sandbox",
        config=Config(retries={"total_max_attempts": 1}),
    )


def test_files_are_written_marked_and_removed(tmp_path: Path):
    with LocalClouds([LocalCloud.AWS], rate=0, directory=tmp_path / "box") as clouds:
        files = {path.name: path for path in clouds.files.directory.iterdir()}
        assert files.keys() == AWS_FILES
        for name in AWS_FILES - {"device-policy.json"}:
            assert files[name].read_text().startswith("# Written by `tng sandbox`")
        assert files["sandbox-eu-claim.key"].stat().st_mode & 0o077 == 0
    assert not (tmp_path / "box").exists()


def test_the_variables_are_those_of_the_cloud_that_runs(clouds: RunningClouds, tmp_path: Path):
    assert {name for name in clouds.environment if name.startswith("SANDBOX_")} == {
        "SANDBOX_AWS_DEVICE_ADDRESS", "SANDBOX_CA_FILE", "SANDBOX_FLEET_TEMPLATE",
        "SANDBOX_EU_ENDPOINT", "SANDBOX_EU_CLAIM_CERTIFICATE", "SANDBOX_EU_CLAIM_KEY",
        "SANDBOX_US_ENDPOINT", "SANDBOX_US_CLAIM_CERTIFICATE", "SANDBOX_US_CLAIM_KEY",
        "SANDBOX_DPS_CONNECTION_STRING", "SANDBOX_DPS_DEVICE_ADDRESS", "SANDBOX_DPS_HUB_ADDRESS",
        "SANDBOX_DPS_ID_SCOPE",
    }  # fmt: skip
    with LocalClouds([LocalCloud.AZURE], rate=0, directory=tmp_path) as azure:
        assert azure.environment["SANDBOX_CA_FILE"] == str(tmp_path / "sandbox-ca.pem")
        assert "SANDBOX_EU_ENDPOINT" not in azure.environment
        assert azure.ca_file.read_text().endswith(azure.azure.authority.ca_pem)


@pytest.mark.parametrize("region", ["EU", "US"])
def test_the_claim_of_the_variables_is_let_in_by_the_name_of_the_variables(
    clouds: RunningClouds, region
):
    found = clouds.environment
    context = ssl.create_default_context(cafile=found["SANDBOX_CA_FILE"])
    context.load_cert_chain(
        found[f"SANDBOX_{region}_CLAIM_CERTIFICATE"], found[f"SANDBOX_{region}_CLAIM_KEY"]
    )
    endpoint = found[f"SANDBOX_{region}_ENDPOINT"]
    with RawClient(open_stream(found["SANDBOX_AWS_DEVICE_ADDRESS"], context, endpoint)) as client:
        assert client.connect("tng-station") == 0
        template = found["SANDBOX_FLEET_TEMPLATE"]
        topic = f"$aws/provisioning-templates/{template}/provision/json/accepted"
        assert client.subscribe(topic) == (1,)


def test_one_ca_is_trusted_for_all_clouds(clouds: RunningClouds):
    context = ssl.create_default_context(cafile=str(clouds.ca_file))
    hub = clouds.azure.instances[0].hubs[0]
    open_stream(clouds.azure.hub_address, context, hub).close()
    open_stream(clouds.azure.instances[0].hosts[0], context, "127.0.0.1").close()


def test_describe_endpoint_says_the_name_that_devices_use(clouds: RunningClouds):
    names = {}
    for account in clouds.aws.accounts:
        client = iot(clouds.aws.endpoint_url, account)
        for _ in range(2):
            answer = client.describe_endpoint(endpointType="iot:Data-ATS")
            names[account.target] = answer["endpointAddress"]
            assert answer["endpointAddress"] == clouds.aws.endpoints[account.target]
        other = client.describe_endpoint(endpointType="iot:CredentialProvider")
        assert "credentials" in other["endpointAddress"]
    assert len(set(names.values())) == 2
    assert clouds.aws.front.log.counts()["DescribeEndpoint"] >= 6


def test_the_gateway_asks_past_quotas_faults_and_log(clouds: RunningClouds, tmp_path: Path):
    before = clouds.aws.front.log.total
    gateway = clouds.aws.gateway
    identity = new_identity(tmp_path, "sn1")
    context = ssl.create_default_context(cafile=str(clouds.ca_file))
    context.load_cert_chain(identity.certificate_file, identity.key_file)
    stream = open_stream(gateway.address, context, "localhost")
    with pytest.raises(OSError, match="UNKNOWN_CA"), stream:
        stream.recv(1)
    assert clouds.aws.front.log.total == before


def test_ports_may_be_chosen_and_taken_ones_are_told(clouds: RunningClouds, tmp_path: Path):
    taken = int(clouds.aws.device_address.split(":")[1])
    with pytest.raises(ConfigurationError, match=f"port {taken}"):
        LocalClouds([LocalCloud.AWS], aws_device_port=taken, directory=tmp_path).__enter__()
    assert not list(tmp_path.iterdir())


@pytest.mark.slow
def test_a_device_connects_before_moto_too(tmp_path: Path):
    account = SandboxAccount("333333333333", "eu-central-1", "sandbox-eu")
    with AwsSandbox([account], emulator=Emulator.MOTO, rate=0) as sandbox:
        identity = new_identity(tmp_path, "sn1")
        client = iot(sandbox.endpoint_url, account)
        made = client.register_certificate_without_ca(certificatePem=identity.pem, status="ACTIVE")
        client.create_thing(thingName="sn1")
        client.attach_thing_principal(thingName="sn1", principal=made["certificateArn"])
        client.attach_policy(policyName=POLICY_NAME, target=made["certificateArn"])
        context = ssl.create_default_context(cadata=sandbox.authority.ca_pem)
        context.load_cert_chain(identity.certificate_file, identity.key_file)
        stream = open_stream(sandbox.device_address, context, sandbox.endpoints["sandbox-eu"])
        with RawClient(stream) as device:
            assert device.connect("sn1") == 0
            assert device.publish("devices/sn1/x", b"on")
            assert not device.publish("devices/other/x", b"on")


def test_sandboxes_of_one_cloud_have_a_ca_of_their_own():
    with DpsSandbox() as first, DpsSandbox() as second:
        assert first.authority.ca_pem != second.authority.ca_pem


def test_the_configuration_is_not_changed_by_devices(clouds: RunningClouds):
    targets = tomllib.loads(clouds.files.configuration.read_text())["targets"]
    assert list(targets) == ["sandbox-eu", "sandbox-us", "sandbox-dps"]


def test_openssl_too_trusts_the_certificate_of_every_name(clouds: RunningClouds):
    for name in (*clouds.aws.endpoints.values(), "localhost", "sandbox-us.localhost"):
        done = subprocess.run(
            [
                "openssl", "s_client", "-connect", clouds.aws.device_address, "-servername", name,
                "-CAfile", str(clouds.ca_file), "-verify_hostname", name, "-brief",
            ],
            input=b"",
            capture_output=True,
            timeout=30,
        )  # fmt: skip
        assert b"Verification: OK" in done.stderr, done.stderr


def test_the_front_alone_leaves_the_endpoint_to_the_emulator(ministack_cloud: CloudUnderTest):
    client = ministack_cloud.client("iot")
    answer = client.describe_endpoint(endpointType="iot:Data-ATS")
    assert "amazonaws.com" not in answer["endpointAddress"]
