"""Whether a service can be used, and what is said when not."""

import json
from dataclasses import replace

import pytest

from tests.clouds.azure.conftest import call_at_once
from tng.clouds.azure.adapter import AzureCloud
from tng.clouds.azure.discovery import find_key
from tng.clouds.azure.sessions import AzureSessions
from tng.clouds.azure.settings import CONNECTION_STRING_VARIABLE, AzureSettings
from tng.clouds.azure.token_hosts import refuse_strange_host
from tng.errors import TargetError
from tng.sandbox.dps.identity import STRANGER_CLIENT_ID
from tng.sandbox.dps.sandbox import InstanceSpecification
from tng.sandbox.faults import Fault, ServerError, Throttle

HUB = "sandbox-hub.azure-devices.net"


def preflight(settings, environment):
    cloud = AzureCloud(settings, AzureSessions(2, environment), call_at_once)
    return cloud, cloud.preflight(offline=False)


def refused(settings, environment):
    with pytest.raises(TargetError) as caught:
        preflight(settings, environment)
    return f"{caught.value.message} | {caught.value.hint}"


def test_a_host_and_a_connection_string_are_enough(settings, environment, running):
    cloud, found = preflight(settings, environment)
    facts = dict(found.facts)
    assert facts["host"] == cloud.description.account == settings.dps_host
    assert facts["auth"] == "key of provisioningserviceowner"
    assert facts["rate"] == "900 operations a minute"
    assert found.capacity == 1_000_000
    assert not found.findings
    names = [call.operation.name for call in running.server.log]
    assert names == ["QueryEnrollments"]


def test_a_service_is_found_by_its_name_with_a_login(discovered, running):
    cloud, found = preflight(discovered, {})
    facts = dict(found.facts)
    assert facts["host"] == cloud.description.account == running.instances[0].hosts[0]
    assert facts["id scope"] == running.instances[0].id_scope
    assert facts["hubs"] == HUB
    assert facts["auth"] == "login"


def test_a_key_is_looked_up_when_asked_for_and_not_otherwise(discovered, running):
    _, found = preflight(replace(discovered, auth="key"), {})
    assert dict(found.facts)["auth"] == "key of provisioningserviceowner"
    names = [call.operation.name for call in running.server.log]
    assert names == [
        "GetProvisioningService",
        "ListProvisioningServiceKeys",
        "QueryEnrollments",
    ]


def test_a_login_is_used_where_it_is_asked_for_although_there_is_a_key(
    discovered, settings, environment
):
    _, found = preflight(replace(settings, auth="login"), environment)
    assert dict(found.facts)["auth"] == "login"
    _, found = preflight(discovered, environment)
    assert dict(found.facts)["auth"] == "key of provisioningserviceowner"


def test_hubs_are_checked_where_they_are_known(discovered, settings, environment):
    preflight(replace(discovered, iot_hubs=(HUB,), allocation_policy="static"), {})
    told = refused(replace(discovered, iot_hubs=("other.azure-devices.net",)), {})
    assert "other.azure-devices.net is not linked" in told
    assert f"linked: {HUB}" in told
    _, found = preflight(replace(settings, iot_hubs=(HUB,)), environment)
    assert [item.code for item in found.findings] == ["hubs-not-checked"]


def test_keys_that_are_disabled_are_not_tried(start, monkeypatch):
    running = start(InstanceSpecification("strict", disable_local_auth=True))
    for name, value in running.environment.items():
        monkeypatch.setenv(name, value)
    instance = running.instances[0]
    settings = AzureSettings(
        "strict",
        dps="strict",
        resource_group=instance.resource_group,
        subscription=instance.subscription,
        arm_endpoint=running.management_url,
        ca_file=running.ca_file,
    )
    given = {CONNECTION_STRING_VARIABLE: running.connection_string("strict")}
    for told in (refused(replace(settings, auth="key"), {}), refused(settings, given)):
        assert "accepts no keys" in told
        assert "--auth login" in told
    assert dict(preflight(settings, {})[1].facts)["auth"] == "login"


def test_key_without_a_connection_string_says_how_to_get_one(settings):
    told = refused(replace(settings, auth="key"), {})
    assert CONNECTION_STRING_VARIABLE in told
    assert "--auth login" in told


def test_a_connection_string_of_another_service_is_refused_unseen(settings, environment):
    text = environment[CONNECTION_STRING_VARIABLE]
    other = {CONNECTION_STRING_VARIABLE: text.replace(str(settings.dps_host), "other.net")}
    told = refused(settings, other)
    assert "of another service" in told
    assert text.partition("SharedAccessKey=")[2] not in told
    assert "other.net" not in told
    assert "connection_string_env" in told


def test_an_untrusted_certificate_names_the_flag(settings, environment, running):
    told = refused(replace(settings, ca_file=None), environment)
    assert "CertificateNotTrusted" in told
    assert "--ca-file" in told
    assert not running.server.log


def test_a_ca_file_that_is_none_is_refused(settings, environment, tmp_path):
    for name, content in (("missing.pem", None), ("empty.pem", ""), ("bad.pem", "x\0")):
        file = tmp_path / name
        if content is not None:
            file.write_text(content)
        assert "cannot be used as certificate authority" in refused(
            replace(settings, ca_file=file), environment
        )


def test_a_wrong_key_is_told_with_the_next_step(settings, environment):
    text = environment[CONNECTION_STRING_VARIABLE].rpartition("SharedAccessKey=")[0]
    told = refused(settings, {CONNECTION_STRING_VARIABLE: f"{text}SharedAccessKey=c2VjcmV0"})
    assert "401" in told
    assert "connection string is this service's" in told
    assert "c2VjcmV0" not in told


def test_a_login_without_a_role_is_told_which_one_it_needs(settings, discovered, monkeypatch):
    monkeypatch.setenv("AZURE_CLIENT_ID", STRANGER_CLIENT_ID)
    told = refused(settings, {})
    assert "Device Provisioning Service Data Contributor" in told
    told = refused(discovered, {})
    assert "GetProvisioningService failed" in told
    assert "may read it" in told


def test_no_login_at_all_is_told(settings, discovered, monkeypatch):
    monkeypatch.setenv("AZURE_TOKEN_CREDENTIALS", "EnvironmentCredential")
    assert "az login" in refused(settings, {})


def test_a_service_that_is_not_there_is_told(discovered):
    assert "there is no service other-dps" in refused(replace(discovered, dps="other-dps"), {})
    told = refused(replace(discovered, resource_group="other"), {})
    assert "there is no service" in told


def test_what_is_no_service_is_told(settings, environment, answering):
    host, ca_file, _ = answering([b"HTTP/1.1 200 X\r\nContent-Length: 4\r\n\r\n<a/>"] * 2)
    text = environment[CONNECTION_STRING_VARIABLE]
    own = {CONNECTION_STRING_VARIABLE: text.replace(str(settings.dps_host), host)}
    told = refused(replace(settings, dps_host=host, ca_file=ca_file), own)
    assert "no Device Provisioning Service" in told


@pytest.mark.parametrize(
    ("effect", "hint"), [(Throttle(), "try again later"), (ServerError(503), "Check the network")]
)
@pytest.mark.parametrize("operation", ["GetProvisioningService", "QueryEnrollments"])
def test_a_passing_trouble_says_so(discovered, running, effect, hint, operation):
    running.server.inject(Fault(effect, operation))
    assert hint in refused(discovered, {})


def test_a_name_that_does_not_resolve_is_told(settings, environment):
    text = environment[CONNECTION_STRING_VARIABLE]
    host = "no-such-dps.invalid"
    own = {CONNECTION_STRING_VARIABLE: text.replace(str(settings.dps_host), host)}
    assert "Correct the host name" in refused(replace(settings, dps_host=host), own)


@pytest.mark.parametrize(
    ("status", "code"),
    [
        (409, "MissingSubscriptionRegistration"),
        (503, "ServerBusy"),
        (307, "Moved"),
        (429, "TooManyRequests"),
    ],
)
def test_discovery_asks_once_and_changes_nothing(discovered, answering, status, code):
    message = "The subscription is not registered to use namespace 'Microsoft.Devices'."
    body = json.dumps({"error": {"code": code, "message": message}}).encode()
    head = f"HTTP/1.1 {status} X\r\nContent-Type: application/json\r\nContent-Length: {len(body)}"
    answer = f"{head}\r\nLocation: https://127.0.0.1:9/\r\n\r\n".encode() + body
    host, ca_file, seen = answering([answer] * 4)
    told = refused(replace(discovered, arm_endpoint=f"https://{host}", ca_file=ca_file), {})
    assert code in told
    assert [request.split(b" ")[0] for request in seen] == [b"GET"]


@pytest.mark.parametrize(
    "body",
    [
        b"[]",
        b'"x"',
        b"{",
        b"{}",
        b'{"properties": []}',
        b'{"properties": {"serviceOperationsHostName": 5, "iotHubs": {}}}',
        b"[" * 100_000,
    ],
)
def test_a_strange_answer_of_the_management_is_told(discovered, answering, body):
    head = f"HTTP/1.1 200 X\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n"
    host, ca_file, _ = answering([head.encode() + b"\r\n" + body])
    assert refused(replace(discovered, arm_endpoint=f"https://{host}", ca_file=ca_file), {})


@pytest.mark.parametrize(
    ("properties", "message"),
    [
        ({"state": "Suspended"}, "is Suspended, expected Active"),
        ({"state": "Deleting"}, "is Deleting"),
    ],
)
def test_a_service_that_is_not_active_is_told(discovered, answering, properties, message):
    content = {"properties": {"serviceOperationsHostName": "a.net", **properties}}
    body = json.dumps(content).encode()
    head = f"HTTP/1.1 200 X\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n"
    host, ca_file, _ = answering([head.encode() + b"\r\n" + body])
    told = refused(replace(discovered, arm_endpoint=f"https://{host}", ca_file=ca_file), {})
    assert message in told


def rules(*pairs):
    return [
        {"keyName": name, "primaryKey": "c2VjcmV0", "secondaryKey": "c2VjcmV0", "rights": rights}
        for name, rights in pairs
    ]


@pytest.mark.parametrize(
    ("found", "policy"),
    [
        (rules(("r", "EnrollmentRead"), ("w", "enrollmentread, EnrollmentWrite")), "w"),
        (rules(("d", "DeviceConnect"), ("o", "ServiceConfig, DeviceConnect")), "o"),
        (rules(("r", "EnrollmentRead"), ("d", "DeviceConnect")), None),
        ([{"keyName": "w", "rights": "EnrollmentWrite"}], None),
        ([], None),
    ],
)
def test_a_key_is_chosen_by_its_rights(found, policy):
    class Resource:
        def list_keys(self, name, group):
            assert (name, group) == ("my-dps", "group")
            return iter(found)

    class Client:
        iot_dps_resource = Resource()

    settings = AzureSettings("x", dps="my-dps", resource_group="group", subscription="s")
    if policy is not None:
        assert find_key(Client(), call_at_once, settings, "a.net").policy == policy
        return
    with pytest.raises(TargetError, match="may write enrollments"):
        find_key(Client(), call_at_once, settings, "a.net")


@pytest.mark.parametrize(
    "strange",
    [
        "evil.example",
        "management.azure.com.evil.example",
        "xmanagement.azure.com",
        "azure-devices-provisioning.net",
        "azure-devices-provisioning.net.evil.example:443",
        "127.0.0.1.evil.example",
    ],
)
def test_the_token_of_a_login_is_sent_to_azure_alone(settings, discovered, strange):
    by_host = replace(settings, auth="login", dps_host=strange)
    by_name = replace(discovered, arm_endpoint=f"https://{strange}")
    for target in (by_host, by_name):
        assert "the token of a login is not sent there" in refused(target, {})


@pytest.mark.parametrize(
    "host",
    [
        "my-dps.azure-devices-provisioning.net",
        "My-Dps.azure-devices-provisioning.us:443",
        "my-dps.azure-devices-provisioning.cn",
        "management.usgovcloudapi.net",
        "localhost:8443",
    ],
)
def test_azure_s_own_hosts_and_this_machine_get_a_token(host):
    refuse_strange_host(host)
