"""Who is let in: signatures checked for real, and tokens that `azure-identity` really fetches."""

import base64
import hmac
import time
from hashlib import sha256
from urllib.parse import quote_plus
from urllib.request import Request, urlopen

import pytest
from azure.core.credentials import AccessToken, AzureNamedKeyCredential, AzureSasCredential
from azure.core.exceptions import ClientAuthenticationError, HttpResponseError
from azure.identity import DefaultAzureCredential, ManagedIdentityCredential
from azure.iot.deviceprovisioning import DeviceProvisioningClient

from tests.sandbox.dps.services import ServiceUnderTest, enrollment, status_of
from tng.sandbox.dps.identity import STRANGER_CLIENT_ID
from tng.sandbox.dps.sandbox import POLICY, InstanceSpecification


class _Fixed:
    """A credential with one token, good or bad."""

    def __init__(self, token: str) -> None:
        self._token = token

    def get_token(self, *_scopes, **_options):
        return AccessToken(self._token, int(time.time()) + 3600)


def _signature(
    service: ServiceUnderTest,
    *,
    resource: str = "",
    expiry: object = None,
    policy: str = POLICY,
    key: str = "",
) -> str:
    resource = quote_plus(resource or service.instance.hosts[0])
    until = int(time.time()) + 60 if expiry is None else expiry
    secret = base64.b64decode(key or service.instance.keys[POLICY])
    mac = hmac.digest(secret, f"{resource}\n{until}".encode(), sha256)
    signature = quote_plus(base64.b64encode(mac))
    return f"SharedAccessSignature sr={resource}&sig={signature}&se={until}&skn={policy}"


def _status(service: ServiceUnderTest, authorization: str) -> int:
    return status_of(service.ask("GET", "/enrollments/sn01", Authorization=authorization))


def test_a_right_signature_is_let_in(service: ServiceUnderTest):
    assert _status(service, _signature(service)) == 404
    credential = AzureSasCredential(_signature(service))
    service.client(credential).enrollment.create_or_update("sn01", enrollment("sn01"))


def test_a_connection_string_is_enough(service: ServiceUnderTest):
    text = service.running.connection_string("sandbox-dps")
    with DeviceProvisioningClient.from_connection_string(
        text, connection_verify=str(service.running.ca_file), retry_total=0
    ) as client:
        assert client.enrollment.create_or_update("sn01", enrollment("sn01"))


def test_every_wrong_signature_is_refused(service: ServiceUnderTest):
    right = _signature(service)
    wrong = {
        "nothing": "",
        "another scheme": "Basic abc",
        "empty": "SharedAccessSignature ",
        "past": _signature(service, expiry=int(time.time()) - 1),
        "no number": _signature(service, expiry="soon"),
        "other digits": _signature(service, expiry="²"),
        "endless": _signature(service, expiry="9" * 5000),
        "another resource": _signature(service, resource="elsewhere.example"),
        "with scheme": _signature(service, resource=f"https://{service.instance.hosts[0]}"),
        "unknown policy": _signature(service, policy="nobody"),
        "another key": _signature(service, key=base64.b64encode(b"0" * 32).decode()),
        "no base64": right.replace("sig=", "sig=!"),
        "a field too many": f"{right}&x=1",
        "a field twice": f"{right}&se=9999999999",
        "a field missing": right.rpartition("&")[0],
    }
    assert {name: _status(service, text) for name, text in wrong.items()} == dict.fromkeys(
        wrong, 401
    )


def test_the_sdk_sees_an_authentication_error(service: ServiceUnderTest):
    stranger = AzureNamedKeyCredential(POLICY, base64.b64encode(b"0" * 32).decode())
    with pytest.raises(ClientAuthenticationError) as refused:
        service.client(stranger).enrollment.get("sn01")
    assert refused.value.response.json()["errorCode"] == 401002
    (record,) = service.log
    assert (record.status, record.cloud_status) == (401, None)


def test_keys_can_be_disabled(start_service):
    service = start_service(InstanceSpecification("entra", disable_local_auth=True))
    with pytest.raises(ClientAuthenticationError):
        service.client().enrollment.get("sn01")
    token, _ = service.running.tokens.issue("https://azure-devices-provisioning.net")
    assert service.client(_Fixed(token)).enrollment.create_or_update("sn01", enrollment("sn01"))


@pytest.mark.parametrize("credential", [DefaultAzureCredential, ManagedIdentityCredential])
def test_the_managed_identity_of_the_sandbox_is_let_in(identity: ServiceUnderTest, credential):
    with credential() as held:
        made = identity.client(held).enrollment.create_or_update("sn01", enrollment("sn01"))
    assert made["registrationId"] == "sn01"


def test_an_identity_without_a_role_is_forbidden(identity: ServiceUnderTest):
    with ManagedIdentityCredential(client_id=STRANGER_CLIENT_ID) as held:
        with pytest.raises(HttpResponseError) as refused:
            identity.client(held).enrollment.get("sn01")
        assert refused.value.status_code == 403


def test_a_token_is_for_what_it_was_asked_for(service: ServiceUnderTest):
    elsewhere, _ = service.running.tokens.issue("https://management.azure.com")
    for token in (elsewhere, "made-up", ""):
        with pytest.raises(ClientAuthenticationError):
            service.client(_Fixed(token)).enrollment.get("sn01")


def test_a_token_expires(start_service):
    now = [1_800_000_000.0]
    service = start_service(token_lifetime=60.0, now=lambda: now[0])
    token, expires = service.running.tokens.issue("https://azure-devices-provisioning.net")
    assert expires == 1_800_000_060
    assert _status(service, f"Bearer {token}") == 404
    now[0] += 60
    assert _status(service, f"Bearer {token}") == 401


@pytest.mark.parametrize(
    ("change", "status"),
    [
        ({"header": "wrong"}, 401),
        ({"header": ""}, 401),
        ({"query": "?resource=https://management.azure.com"}, 400),
        ({"query": "?api-version=2019-08-01"}, 400),
        ({"query": "?api-version=2019-08-01&resource=x&client_id=nobody"}, 400),
        ({"path": "/else"}, 404),
    ],
)
def test_the_token_endpoint_knows_whom_it_serves(service: ServiceUnderTest, change, status):
    environment = service.running.environment
    url = environment["IDENTITY_ENDPOINT"].replace("/msi/token", change.get("path", "/msi/token"))
    header = change.get("header", environment["IDENTITY_HEADER"])
    query = change.get("query", "?api-version=2019-08-01&resource=x")
    request = Request(url + query, headers={"X-IDENTITY-HEADER": header})  # noqa: S310 - http of our own
    with pytest.raises(OSError, match=str(status)) as refused, urlopen(request):  # noqa: S310
        pass
    refused.value.close()


def test_the_log_keeps_no_secret(identity: ServiceUnderTest):
    signature = _signature(identity)
    identity.client(AzureSasCredential(signature)).enrollment.create_or_update(
        "sn01", enrollment("sn01")
    )
    with ManagedIdentityCredential() as held:
        identity.client(held).enrollment.get("sn01")
        (token,) = {held.get_token("https://azure-devices-provisioning.net/.default").token}
        list(identity.management(held).iot_dps_resource.list_keys("sandbox-dps", "sandbox"))
    kept = repr(list(identity.log))
    assert len(identity.log) == 3
    for secret in (
        signature.split("sig=")[1].split("&")[0],
        token,
        *identity.instance.keys.values(),
    ):
        assert secret not in kept
    assert "SharedAccessSignature" not in kept
    assert "Bearer" not in kept
