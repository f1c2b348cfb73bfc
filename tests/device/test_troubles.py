"""What is wrong with the way to a server, with the server, and with a certificate in its eyes."""

import ssl
import time
from dataclasses import replace
from datetime import timedelta

import pytest

from tests.device.conftest import NAME
from tests.device.pki import YEAR, now
from tests.device.servers import Client, black_hole, over_tls, serving
from tests.device.trials import attempt, unreached
from tng.device.connection import ConnectReason, Denied, Unanswered
from tng.device.connection_hints import hint
from tng.device.link import DeviceEndpoint


def test_a_name_that_leads_nowhere(credentials):
    for host in ("a..b", "x" * 64):
        unreached(attempt(DeviceEndpoint(host), credentials), "host-unresolved")


def test_a_port_where_nothing_listens(credentials):
    with serving(Client.linger) as port:
        pass
    message = unreached(attempt(DeviceEndpoint("127.0.0.1", port), credentials), "host-unreachable")
    assert "nothing listens" in message


def test_a_firewall_that_swallows_everything(credentials):
    with black_hole() as port:
        result = attempt(DeviceEndpoint("127.0.0.1", port), credentials, seconds=0.4)
    assert isinstance(result, Unanswered)
    assert result.reason == "no-connection"


def test_a_server_that_never_finishes_the_handshake(credentials):
    with serving(lambda visitor: visitor.recv(100_000) and visitor.recv(1)) as port:
        result = attempt(DeviceEndpoint("127.0.0.1", port), credentials, seconds=0.4)
    assert result.reason == "no-connection"


@pytest.mark.parametrize(
    "greeting", [b"HTTP/1.1 400 Bad Request\r\n\r\n", b"\x20\x02\x00\x05", b"SSH-2.0-x\r\n"]
)
def test_a_port_that_speaks_no_tls(credentials, greeting):
    def speak(visitor):
        visitor.recv(1000)
        visitor.sendall(greeting * 4)
        while visitor.recv(1000):
            pass

    with serving(speak) as port:
        result = attempt(DeviceEndpoint("127.0.0.1", port), credentials)
    unreached(result, "not-tls")


def test_a_server_that_hangs_up_in_the_handshake(device):
    with serving(lambda visitor: visitor.recv(100_000)) as port:
        result = attempt(DeviceEndpoint("127.0.0.1", port), device.credentials)
    assert isinstance(result, Denied)
    assert result.reason == "tls-closed"
    assert "not ACTIVE" in hint(result.reason)


def test_a_server_that_hangs_up_in_the_handshake_with_a_token(token_device):
    with serving(lambda visitor: visitor.recv(100_000)) as port:
        result = attempt(DeviceEndpoint("127.0.0.1", port), token_device)
    assert isinstance(result, Denied)
    assert result.reason in ("connect-denied", "certificate-refused")
    assert "not ACTIVE" in hint(result.reason)


def only_old_versions(context):
    context.minimum_version = ssl.TLSVersion.TLSv1
    context.maximum_version = ssl.TLSVersion.TLSv1_1
    context.set_ciphers("ALL:@SECLEVEL=0")


@pytest.mark.filterwarnings("ignore:ssl.TLSVersion:DeprecationWarning")
def test_a_server_with_old_versions_of_tls_alone(at_server, credentials):
    endpoint = at_server(Client.linger, change=only_old_versions, local=True)
    unreached(attempt(endpoint, credentials), "tls-version")


def test_a_server_of_an_unknown_ca(broker, credentials):
    endpoint = replace(broker.local(), ca_file=broker.other_ca_file)
    message = unreached(attempt(endpoint, credentials), "server-untrusted")
    assert "its issuer is test CA" in message
    assert "Amazon Root CA" in hint(ConnectReason.SERVER_UNTRUSTED)
    assert "--ca-file" in hint(ConnectReason.SERVER_UNTRUSTED)


def test_a_self_signed_server(at_server, device, other_authority):
    endpoint = at_server(Client.linger, other_authority.server(NAME))
    unreached(attempt(endpoint, device.credentials), "server-untrusted")


def test_the_endpoint_of_another_account(broker, device):
    endpoint = replace(broker.endpoint(), host="b-ats.iot.eu-west-1.amazonaws.com")
    message = unreached(attempt(endpoint, device.credentials), "wrong-endpoint")
    assert "server iot.example.test" in message


def test_aws_old_endpoint(at_server, device, other_authority):
    host = "a1b2c3.iot.eu-west-1.amazonaws.com"
    endpoint = at_server(Client.linger, other_authority.server(host), host=host)
    message = unreached(attempt(endpoint, device.credentials), "wrong-endpoint")
    assert "no -ats in its name" in message


def test_a_server_that_knows_no_such_name(at_server, device):
    def refuse(context):
        context.sni_callback = lambda *_: ssl.ALERT_DESCRIPTION_UNRECOGNIZED_NAME

    result = attempt(at_server(Client.linger, change=refuse), device.credentials)
    unreached(result, "wrong-endpoint")


def test_an_expired_server_and_both_times_are_told(at_server, authority, device):
    issued = authority.server(NAME, begin=now() - YEAR / 2, end=now() - timedelta(days=3))
    message = unreached(attempt(at_server(Client.linger, issued), device.credentials),
                        "server-expired")  # fmt: skip
    assert f"to {now() - timedelta(days=3):%Y-%m-%d}" in message
    assert f"clock says {now():%Y-%m-%d}" in message


def test_a_clock_that_is_behind(at_server, authority, device):
    issued = authority.server(NAME, begin=now() + timedelta(days=3))
    message = unreached(attempt(at_server(Client.linger, issued), device.credentials),
                        "clock-wrong")  # fmt: skip
    assert f"valid from {now() + timedelta(days=3):%Y-%m-%d}" in message
    assert "NTP" in hint(ConnectReason.CLOCK_WRONG)


ALERTS = {
    40: "certificate-refused",
    42: "certificate-refused",
    43: "certificate-refused",
    44: "certificate-refused",
    45: "certificate-expired",
    46: "certificate-refused",
    48: "certificate-refused",
    49: "certificate-refused",
    51: "key-refused",
    70: "tls-version",
    71: "tls-failed",
    80: "tls-failed",
    112: "wrong-endpoint",
    120: "alpn-refused",
}
"""By their numbers (RFC 8446 §6)."""


@pytest.mark.parametrize("alert", ALERTS)
def test_every_alert_has_its_reason(credentials, alert):
    def refuse(visitor):
        visitor.recv(100_000)
        visitor.sendall(bytes([21, 3, 3, 0, 2, 2, alert]))
        while visitor.recv(1000):
            pass

    with serving(refuse) as port:
        result = attempt(DeviceEndpoint("127.0.0.1", port), credentials)
    assert result.reason == ALERTS[alert], result


def test_with_a_token_a_server_without_tls_1_2_is_told(at_server, token_device):
    def only_new(context):
        context.minimum_version = ssl.TLSVersion.TLSv1_3

    endpoint = at_server(Client.linger, change=only_new, local=True)
    unreached(attempt(endpoint, token_device), "tls-version")


def test_the_deadline_holds_while_the_servers_certificate_is_fetched(
    at_server, other_authority, device
):
    def once(visitor):
        if visits:
            visitor.recv(100_000)
            visitor.recv(1)
        visits.append(1)
        answer(visitor)

    visits = []
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    endpoint = at_server(Client.linger, other_authority.server(NAME))
    context.load_cert_chain(endpoint.ca_file.parent / "server.pem",
                            endpoint.ca_file.parent / "server.key")  # fmt: skip
    answer = over_tls(Client.linger, context=context)
    with serving(once) as port:
        began = time.monotonic()
        result = attempt(
            replace(endpoint, address=("127.0.0.1", port)), device.credentials, seconds=1
        )
    assert unreached(result, "server-untrusted")
    assert time.monotonic() - began < 4


def test_a_certificate_whose_ca_is_unknown(broker, device):
    result = attempt(broker.endpoint("strangers"), device.credentials)
    assert isinstance(result, Denied)
    assert result.reason == "certificate-refused"
    assert "UNKNOWN_CA" in result.message


def test_a_certificate_in_a_token_whose_ca_is_unknown(broker, token_device):
    result = attempt(broker.local("strangers"), token_device)
    assert isinstance(result, Denied)
    assert result.reason in ("certificate-refused", "connect-denied")
    assert "not ACTIVE" in hint(result.reason)


def test_a_revoked_certificate(broker, revoked):
    result = attempt(broker.endpoint("revocation"), revoked.credentials)
    assert result.reason == "certificate-refused"
    assert "REVOKED" in result.message


def test_an_expired_certificate(broker, authority):
    expired = authority.device("old", begin=now() - YEAR / 2, end=now() - timedelta(days=1))
    assert attempt(broker.endpoint(), expired.credentials).reason == "certificate-expired"


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
def test_a_refused_certificate_in_both_versions_of_tls(at_server, device, other_authority, version):
    def demand(context):
        context.maximum_version = version
        context.verify_mode = ssl.CERT_REQUIRED

    stranger = other_authority.device("stranger")
    result = attempt(at_server(Client.linger, change=demand), stranger.credentials)
    assert result.reason == "certificate-refused"


def test_tls_1_3_may_refuse_by_hanging_up_alone(at_server, device):
    result = attempt(at_server(lambda client: None), device.credentials)
    assert isinstance(result, Denied)
    assert result.reason == "tls-closed"
