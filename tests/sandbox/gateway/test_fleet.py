"""Fleet provisioning by CSR: the responder by itself, and through the gateway."""

import json
from dataclasses import dataclass

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from tests.emulators import CloudUnderTest
from tests.sandbox.gateway.clients import Identity
from tests.sandbox.gateway.world import World, allow, new_request
from tng.sandbox.accounts import SandboxAccount
from tng.sandbox.faults import Fault, LostReply, Reject, ServerError, Silence, Slow, Throttle, When
from tng.sandbox.gateway.fleet import (
    CREATE,
    CREATE_TOPIC,
    REGISTER,
    FleetResponder,
    fleet_quotas,
)
from tng.sandbox.gateway.ownership import LIFETIME_SECONDS, OwnershipTokens
from tng.sandbox.gateway.preparation import TEMPLATE_NAME, fleet_template, prepare_fleet
from tng.sandbox.gateway.registry import Registry
from tng.sandbox.quotas import UNLIMITED, Quotas
from tng.sandbox.record import certificate_id

REGISTER_TOPIC = f"$aws/provisioning-templates/{TEMPLATE_NAME}/provision/json"


@dataclass
class Fleet:
    """A responder and the account behind it; the time is the test's."""

    responder: FleetResponder
    registry: Registry
    now: list

    def ask(self, topic, request):
        payload = request if isinstance(request, bytes) else json.dumps(request).encode()
        return self.responder.answer(topic, payload)

    def accepted(self, topic, request):
        reply = self.ask(topic, request).reply
        assert reply.topic == f"{topic}/accepted", reply
        return json.loads(reply.payload)

    def rejected(self, topic, request):
        reply = self.ask(topic, request).reply
        assert reply.topic == f"{topic}/rejected", reply
        found = json.loads(reply.payload)
        assert found.keys() == {"statusCode", "errorCode", "errorMessage"}
        assert found["errorMessage"]
        return found["statusCode"], found["errorCode"]

    def create(self, csr=None):
        return self.accepted(CREATE_TOPIC, {"certificateSigningRequest": csr or new_request()})

    def register(self, token, **parameters):
        return registration(token, **parameters)

    def status(self, certificate):
        return self.registry.certificate(certificate).status


def registration(token, **parameters):
    return {
        "certificateOwnershipToken": token,
        "parameters": {"SerialNumber": "sn0123"} | parameters,
    }


@pytest.fixture
def start_fleet(ministack_cloud: CloudUnderTest, ministack):
    def start(quotas: Quotas = UNLIMITED, account: SandboxAccount = ministack_cloud.eu) -> Fleet:
        now = [0.0]
        registry = Registry(ministack.port, account)
        prepare_fleet(registry)
        return Fleet(FleetResponder(registry, quotas, lambda: now[0]), registry, now)

    return start


@pytest.fixture
def fleet(start_fleet) -> Fleet:
    return start_fleet()


@pytest.mark.parametrize(
    "key",
    [
        ec.generate_private_key(ec.SECP256R1()),
        ec.generate_private_key(ec.SECP384R1()),
        rsa.generate_private_key(65537, 2048),
    ],
    ids=["P-256", "P-384", "RSA"],
)
def test_a_request_is_signed_and_pending_until_a_thing_is_registered(fleet: Fleet, key):
    made = fleet.create(new_request("sn0123", key))
    assert made.keys() == {"certificateOwnershipToken", "certificateId", "certificatePem"}
    certificate = x509.load_pem_x509_certificate(made["certificatePem"].encode())
    assert certificate.public_key() == key.public_key()
    assert certificate_id(made["certificatePem"]) == made["certificateId"]
    assert fleet.status(made["certificateId"]) == "PENDING_ACTIVATION"
    answer = fleet.accepted(REGISTER_TOPIC, registration(made["certificateOwnershipToken"]))
    assert answer == {
        "deviceConfiguration": {"Environment": "sandbox"},
        "thingName": "sn0123",
    }
    assert fleet.status(made["certificateId"]) == "ACTIVE"
    arn = fleet.registry.arn(f"cert/{made['certificateId']}")
    assert fleet.registry.things(arn) == ("sn0123",)
    assert len(fleet.registry.policies(arn)) == 1
    thing = fleet.registry.ask("GET", "/things/sn0123", None)
    assert thing["thingTypeName"] == "secure-element"
    groups = fleet.registry.ask("GET", "/things/sn0123/thing-groups", None)["thingGroups"]
    assert [group["groupName"] for group in groups] == ["sandbox"]


def test_the_same_device_may_come_again_with_another_certificate(fleet: Fleet):
    for _ in range(2):
        token = fleet.create()["certificateOwnershipToken"]
        assert fleet.accepted(REGISTER_TOPIC, registration(token))["thingName"] == "sn0123"


@pytest.mark.parametrize(
    "csr", ["", "no PEM", 5, None, new_request(key=ec.generate_private_key(ec.SECP256K1()))]
)
def test_what_is_no_request_is_rejected(fleet: Fleet, csr):
    code = (400, "InvalidCertificateSigningRequest")
    assert fleet.rejected(CREATE_TOPIC, {"certificateSigningRequest": csr}) == code


def test_a_request_that_was_tampered_with_is_rejected(fleet: Fleet):
    lines = new_request("sn0123").splitlines()
    lines[-2] = lines[-2].swapcase()
    code = (400, "InvalidCertificateSigningRequest")
    request = {"certificateSigningRequest": "\n".join(lines)}
    assert fleet.rejected(CREATE_TOPIC, request) == code


@pytest.mark.parametrize("payload", [b"", b"\xff", b"[]", b"5", b"[" * 100_000, b'{"a":'])
@pytest.mark.parametrize("topic", [CREATE_TOPIC, REGISTER_TOPIC])
def test_what_is_no_object_is_rejected(fleet: Fleet, topic, payload):
    assert fleet.rejected(topic, payload) == (400, "InvalidPayload")


@pytest.mark.parametrize("token", ["", None, "made up", 5, ["x"]])
def test_a_wrong_token_is_rejected(fleet: Fleet, token):
    code = (400, "InvalidCertificateOwnershipToken")
    assert fleet.rejected(REGISTER_TOPIC, registration(token)) == code


def test_a_token_is_for_one_use_and_one_hour(fleet: Fleet):
    code = (400, "InvalidCertificateOwnershipToken")
    used = registration(fleet.create()["certificateOwnershipToken"])
    fleet.accepted(REGISTER_TOPIC, used)
    assert fleet.rejected(REGISTER_TOPIC, used) == code
    late = registration(fleet.create()["certificateOwnershipToken"], SerialNumber="late")
    fleet.now[0] += LIFETIME_SECONDS - 1
    in_time = registration(fleet.create()["certificateOwnershipToken"], SerialNumber="in-time")
    fleet.now[0] += 2
    assert fleet.rejected(REGISTER_TOPIC, late) == code
    fleet.accepted(REGISTER_TOPIC, in_time)


def test_a_token_is_nobody_elses_while_it_is_used():
    tokens = OwnershipTokens(lambda: 0.0)
    token = tokens.issue("ab" * 32)
    with tokens.used(token) as first, tokens.used(token) as second:
        assert (first, second) == ("ab" * 32, None)
    with tokens.used(token) as again:
        assert again is None


def test_a_token_of_another_account_is_rejected(start_fleet, ministack_cloud):
    here, there = start_fleet(), start_fleet(account=ministack_cloud.us)
    token = here.create()["certificateOwnershipToken"]
    code = (400, "InvalidCertificateOwnershipToken")
    assert there.rejected(REGISTER_TOPIC, registration(token)) == code
    here.accepted(REGISTER_TOPIC, registration(token))


def test_a_refused_registration_leaves_the_token_and_nothing_else(fleet: Fleet):
    made = fleet.create()
    token = made["certificateOwnershipToken"]
    request = {"certificateOwnershipToken": token, "parameters": {}}
    assert fleet.rejected(REGISTER_TOPIC, request) == (400, "InvalidParameters")
    assert fleet.status(made["certificateId"]) == "PENDING_ACTIVATION"
    fleet.accepted(REGISTER_TOPIC, registration(token))


@pytest.mark.parametrize("parameters", [[], "x", {"SerialNumber": 5}, {"SerialNumber": None}])
def test_parameters_are_texts(fleet: Fleet, parameters):
    token = fleet.create()["certificateOwnershipToken"]
    request = {"certificateOwnershipToken": token, "parameters": parameters}
    assert fleet.rejected(REGISTER_TOPIC, request) == (400, "InvalidParameters")


def test_a_missing_and_a_disabled_template_are_rejected(fleet: Fleet):
    token = fleet.create()["certificateOwnershipToken"]
    missing = "$aws/provisioning-templates/missing/provision/json"
    assert fleet.rejected(missing, registration(token)) == (400, "InvalidTemplate")
    path = f"/provisioning-templates/{TEMPLATE_NAME}"
    fleet.registry.ask("PATCH", path, {"enabled": False})
    assert fleet.rejected(REGISTER_TOPIC, registration(token)) == (400, "InvalidTemplate")


def test_a_template_that_needs_what_is_not_there_makes_nothing(fleet: Fleet):
    body = json.loads(fleet_template())
    body["Resources"]["policy"]["Properties"]["PolicyName"] = "missing"
    template = {
        "templateName": "wrong",
        "templateBody": json.dumps(body),
        "provisioningRoleArn": "arn:aws:iam::111111111111:role/r",
        "enabled": True,
    }
    fleet.registry.ask("POST", "/provisioning-templates", template)
    token = fleet.create()["certificateOwnershipToken"]
    topic = "$aws/provisioning-templates/wrong/provision/json"
    code = (400, "ResourceRegistrationFailure")
    assert fleet.rejected(topic, registration(token)) == code
    assert not fleet.registry.has("things", "sn0123")


def test_a_thing_of_another_form_is_rejected(fleet: Fleet):
    fleet.registry.create_thing("sn0123", {"attributePayload": {"attributes": {"a": "b"}}})
    token = fleet.create()["certificateOwnershipToken"]
    code = (400, "ResourceRegistrationFailure")
    assert fleet.rejected(REGISTER_TOPIC, registration(token)) == code


def test_both_operations_have_a_rate(start_fleet):
    fleet = start_fleet(fleet_quotas(0.5))
    # One of each fits into buckets of half a call (register) and one call (create) a second.
    made = fleet.create()
    request = {"certificateSigningRequest": new_request()}
    assert fleet.rejected(CREATE_TOPIC, request) == (429, "Throttling")
    fleet.rejected(REGISTER_TOPIC, registration("made up"))
    register = registration(made["certificateOwnershipToken"])
    assert fleet.rejected(REGISTER_TOPIC, register) == (429, "Throttling")
    fleet.now[0] += 2
    fleet.accepted(REGISTER_TOPIC, register)


def test_rates_are_aws_own_and_scale(start_fleet):
    assert dict(fleet_quotas(10).rates) == {CREATE: 20, REGISTER: 10}
    assert dict(fleet_quotas(5).rates) == {CREATE: 10, REGISTER: 5}
    assert fleet_quotas(0) is UNLIMITED


def test_faults_meet_the_calls_that_they_name(fleet: Fleet):
    fleet.responder.inject(
        Fault(Reject(403, "AccessDenied", "Access Denied"), REGISTER, count=2),
        Fault(Throttle(), CREATE, first=2),
        Fault(ServerError(500), CREATE, first=3),
    )
    token = fleet.create()["certificateOwnershipToken"]
    request = {"certificateSigningRequest": new_request()}
    assert fleet.rejected(CREATE_TOPIC, request) == (429, "Throttling")
    assert fleet.rejected(CREATE_TOPIC, request) == (500, "InternalFailure")
    for _ in range(2):
        assert fleet.rejected(REGISTER_TOPIC, registration(token)) == (403, "AccessDenied")
    fleet.accepted(REGISTER_TOPIC, registration(token))


def test_answers_are_late_lost_or_end_the_connection(fleet: Fleet):
    fleet.responder.inject(
        Fault(Slow(7), CREATE),
        Fault(LostReply(When.BEFORE), REGISTER),
        Fault(Silence(When.AFTER), REGISTER, first=2),
    )
    request = {"certificateSigningRequest": new_request()}
    late = fleet.ask(CREATE_TOPIC, request)
    made = json.loads(late.reply.payload)
    assert late.seconds_late == 7
    register = registration(made["certificateOwnershipToken"])
    assert fleet.ask(REGISTER_TOPIC, register).disconnects
    assert fleet.status(made["certificateId"]) == "PENDING_ACTIVATION"
    silent = fleet.ask(REGISTER_TOPIC, register)
    assert silent.reply is None
    assert not silent.disconnects
    assert fleet.status(made["certificateId"]) == "ACTIVE"


@pytest.mark.parametrize("effect", [LostReply(When.AFTER), Silence(When.AFTER)])
def test_registering_whose_answer_is_lost_has_used_the_token(fleet: Fleet, effect):
    fleet.responder.inject(Fault(effect, REGISTER))
    made = fleet.create()
    register = registration(made["certificateOwnershipToken"])
    assert fleet.ask(REGISTER_TOPIC, register).reply is None
    assert fleet.status(made["certificateId"]) == "ACTIVE"
    refused = fleet.rejected(REGISTER_TOPIC, register)
    assert refused == (400, "InvalidCertificateOwnershipToken")


def test_other_topics_are_none_of_its_business(fleet: Fleet):
    for topic in ("$aws/certificates/create/json", f"{CREATE_TOPIC}/accepted", "a"):
        assert not fleet.responder.handles(topic)
        assert fleet.ask(topic, {}).reply is None


@pytest.fixture
def claim(world: World) -> Identity:
    made = prepare_fleet(world.side.registry)
    world.gateway.await_claim(made)
    return Identity(world.folder / "claim", made.certificate_pem, made.key_pem)


def test_a_claim_is_registered_by_its_first_connection_alone(world: World, claim: Identity):
    registry, claim_id = world.side.registry, certificate_id(claim.pem)
    with pytest.raises(OSError, match="UNKNOWN_CA"):
        world.client(claim, world.us).stream.recv(1)
    assert registry.certificate(claim_id) is None
    world.connected(claim, "tng-c")
    assert registry.certificate(claim_id).status == "ACTIVE"
    registry.set_status(claim_id, "INACTIVE")
    with pytest.raises(OSError, match="UNKNOWN_CA"):
        world.client(claim).stream.recv(1)


def test_a_claim_becomes_a_device_that_connects(world: World, claim: Identity):
    key = ec.generate_private_key(ec.SECP256R1())
    with world.connected(claim, "tng-any") as client:
        assert client.subscribe(f"{CREATE_TOPIC}/+", f"{REGISTER_TOPIC}/+") == (1, 1)
        request = {"certificateSigningRequest": new_request("sn0123", key)}
        client.publish(CREATE_TOPIC, json.dumps(request).encode())
        topic, payload = client.receive()
        assert topic == f"{CREATE_TOPIC}/accepted"
        made = json.loads(payload)
        device = Identity(world.folder / "new", made["certificatePem"], _pem(key))
        with pytest.raises(OSError, match="UNKNOWN_CA"):
            world.client(device).stream.recv(1)
        register = registration(made["certificateOwnershipToken"])
        client.publish(REGISTER_TOPIC, json.dumps(register).encode())
        assert client.receive()[0] == f"{REGISTER_TOPIC}/accepted"
    with world.connected(device, "sn0123") as client:
        assert client.publish("devices/sn0123/hello")


def test_a_claim_may_do_nothing_else(world: World, claim: Identity):
    with world.connected(claim, "tng-c") as client:
        other = "$aws/provisioning-templates/other/provision/json"
        assert client.subscribe("#", "devices/c", f"{other}/accepted") == (0x80, 0x80, 0x80)
        assert not client.publish("devices/c")
    with world.connected(claim, "tng-c") as client:
        assert not client.publish(other, b"{}")


def test_faults_of_the_connection(world: World, claim: Identity):
    world.gateway.inject(
        Fault(LostReply(When.AFTER), CREATE),
        Fault(Slow(0.2), CREATE, first=2),
        Fault(Silence(When.BEFORE), CREATE, first=3),
    )
    request = json.dumps({"certificateSigningRequest": new_request()}).encode()
    with world.connected(claim, "tng-c") as client:
        client.publish(CREATE_TOPIC, request)
        assert client.is_closed()
    with world.connected(claim, "tng-c") as client:
        client.subscribe(f"{CREATE_TOPIC}/+")
        client.publish(CREATE_TOPIC, request)
        assert client.receive()[0].endswith("/accepted")
        client.publish(CREATE_TOPIC, request)
        assert client.waiting() == []


def test_answers_go_to_who_has_asked_alone(world: World, claim: Identity):
    everything = [allow("iot:*", "client/*", "topic/*", "topicfilter/*")]
    other = world.register(world.identity(), statements=everything)
    with world.connected(other, "spy") as spy, world.connected(claim, "tng-c") as client:
        assert spy.subscribe("$aws/#") == (1,)
        client.subscribe(f"{CREATE_TOPIC}/+")
        client.publish(CREATE_TOPIC, b"{}")
        assert client.receive()[0].endswith("/rejected")
        assert spy.waiting() == []


def _pem(key):
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
