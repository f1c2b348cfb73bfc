"""What the account knows of a refusal that the device alone cannot tell."""

from dataclasses import dataclass, replace

import pytest

from tests.device.conftest import NAME
from tests.device.servers import Client, serving
from tests.device.trials import attempt
from tng.device.account import FactsError, Registration
from tng.device.connection import Connected, Unsafe
from tng.device.link import DeviceEndpoint


@dataclass
class Account:
    """`RegistrationFacts` with fixed answers."""

    registered: Registration | None = None
    host: str = NAME
    place: str = "account 111122223333 in eu-central-1"
    problem: str = ""

    def endpoint(self):
        return self.host

    def registration(self, certificate_id):
        assert len(certificate_id) == 64
        if self.problem:
            raise FactsError(self.problem)
        return self.registered


ELSEWHERE = "b-ats.iot.eu-west-1.amazonaws.com"
FINE = Registration("ACTIVE", "DEFAULT", ("fleet",), ("device-1",))


@pytest.mark.parametrize(
    ("facts", "reason", "words"),
    [
        (Account(), "not-registered", "account 111122223333 in eu-central-1 has no certificate"),
        (Account(replace(FINE, status="INACTIVE")), "not-active", "INACTIVE, expected ACTIVE"),
        (Account(replace(FINE, status="REVOKED")), "not-active", "REVOKED"),
        (Account(replace(FINE, status="PENDING_TRANSFER")), "not-active", "PENDING_TRANSFER"),
        (Account(replace(FINE, policies=())), "no-policy", "no policy is attached"),
        (Account(FINE), "connect-denied", "ACTIVE, with the policies fleet"),
        (
            Account(replace(FINE, things=("lamp-7",))),
            "connect-denied",
            "its thing is lamp-7, the client id is device-1",
        ),
        (Account(FINE, host=ELSEWHERE), "connect-denied", "ACTIVE"),
        (Account(host=ELSEWHERE), "not-registered", "has no certificate"),
        (
            Account(replace(FINE, mode="SNI_ONLY"), host=ELSEWHERE),
            "wrong-endpoint",
            "the SNI must be that whole name",
        ),
        (Account(problem="AccessDenied"), "connect-denied", "not asked: AccessDenied"),
    ],
)  # fmt: skip
def test_the_account_tells_refusals_apart(at_server, device, facts, reason, words):
    result = attempt(at_server(Client.packet), device.credentials, facts=facts)
    assert result.reason == reason
    assert words in result.message


@pytest.mark.parametrize("registered", [None, FINE, replace(FINE, mode="SNI_ONLY")])
def test_a_name_of_aws_that_is_another_accounts(at_server, authority, device, registered):
    host = "a-ats.iot.eu-west-1.amazonaws.com"
    endpoint = at_server(Client.packet, authority.server(host), host=host)
    result = attempt(endpoint, device.credentials, facts=Account(registered, host=ELSEWHERE))
    assert isinstance(result, Unsafe)
    assert result.reason == "wrong-endpoint"
    assert f"in eu-central-1, which is {ELSEWHERE}" in result.message
    assert ("nor is the certificate" in result.message) == (registered is None)


def test_what_is_wrong_with_the_name_is_not_put_down_to_the_device(device):
    inactive = Account(replace(FINE, status="INACTIVE"), host="a..b")
    result = attempt(DeviceEndpoint("a..b"), device.credentials, facts=inactive)
    assert result.reason == "host-unresolved"


def test_the_account_is_not_asked_about_a_device_that_connects(broker, device):
    facts = Account(problem="asked")
    assert isinstance(attempt(broker.endpoint(), device.credentials, facts=facts), Connected)


def test_the_account_has_nothing_to_say_about_a_closed_port(device):
    with serving(Client.linger) as port:
        pass
    endpoint = DeviceEndpoint("127.0.0.1", port)
    result = attempt(endpoint, device.credentials, facts=Account(problem="asked"))
    assert "asked" not in result.message
