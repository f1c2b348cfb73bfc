"""The stand-in of AWS IoT that the benchmark calls: botocore reads it, and it counts rightly."""

from collections import Counter

import pytest

from bench.iot_answers import ACCOUNT, REGISTER, IotAnswers, IotQuota, Request
from bench.iot_service import IotProcess
from tests.planned_devices import verified
from tng.apply.stopping import StopSignal
from tng.clouds.aws.api import AwsApi
from tng.clouds.aws.sessions import AwsSessions
from tng.clouds.aws.settings import AwsSettings
from tng.clouds.interface import ThrottledError
from tng.clouds.registry import CloudOpener
from tng.ledger import DeviceState, SqliteLedger
from tng.plan.eligibility import PlanPolicy
from tng.registration import open_targets, plan_registration, register
from tng.x509.pem import to_pem

DEVICES = tuple(verified(number) for number in range(12))


@pytest.fixture(scope="module")
def process():
    with IotProcess() as started:
        yield started


@pytest.fixture
def service(process, monkeypatch, tmp_path):
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "BENCH")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "bench")
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "none"))
    process.empty(IotQuota())
    return process


def settings(service, **changes):
    return AwsSettings("eu", region="eu-central-1", endpoint_url=service.url, **changes)


def run(service, ledger, **changes):
    stop = StopSignal()
    opener = CloudOpener(threads=8)
    targets = open_targets([settings(service, **changes)], opener.open, stop)
    plan = plan_registration(DEVICES, targets, PlanPolicy(), offline=False)
    register(plan, targets, ledger, "tng register", offline=False, stop=stop, threads=8)


def calls(service):
    return Counter({name: item.given for (_, name), item in service.sight().usage.items()})


def test_botocore_reads_every_answer_of_a_registration(service, tmp_path):
    with SqliteLedger(tmp_path / "l.db") as ledger:
        run(service, ledger, policies=("fleet",), rate=1000.0)
        assert ledger.counts(f"aws:{ACCOUNT}:eu-central-1") == {DeviceState.DONE: 12}
    sight = service.sight()
    assert sight.registrations == dict.fromkeys((d.leaf.sha256 for d in DEVICES), 1)
    assert sight.connections >= 1
    assert calls(service)["AttachPolicy"] == 12


def test_what_is_there_is_told_as_aws_tells_it(service):
    client = AwsSessions(4).client(settings(service), "iot", "eu-central-1")
    certificate = to_pem(DEVICES[0].leaf.der)
    made = client.register_certificate_without_ca(certificatePem=certificate, status="ACTIVE")
    assert made["certificateId"] == DEVICES[0].leaf.sha256
    with pytest.raises(client.exceptions.ResourceAlreadyExistsException) as raised:
        client.register_certificate_without_ca(certificatePem=certificate, status="ACTIVE")
    assert raised.value.response["resourceId"] == DEVICES[0].leaf.sha256
    described = client.describe_certificate(certificateId=made["certificateId"])
    assert described["certificateDescription"]["status"] == "ACTIVE"
    with pytest.raises(client.exceptions.ResourceNotFoundException):
        client.describe_certificate(certificateId="0" * 64)


def test_a_list_has_all_that_is_made_up_and_all_that_was_registered(service):
    service.empty(IotQuota(), synthetic=600)
    client = AwsSessions(4).client(settings(service), "iot", "eu-central-1")
    client.register_certificate_without_ca(
        certificatePem=to_pem(DEVICES[0].leaf.der), status="ACTIVE"
    )
    pages = [client.list_certificates(pageSize=250)]
    while marker := pages[-1].get("nextMarker"):
        pages.append(client.list_certificates(pageSize=250, marker=marker))
    keys = [item["certificateId"] for page in pages for item in page["certificates"]]
    assert [len(page["certificates"]) for page in pages] == [250, 250, 101]
    assert len(set(keys)) == 601
    assert keys[-1] == DEVICES[0].leaf.sha256


@pytest.mark.parametrize(
    ("synthetic", "expected"),
    [(0, {"ListCertificates": 1}), (2700, {"ListCertificates": 11}),
     (100_000, {"ListCertificates": 12, "DescribeCertificate": 12})],
)  # fmt: skip
def test_planning_lists_and_describes_only_where_the_list_is_too_long(service, synthetic, expected):
    service.empty(IotQuota(), synthetic)
    stop = StopSignal()
    targets = open_targets([settings(service, rate=1e4)], CloudOpener(threads=4).open, stop)
    plan_registration(DEVICES, targets, PlanPolicy(), offline=False)
    made = calls(service)
    assert {name: made[name] for name in ("ListCertificates", "DescribeCertificate")
            if made[name]} == expected  # fmt: skip


def test_a_quota_refuses_as_aws_does_and_says_so():
    answers = IotAnswers(IotQuota({REGISTER: 10.0}))
    request = Request(b"POST", b"/certificate/register-no-ca", "eu", b'{"certificatePem": ""}')
    statuses = [answers.answer(request, 0.0)[2] for _ in range(12)]
    assert statuses.count(b"ThrottlingException") == 2
    assert answers.answer(request, 0.1)[2] != b"ThrottlingException"
    assert answers.answer(request, 0.1)[2] == b"ThrottlingException"
    usage = answers.usage["eu", REGISTER]
    assert (usage.given, usage.refused) == (11, 3)
    assert usage.least < 1.0


def test_a_refusal_reaches_the_tool_as_a_throttle(service):
    service.empty(IotQuota({"ListCertificates": 0.001}))
    api = AwsApi(AwsSessions(4).client(settings(service), "iot", "eu-central-1"))
    api.call("ListCertificates", {})
    with pytest.raises(ThrottledError):
        api.call("ListCertificates", {})
