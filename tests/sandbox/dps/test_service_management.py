"""Resource Manager as the real `IotDpsClient` sees it: finding a service, and its errors."""

import pytest
from azure.core.exceptions import (
    HttpResponseError,
    ResourceNotFoundError,
)
from azure.identity import ManagedIdentityCredential

from tests.sandbox.dps.services import ServiceUnderTest, error_of, status_of
from tng.sandbox.dps.identity import MANAGEMENT_RESOURCE, STRANGER_CLIENT_ID
from tng.sandbox.dps.sandbox import InstanceSpecification
from tng.sandbox.faults import Fault, LostReply, ServerError, Throttle, When

OTHER = "22222222-2222-2222-2222-222222222222"


@pytest.fixture
def credential(identity: ServiceUnderTest):
    with ManagedIdentityCredential() as held:
        yield held


def test_a_service_says_where_it_is_and_what_it_is_linked_to(identity, credential):
    (found,) = identity.management(credential).iot_dps_resource.list_by_subscription()
    assert (found.name, found.location, found.resourcegroup) == (
        "sandbox-dps",
        "westeurope",
        "sandbox",
    )
    properties = found.properties
    assert properties.service_operations_host_name == identity.instance.hosts[0]
    assert properties.device_provisioning_host_name == identity.instance.device_host
    assert properties.id_scope == identity.instance.id_scope
    assert (properties.state, properties.disable_local_auth) == ("Active", False)
    assert (properties.allocation_policy, found.sku.name) == ("Hashed", "S1")
    (hub,) = properties.iot_hubs
    assert hub.name == "sandbox-hub.azure-devices.net"
    assert hub.connection_string.endswith("SharedAccessKey=****")
    assert (hub.apply_allocation_policy, hub.allocation_weight) == (True, 1)


def test_keys_and_a_service_are_found_without_regard_to_case(identity, credential):
    operations = identity.management(credential).iot_dps_resource
    assert operations.get("SANDBOX-dps", "Sandbox").name == "sandbox-dps"
    (key,) = operations.list_keys("sandbox-dps", "sandbox")
    assert {key.key_name: key.primary_key} == identity.instance.keys
    assert "EnrollmentWrite" in key.rights


def test_services_are_listed_by_subscription_and_group(start_service, monkeypatch):
    service = start_service(
        InstanceSpecification("a", resource_group="one"),
        InstanceSpecification("b", resource_group="two", disable_local_auth=True),
        InstanceSpecification("c", subscription=OTHER),
    )
    for name, value in service.running.environment.items():
        monkeypatch.setenv(name, value)
    with ManagedIdentityCredential() as held:
        operations = service.management(held).iot_dps_resource
        assert [found.name for found in operations.list_by_subscription()] == ["a", "b"]
        (found,) = operations.list_by_resource_group("TWO")
        assert (found.name, found.properties.disable_local_auth) == ("b", True)
        others = service.management(held, OTHER).iot_dps_resource
        assert [found.name for found in others.list_by_subscription()] == ["c"]


def test_what_is_not_there_is_said_in_resource_manager_s_form(identity, credential):
    operations = identity.management(credential).iot_dps_resource
    for call, code in (
        (lambda: operations.get("other", "sandbox"), "ResourceNotFound"),
        (lambda: operations.get("sandbox-dps", "other"), "ResourceGroupNotFound"),
        (lambda: list(operations.list_keys("other", "sandbox")), "ResourceNotFound"),
        (
            lambda: list(
                identity.management(credential, OTHER).iot_dps_resource.list_by_subscription()
            ),
            "SubscriptionNotFound",
        ),
    ):
        with pytest.raises(ResourceNotFoundError) as missing:
            call()
        assert missing.value.error.code == code


def test_a_stranger_is_refused(identity, credential):
    with (
        ManagedIdentityCredential(client_id=STRANGER_CLIENT_ID) as stranger,
        pytest.raises(HttpResponseError) as refused,
    ):
        list(identity.management(stranger).iot_dps_resource.list_by_subscription())
    assert refused.value.status_code == 403
    assert refused.value.error.code == "AuthorizationFailed"


@pytest.mark.parametrize("authorization", ["", "Bearer made-up", "SharedAccessSignature sr=x"])
def test_without_a_valid_token_there_is_nothing(service: ServiceUnderTest, authorization: str):
    host = service.running.management_url.removeprefix("https://")
    answer = service.ask(
        "GET",
        f"/subscriptions/{service.instance.subscription}",
        host=host,
        Authorization=authorization,
    )
    assert status_of(answer) == 401
    assert error_of(answer)["error"].keys() == {"code", "message"}


@pytest.mark.parametrize(
    ("path", "query", "status"),
    [
        ("/subscriptions", "api-version=2026-11-01", 404),
        ("/", "api-version=2026-11-01", 404),
        ("{services}/a/b/c/d", "api-version=2026-11-01", 404),
        ("{services}", "", 400),
        ("{services}", "api-version=latest", 400),
        ("{services}", "api-version=2026-11-01", 200),
    ],
)
def test_paths_and_versions(service: ServiceUnderTest, path: str, query: str, status: int):
    token, _ = service.running.tokens.issue(MANAGEMENT_RESOURCE)
    services = (
        f"/subscriptions/{service.instance.subscription}"
        "/providers/Microsoft.Devices/provisioningServices"
    )
    answer = service.ask(
        "GET",
        path.format(services=services),
        query=query,
        host=service.running.management_url.removeprefix("https://"),
        Authorization=f"Bearer {token}",
    )
    assert status_of(answer) == status


def test_faults_reach_management_too_and_its_calls_only_read(identity, credential):
    management = identity.management(credential).iot_dps_resource
    for effect, status in ((Throttle(3), 429), (ServerError(503), 503)):
        identity.running.server.inject(Fault(effect, account="management"))
        with pytest.raises(HttpResponseError) as failed:
            list(management.list_by_subscription())
        assert failed.value.status_code == status
    identity.running.server.inject(Fault(LostReply(When.AFTER), account="management"))
    with pytest.raises(Exception, match=r"(?i)reset|aborted"):
        list(management.list_by_subscription())
    assert [record.status for record in identity.log] == [429, 503, 0]
    assert identity.log.writes() == ()
