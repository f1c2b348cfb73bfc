"""What only Azure promises of ``tng register``: ids, discovery, logins, updates, twins."""

import json

import pytest

from tests.commands import run_tng
from tests.judging import MANIFESTS, MICROCHIP_TRUST
from tng.sandbox.dps.quotas import UNLIMITED
from tng.sandbox.dps.sandbox import DpsSandbox, InstanceSpecification

ONE_OF_EACH = str(MANIFESTS / "one-of-each.json")
TEN = str(MANIFESTS / "tngtls-10.json")
HUBS = ("hub-a.azure-devices.net", "hub-b.azure-devices.net")


@pytest.fixture
def running(tmp_path, monkeypatch):
    for name in ("TNG_CONFIG", "AZURE_CLIENT_ID", "AZURE_TENANT_ID", "AZURE_CLIENT_SECRET"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.chdir(tmp_path)
    with DpsSandbox([InstanceSpecification("plant", hubs=HUBS)], quota=UNLIMITED) as sandbox:
        yield sandbox


@pytest.fixture
def by_key(running, monkeypatch):
    """The options of a target with a connection string in the environment."""
    monkeypatch.setenv("TNG_DPS_CONNECTION_STRING", running.connection_string("plant"))
    host = running.instances[0].hosts[0]
    return ("--cloud", "azure", "--dps-host", host, "--ca-file", str(running.ca_file))


@pytest.fixture
def by_name(running, monkeypatch):
    """The options of a target that is looked up, by a managed identity."""
    for name, value in running.environment.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("TNG_ARM_ENDPOINT", running.management_url)
    instance = running.instances[0]
    return (
        "--cloud", "azure", "--dps", instance.name, "-g", instance.resource_group,
        "--subscription", instance.subscription, "--ca-file", str(running.ca_file),
    )  # fmt: skip


def register(target, source, *more, expect=0):
    return run_tng("register", source, *MICROCHIP_TRUST, *target, *more, expect=expect)


def documents(running):
    return [item.document for item in running.instance("plant").enrollments.values()]


def test_chips_that_could_never_register_are_left_alone_before_any_call(running, by_key):
    dry = register(by_key, ONE_OF_EACH, "--dry-run", expect=1)
    assert "3  conflict" in dry.stdout
    assert "has a space, as old Microchip certificates have" in dry.stdout
    assert running.server.log.writes() == ()
    done = register(by_key, ONE_OF_EACH, "--yes", expect=4)
    assert "6  done" in done.stdout
    assert not any(" " in str(item["registrationId"]) for item in documents(running))


@pytest.mark.parametrize(
    ("option", "value", "reason"),
    [
        ("--registration-id", "{sha256}", "is not the certificate's common name"),
        ("--device-id", "the-same", "the device id 'the-same' is also that of 9 other"),
        ("--device-id", "{cn}/{cn}", "is no device id of an IoT hub"),
    ],
)
def test_ids_that_cannot_work_fail_a_dry_run(by_key, running, option, value, reason):
    dry = register(by_key, TEN, option, value, "--dry-run", expect=1)
    assert reason in dry.stdout
    assert "no calls" in dry.stdout
    register(by_key, TEN, option, value, "--dry-run", "--fail-on", "never")


def test_ids_are_lower_case_where_case_means_nothing_and_kept_where_it_does(by_key, running):
    register(by_key, TEN, "--yes")
    for document in documents(running):
        assert document["registrationId"] == str(document["deviceId"]).lower()
        assert document["registrationId"] != document["deviceId"]


def test_a_service_is_found_by_its_name(by_name, running):
    wishes = ("--iot-hub", HUBS[1], "--allocation-policy", "static", "--yes")
    done = register(by_name, TEN, *wishes)
    assert f"id scope: {running.instances[0].id_scope}" in done.stdout
    assert f"hubs: {', '.join(HUBS)}" in done.stdout
    assert "auth: login" in done.stdout
    assert {item["iotHubs"][0] for item in documents(running)} == {HUBS[1]}
    removed = run_tng("deregister", *by_name, "--yes", expect=0)
    assert "10  removed" in removed.stdout
    assert documents(running) == []


def test_the_keys_of_a_service_are_looked_up_and_never_shown(by_name, running):
    dry = register(by_name, TEN, "--auth", "key", "--dry-run", "-vv")
    assert "auth: key of provisioningserviceowner" in dry.stdout
    assert running.instances[0].keys["provisioningserviceowner"] not in dry.output


def test_a_hub_that_is_not_linked_is_refused_before_any_call(by_name, running):
    dry = register(by_name, TEN, "--iot-hub", "other.azure-devices.net", "--dry-run", expect=5)
    assert "other.azure-devices.net is not linked" in dry.stdout
    assert running.server.log.writes() == ()


def test_what_differs_is_left_alone_until_an_update_is_asked_for(by_key, running):
    register(by_key, TEN, "--yes", "--tags", '{"reel": "7"}')
    wish = ("--provisioning-status", "disabled", "--yes")
    left = register(by_key, TEN, *wish, expect=4)
    assert (
        "the provisioning status is enabled, expected disabled; --update changes it" in left.stdout
    )
    register(by_key, TEN, *wish, "--update")
    assert {item["provisioningStatus"] for item in documents(running)} == {"disabled"}
    # What was not asked for this time is kept.
    assert {json.dumps(item["initialTwin"]["tags"]) for item in documents(running)} == {
        '{"reel": "7"}'
    }


def test_more_than_the_instance_may_hold_is_not_begun(by_key, running, tmp_path):
    host = running.instances[0].hosts[0]
    (tmp_path / "tng.toml").write_text(
        f'[targets.full]\ncloud = "azure"\ndps_host = "{host}"\n'
        f'ca_file = "{running.ca_file}"\nlimit = 9\n'
    )
    refused = register(("--target", "full"), TEN, "--yes", expect=5)
    assert "would hold 10 devices" in refused.stdout
    assert running.server.log.writes() == ()
