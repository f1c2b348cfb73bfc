"""Each rule on a policy that breaks it, and on the nearest one that does not."""

import json

import pytest

from tests.judging import ROOT
from tests.policies.wide import ATTACHED, MQTT, THING, TUTORIALS, allow, arn, policy
from tng.findings import CHECKS, Severity
from tng.policies.examples import EXAMPLES, Place
from tng.policies.linting import lint
from tng.policies.model import PolicyKind
from tng.sandbox.gateway.preparation import fleet_template


def codes(data, **options):
    return [remark.finding.code for remark in lint(data, **options).remarks]


CN = "${iot:Certificate.Subject.CommonName}"
CONNECT = allow("iot:Connect", arn(f"client/{THING}"), **ATTACHED)

BROKEN = [
    ("policy-all-actions", allow("iot:*", arn(f"client/{THING}"), **ATTACHED)),
    ("policy-all-resources", allow("iot:Publish", "*")),
    ("policy-all-resources", allow("iot:UpdateThingShadow", "*")),
    ("policy-any-client", allow("iot:Connect", "*")),
    ("policy-any-client", allow("iot:Connect", arn("client/sensor-*"))),
    ("policy-any-client", allow("iot:Connect", arn("client/${iot:ClientId}"))),
    ("policy-any-client", allow("iot:Connect", arn("client/${iot:Certificate.Issuer.CommonName}"))),
    ("policy-any-client", allow("iot:Connect", arn("cl*"))),
    ("policy-client-by-condition", allow("iot:Connect", arn("client/*"), **ATTACHED)),
    ("policy-all-topics", allow("iot:Receive", arn("topic/*"))),
    ("policy-all-topics", allow("iot:Subscribe", arn("topicfilter/#"))),
    ("policy-all-topics", allow("iot:Subscribe", arn("topicfilter/+/state"))),
    ("policy-topics-shared", allow("iot:Publish", arn("topic/fleet/*"))),
    ("policy-topics-shared", allow("iot:Subscribe", arn("topicfilter/fleet/+/state"))),
    ("policy-topics-shared", allow("iot:Publish", arn("topic/$aws/rules/*"))),
    ("policy-other-things", allow("iot:Publish", arn("topic/$aws/things/*/shadow/update"))),
    ("policy-other-things", allow("iot:Publish", arn("topic/$aws/*"))),
    ("policy-other-things", allow("iot:Publish", arn("topic/$*"))),
    ("policy-other-things", allow("iot:Subscribe", arn("topicfilter/$aws/events/#"))),
    ("policy-other-things", allow("iot:GetThingShadow", arn("thing/*"))),
    ("policy-wildcard-beside-variable", allow("iot:Publish", arn(f"topic/*/{THING}"))),
    ("policy-wildcard-beside-variable", allow("iot:Publish", arn(f"topic/a/{THING}*"))),
    ("policy-wildcard-beside-variable", allow("iot:Publish", arn(f"topic/a/{THING}-*/b"))),
    ("policy-wildcard-beside-variable", allow("iot:Connect", arn(f"client/{CN}-?"))),
    ("policy-all-resources", allow("iot:Publish", "arn:aws:io?:*:*:*")),
    ("policy-all-topics", allow("iot:Publish", "arn:aws:i*:*:*:topic/*")),
    ("policy-mqtt-wildcard", allow("iot:Publish", arn(f"topic/a/{THING}/#"))),
    (
        "policy-mqtt-wildcard",
        {"Effect": "Deny", "Action": "iot:Subscribe", "Resource": arn("topicfilter/secret/#")},
    ),
    ("policy-resource-type", allow("iot:Subscribe", arn(f"topic/a/{THING}"))),
    ("policy-resource-type", allow("iot:Publish", arn(f"topicfilter/a/{THING}"))),
    ("policy-resource-type", allow("iot:Publish", [arn("topic/a"), arn("client/a")])),
    ("policy-variable-unknown", allow("iot:Publish", arn("topic/${iot:ThingName}/a"))),
    ("policy-variable-unknown", allow("iot:Publish", arn("topic/${iot:ClientId"))),
    (
        "policy-variable-unknown",
        allow("iot:Publish", arn("topic/a"), Condition={"Bool": {"iot:IsAttached": "true"}}),
    ),
    ("policy-thing-not-attached", allow("iot:Connect", arn(f"client/{THING}"))),
    ("policy-role-alias", allow("iot:AssumeRoleWithCertificate", arn("rolealias/*"))),
    ("policy-retained", allow("iot:RetainPublish", arn(f"topic/a/{THING}"))),
    ("policy-not-for-devices", allow("iot:CreatePolicy", arn("policy/a"))),
    ("policy-not-for-devices", allow("iot:Conect", arn(f"client/{THING}"))),
    (
        "policy-inverted",
        {"Effect": "Allow", "NotAction": "iot:Connect", "Resource": arn("topic/a")},
    ),
    ("policy-placeholder", allow("iot:Publish", "arn:aws:iot:REGION:ACCOUNT_ID:topic/a")),
    ("policy-placeholder", allow("iot:Publish", "arn:aws:iot:eu-central-1:123456789012:topic/a")),
    ("policy-placeholder", allow("iot:Publish", "arn:aws:iot:region:account-id:topic/a")),
    ("policy-placeholder", allow("iot:Publish", "arn:aws:iot:*:${AWS::AccountId}:topic/a")),
    ("policy-placeholder", allow("iot:Publish", arn("topic/<thing name>/a"))),
    ("policy-syntax", {"Effect": "allow", "Action": "iot:Publish", "Resource": arn("topic/a")}),
    ("policy-syntax", {"Effect": "Allow", "Resource": arn("topic/a")}),
    ("policy-syntax", allow("Publish", arn("topic/a"))),
    ("policy-syntax", allow("iot:Publish", "topic/a")),
    ("policy-syntax", allow("iot:Publish", arn("topic/a"), Principal="*")),
    ("policy-too-long", allow("iot:Publish", [arn(f"topic/{n:03}") for n in range(50)])),
]


@pytest.mark.parametrize(("code", "statement"), BROKEN, ids=lambda value: str(value)[:60])
def test_what_breaks_a_rule_is_found_where_it_stands(code, statement):
    linted = lint(policy(CONNECT, statement))
    found = [remark for remark in linted.remarks if remark.finding.code == code]
    assert found
    assert {remark.where for remark in found} <= {"statement 2", ""}
    assert linted.kind is PolicyKind.DEVICE


FINE = [
    allow("iot:Connect", arn("client/one-device")),
    allow("iot:Connect", arn(f"client/{CN}")),
    allow(["iot:Publish", "iot:Receive"], arn("topic/a/${iot:ClientId}/*")),
    allow(["iot:Publish", "iot:Receive"], arn("topic/news")),
    allow("iot:Subscribe", [arn("topicfilter/news"), arn("topicfilter/a/${iot:CertificateId}/#")]),
    allow(["iot:Publish", "iot:Subscribe"], [arn("topic/a"), arn("topicfilter/a")]),
    allow("iot:ListRetainedMessages", "*"),
    allow("iot:AssumeRoleWithCertificate", arn("rolealias/camera")),
    allow("greengrass:Discover", "*"),
    allow("iot:GetThingShadow", arn(f"thing/{THING}")),
    allow("iot:Publish", "arn:aws-cn:iot:*:*:topic/$aws/rules/ingest/" + THING),
    {"Effect": "Deny", "Action": "iot:*", "Resource": arn("topic/secret")},
]


@pytest.mark.parametrize("statement", FINE, ids=lambda value: str(value)[:70])
def test_what_is_right_is_not_remarked_on(statement):
    assert codes(policy(CONNECT, statement)) == []


@pytest.mark.parametrize("name", TUTORIALS)
def test_the_policies_of_tutorials_are_errors(name):
    linted = lint(TUTORIALS[name])
    assert linted.remarks[0].finding.severity is Severity.ERROR


def test_things_that_may_be_missing():
    topics = allow("iot:Publish", arn(f"topic/a/{THING}/*"))
    by_name = allow("iot:Connect", arn(f"client/{CN}"))
    assert codes(policy(by_name, topics)) == ["policy-thing-may-be-missing"]
    assert codes(policy(CONNECT, topics)) == []
    assert "policy-thing-may-be-missing" in codes(policy(CONNECT, topics), things=False)


def test_statements_that_say_the_same():
    one = allow("iot:Publish", [arn("topic/a"), arn("topic/b")], Sid="One")
    other = allow(["iot:Publish"], [arn("topic/b"), arn("topic/a")], Sid="Other")
    (remark,) = lint(policy(CONNECT, one, other)).remarks
    assert remark.finding.code == "policy-duplicate"
    assert remark.where == "statement 3 (Other)"
    assert "statement 2 (One)" in remark.finding.message


@pytest.mark.parametrize("version", ["2008-10-17", "2020-01-01", None])
def test_another_version_is_an_error(version):
    assert "policy-version" in codes(policy(CONNECT, version=version))


def test_members_that_come_twice_are_told():
    data = policy(CONNECT).replace(b'"Effect": "Allow"', b'"Effect": "Deny", "Effect": "Allow"')
    assert codes(data) == ["policy-syntax"]


TOPICS = ["$aws/certificates/create-from-csr/*", "$aws/provisioning-templates/line-2/provision/*"]


def claim(*more, client="client/tng-*", topics=TOPICS):
    return policy(
        allow("iot:Connect", arn(client)),
        allow(["iot:Publish", "iot:Receive"], [arn(f"topic/{topic}") for topic in topics]),
        allow("iot:Subscribe", [arn(f"topicfilter/{topic}") for topic in topics]),
        *more,
    )


@pytest.mark.parametrize(
    ("code", "data"),
    [
        ("policy-claim-any-client", claim(client="client/*")),
        ("policy-claim-any-client", claim(client="client/${iot:ClientId}")),
        ("policy-claim-any-client", claim(allow("iot:Connect", "*"))),
        ("policy-claim-any-template", claim(topics=["$aws/provisioning-templates/*"])),
        ("policy-claim-any-template", claim(topics=["$aws/provisioning-templates/*/provision/*"])),
        ("policy-claim-too-wide", claim(allow("iot:Publish", arn("topic/devices/a")))),
        ("policy-claim-too-wide", claim(allow("iot:Publish", "*"))),
        ("policy-claim-too-wide", claim(allow("iot:GetThingShadow", arn("thing/a")))),
        ("policy-claim-too-wide", claim(topics=["$aws/certificates/*", TOPICS[1]])),
        ("policy-thing-may-be-missing", claim(client=f"client/{THING}")),
    ],
)
def test_claims_may_ask_for_a_certificate_and_nothing_else(code, data):
    linted = lint(data)
    assert linted.kind is PolicyKind.CLAIM
    assert code in [remark.finding.code for remark in linted.remarks]


def test_a_claim_is_seen_by_its_topics_and_can_be_told_otherwise():
    assert codes(claim()) == []
    assert lint(claim()).kind is PolicyKind.CLAIM
    assert "policy-other-things" in codes(claim(), kind=PolicyKind.DEVICE)


@pytest.mark.parametrize("item", EXAMPLES, ids=lambda item: item.name)
def test_examples_have_no_findings_and_lie_in_the_repository(item):
    filled = Place("222222222222", "eu-central-1", "line-2", "own", "plant/a")
    for place in (Place(), filled):
        text = item.render(place)
        assert lint(text.encode()).remarks == ()
        assert "@" not in text
    assert "222222222222" in item.render(filled) or "own" in item.render(filled)
    assert (ROOT / "examples" / "policies" / item.file_name).read_text() == item.render(Place())


def test_the_template_of_the_sandbox_has_no_findings():
    assert codes(fleet_template().encode()) == []


def test_every_check_of_policies_names_its_source():
    rows = [check for code, check in CHECKS.items() if code.startswith("policy-")]
    assert len(rows) > 25
    assert all(check.source for check in rows)


def test_lines_are_those_of_the_statements():
    text = json.dumps(json.loads(policy(CONNECT, allow(MQTT, "*"))), indent=2)
    line = next(
        number for number, item in enumerate(text.splitlines(), 1) if item.strip() == "{"
        and number > 3 + json.dumps(CONNECT, indent=2).count("\n")
    )  # fmt: skip
    assert {remark.line for remark in lint(text.encode()).remarks} == {line}
