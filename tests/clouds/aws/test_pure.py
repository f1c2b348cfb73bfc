"""What needs no cloud: plans, requests, ARNs, rates, policies; held against the SDK's model."""

import json
import threading
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, HTTPServer

import botocore.session
import pytest
from botocore.validate import ParamValidator

from tests.planned_devices import verified
from tng.clouds.aws.comparison import plan_device
from tng.clouds.aws.failures import AlreadyExistsError
from tng.clouds.aws.names import Place, partition
from tng.clouds.aws.performing import certificate_id, perform
from tng.clouds.aws.policies import too_wide
from tng.clouds.aws.rates import DEFAULT_RATES, rates
from tng.clouds.aws.settings import AwsSettings
from tng.clouds.aws.steps import device_steps, left, undo_steps
from tng.clouds.interface import Cloud, RefusedError, RegisteredDevice
from tng.clouds.registry import CloudOpener
from tng.plan.models import Disposition
from tng.plan.template import Template
from tng.plan.view import RemoteView
from tng.sandbox.quotas import DEFAULT_IOT_QUOTAS
from tng.x509.pem import to_pem

PLACE = Place("111111111111", "eu-central-1")
NOTHING_THERE = RemoteView({})
FULL = AwsSettings(
    name="eu",
    policies=("fleet", "second"),
    thing_name=Template.parse("chip-{device_id}", "test"),
    thing_type="sensor",
    groups=("reel-7", "all"),
    billing_group="customer",
    attributes=(("part", Template.parse("{part_number}", "test")),),
    update=True,
)


@pytest.fixture(scope="module")
def model():
    return botocore.session.Session().get_service_model("iot")


def there(device, **changes) -> RemoteView:
    state = {"status": "ACTIVE", "policies": FULL.policies, "thing": None}
    return RemoteView({device.leaf.sha256: {**state, **changes}})


def test_every_request_fits_the_service_model(model):
    device = verified(1)
    plan = plan_device(FULL, PLACE, device, NOTHING_THERE)
    activated = plan_device(FULL, PLACE, device, there(device, status="INACTIVE"))
    registered = RegisteredDevice(plan.key, "id", plan.name, plan.calls + activated.calls)
    steps = [
        *device_steps(FULL, PLACE, plan),
        *device_steps(FULL, PLACE, activated),
        *undo_steps(PLACE, registered),
    ]
    for step in steps:
        shape = model.operation_model(step.operation).input_shape
        report = ParamValidator().validate(dict(step.request), shape)
        assert not report.has_errors(), report.generate_report()
    assert len({step.operation for step in steps}) == 11


def test_the_request_says_everything_in_one_call(model):
    plan = plan_device(FULL, PLACE, verified(1), NOTHING_THERE)
    assert plan.operations == (
        "RegisterCertificateWithoutCA",
        *["AttachPolicy"] * 2,
        "CreateThing",
        "AttachThingPrincipal",
        *["AddThingToThingGroup"] * 2,
    )
    requests = {step.operation: step.request for step in device_steps(FULL, PLACE, plan)}
    assert requests["CreateThing"] == {
        "thingName": plan.name,
        "thingTypeName": "sensor",
        "billingGroupName": "customer",
        "attributePayload": {"attributes": {"part": "TNGTLS"}},
    }
    sent = requests["RegisterCertificateWithoutCA"]["certificatePem"]
    assert sent.count("BEGIN CERTIFICATE") == 1
    assert certificate_id(sent) == plan.key == verified(1).leaf.sha256


class OtherId:
    """A cloud that names certificates otherwise, as moto does unless told."""

    def __init__(self, error=None) -> None:
        self._error = error

    def call(self, operation, request):
        assert operation == "RegisterCertificateWithoutCA"
        if self._error:
            raise self._error
        return {"certificateId": "ab" * 32}


@pytest.mark.parametrize(
    "error", [None, AlreadyExistsError("ResourceAlreadyExistsException", "is there", "ab" * 32)]
)
def test_another_id_than_the_predicted_one_is_refused(error):
    plan = plan_device(FULL, PLACE, verified(1), NOTHING_THERE)
    step = device_steps(FULL, PLACE, plan)[0]
    with pytest.raises(RefusedError, match="expected " + plan.key):
        perform(OtherId(error), lambda operation, call: call(), FULL, step)


def test_the_pem_is_what_the_standard_library_reads():
    import ssl

    assert ssl.PEM_cert_to_DER_cert(to_pem(verified(1).leaf.der)) == verified(1).leaf.der


def test_an_undo_is_made_once_and_in_an_order_that_works():
    calls = (
        ("UpdateCertificate", "ACTIVE"),
        ("AddThingToThingGroup", "reel-7"),
        ("AttachPolicy", "fleet"),
        ("RegisterCertificateWithoutCA", ""),
    )
    steps = undo_steps(PLACE, RegisteredDevice("ab" * 32, "id", "chip", calls))
    assert [step.operation for step in steps] == [
        "RemoveThingFromThingGroup",
        "DetachPolicy",
        "UpdateCertificate",
        "DeleteCertificate",
    ]
    assert undo_steps(PLACE, RegisteredDevice("ab" * 32, "id", "chip", ())) == ()


@pytest.mark.parametrize("status", ["REVOKED", "PENDING_TRANSFER", "REGISTER_INACTIVE"])
def test_other_states_are_never_changed(status):
    device = verified(1)
    plan = plan_device(FULL, PLACE, device, there(device, status=status))
    assert (plan.disposition, plan.calls) == (Disposition.DIFFERENT, ())
    assert status in plan.differences[0]


@pytest.mark.parametrize(
    ("template", "problem"),
    [
        ("{uid}", "{uid} is not known"),
        ("a b {device_id}", "is no thing name"),
        ("{sha256}{sha256}{sha256}", "is no thing name"),
        ("ä{device_id}", "is no thing name"),
    ],
)
def test_a_name_that_is_not_allowed_leaves_the_device_alone(template, problem):
    settings = replace(FULL, thing_name=Template.parse(template, "test"))
    plan = plan_device(settings, PLACE, verified(1), NOTHING_THERE)
    assert (plan.disposition, plan.name, plan.calls) == (Disposition.CONFLICT, "", ())
    assert problem in plan.differences[0]


def test_an_attribute_that_is_not_allowed_leaves_the_device_alone():
    device = verified(1, part_number="TNG TLS")
    plan = plan_device(FULL, PLACE, device, NOTHING_THERE)
    assert plan.disposition is Disposition.CONFLICT
    assert "'TNG TLS' is no value for part" in plan.differences[0]


def test_a_thing_of_ones_own_with_more_attributes_is_right():
    device = verified(1)
    thing = {
        "type": "sensor",
        "billing_group": "customer",
        "attributes": {"part": "TNGTLS", "more": "x"},
        "principals": (PLACE.certificate_arn(device.leaf.sha256),),
        "groups": ("all", "reel-7"),
    }
    plan = plan_device(FULL, PLACE, device, there(device, thing=thing))
    assert (plan.disposition, plan.calls) == (Disposition.RIGHT, ())
    thing["billing_group"] = None
    plan = plan_device(FULL, PLACE, device, there(device, thing=thing))
    assert plan.differences == ("the thing's billing group is absent, expected customer",)


def test_partitions_are_those_of_the_sdk():
    session = botocore.session.Session()
    regions = [
        region
        for name in session.get_available_partitions()
        for region in session.get_available_regions("iot", name, allow_non_regional=True)
    ]
    assert len(regions) > 20
    for region in regions:
        if "fips" not in region:
            assert partition(region) == session.get_partition_for_region(region)


def test_rates_are_the_quotas_that_the_sandbox_judges_by():
    for operation, quota in DEFAULT_IOT_QUOTAS.items():
        assert DEFAULT_RATES.get(operation, DEFAULT_RATES["*"]) <= quota


def test_rates_are_layered():
    settings = AwsSettings(name="", rate=5, rates=(("AttachPolicy", 40.0),))
    found = rates(settings, {"CreateThing": 400.0})
    assert found.bucket("RegisterCertificateWithoutCA")[1] == 5
    assert found.bucket("AttachPolicy")[1] == 40
    assert found.bucket("CreateThing")[1] == 200
    assert found.bucket("ListCertificates") == ("ListCertificates", 5)


class ServiceQuotas(BaseHTTPRequestHandler):
    """Two pages of Service Quotas, which neither emulator knows for IoT."""

    def do_POST(self):
        length = int(self.headers["Content-Length"])
        request = json.loads(self.rfile.read(length))
        quotas = [{"QuotaName": "AttachPolicy API TPS", "Value": 60.0}]
        reply = {"Quotas": quotas, "NextToken": "more"}
        if request.get("NextToken"):
            quotas = [
                {"QuotaName": "RegisterCertificateWithoutCA API TPS", "Value": 50.0},
                {"QuotaName": "Maximum depth of a thing group", "Value": 7.0},
            ]
            reply = {"Quotas": quotas}
        body = json.dumps(reply).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        """Keep the test's output quiet."""


def test_quotas_are_read_from_the_account():
    from tng.clouds.aws.api import AwsApi
    from tng.clouds.aws.rates import read_quotas

    with HTTPServer(("127.0.0.1", 0), ServiceQuotas) as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        client = botocore.session.Session().create_client(
            "service-quotas",
            region_name="eu-central-1",
            endpoint_url=f"http://127.0.0.1:{server.server_port}",
            aws_access_key_id="111111111111",
            aws_secret_access_key="irrelevant",
        )
        found = read_quotas(AwsApi(client))
        client.close()
        server.shutdown()
        thread.join()
    assert found == {"AttachPolicy": 60.0, "RegisterCertificateWithoutCA": 50.0}


@pytest.mark.parametrize(
    ("statement", "wild"),
    [
        ({"Effect": "Allow", "Action": "iot:*", "Resource": "*"}, True),
        ({"Effect": "Allow", "Action": ["iot:Connect", "*"], "Resource": ["x", "*"]}, True),
        ({"Effect": "Deny", "Action": "*", "Resource": "*"}, False),
        ({"Effect": "Allow", "Action": "iot:Connect", "Resource": "*"}, True),
        ({"Effect": "Allow", "Action": "iot:*", "Resource": "arn:x"}, False),
        ("nonsense", False),
    ],
)
def test_wildcards_are_seen(statement, wild):
    assert bool(too_wide(json.dumps({"Statement": statement}))) is wild
    assert bool(too_wide(json.dumps({"Statement": [statement]}))) is wild


@pytest.mark.parametrize("document", ["", "[", "[]", "null", "[" * 100_000])
def test_a_document_that_is_none_has_no_wildcard(document):
    assert too_wide(document) == ""


def test_opening_a_target_makes_no_call_and_needs_no_credentials():
    opener = CloudOpener(threads=4)
    cloud: Cloud = opener.open(AwsSettings(name="", region="eu-central-1"), lambda _, call: call())
    assert cloud.description.key == "aws:unknown:eu-central-1"
    cloud.preflight(offline=True)
    assert cloud.description.name == "unknown/eu-central-1"


@pytest.mark.parametrize(
    ("made", "complete", "stays"),
    [
        (("RegisterCertificateWithoutCA", "AttachPolicy", "CreateThing"), True, ()),
        (("CreateCertificateFromCsr",), False, ()),
        (("AttachPolicy",), False, ("the certificate",)),
        (("RegisterCertificateWithoutCA",), False, ()),
        (("RegisterCertificateWithoutCA",), True, ("the thing chip",)),
        (("AddThingToThingGroup",), False, ("the certificate", "the thing chip")),
        ((), True, ("the certificate", "the thing chip")),
        ((), False, ()),
    ],
)
def test_what_was_there_before_stays_as_far_as_it_must_be_there(made, complete, stays):
    steps = tuple((operation, "") for operation in made)
    device = RegisteredDevice("ab" * 32, "id", "chip", steps, is_complete=complete)
    assert left(device) == stays


def test_a_thing_that_nobody_asked_for_is_not_left():
    assert left(RegisteredDevice("ab" * 32, "id", "", (), is_complete=True)) == ("the certificate",)
