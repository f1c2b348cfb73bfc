"""Provisioning templates: their form, and who decides what a device becomes."""

import copy
import json

import pytest

from tests.policies.wide import allow, arn, policy
from tng.policies.examples import Place, example
from tng.policies.linting import lint
from tng.policies.model import PolicyKind

GOOD = json.loads(example("provisioning-template").render(Place()))


def changed(path, value):
    """The good template with ``value`` at ``path``; ``None`` takes it out."""
    template = copy.deepcopy(GOOD)
    *parents, last = path
    place = template
    for name in parents:
        place = place[name]
    if value is None:
        del place[last]
    else:
        place[last] = value
    return json.dumps(template, indent=1).encode()


def codes(data):
    linted = lint(data)
    assert linted.kind is PolicyKind.TEMPLATE
    return [remark.finding.code for remark in linted.remarks]


PROPERTIES = "Properties"
WIDE = json.loads(policy(allow("iot:*", "*")))


@pytest.mark.parametrize(
    ("code", "path", "value"),
    [
        ("policy-syntax", ("Mappings",), {}),
        ("policy-syntax", ("Parameters",), []),
        ("policy-syntax", ("DeviceConfiguration",), "text"),
        ("policy-syntax", ("Resources", "bucket"), {"Type": "AWS::S3::Bucket"}),
        ("policy-syntax", ("Resources", "thing", "OverrideSettings", "ThingGroups"), "MAYBE"),
        ("policy-template-parameter", ("Parameters", "SerialNumber", "Type"), "Number"),
        ("policy-template-parameter", ("Parameters", "SerialNumber"), None),
        ("policy-template-parameter", ("Parameters", "Unused"), {"Type": "String"}),
        ("policy-template-incomplete", ("Resources", "policy"), None),
        ("policy-template-incomplete", ("Resources", "certificate"), None),
        (
            "policy-template-certificate-status",
            ("Resources", "certificate", PROPERTIES, "Status"),
            "INACTIVE",
        ),
        (
            "policy-template-certificate-status",
            ("Resources", "certificate", PROPERTIES, "Status"),
            None,
        ),
        (
            "policy-template-device-chooses",
            ("Resources", "policy", PROPERTIES, "PolicyName"),
            {"Fn::Join": ["-", ["policy", {"Ref": "SerialNumber"}]]},
        ),
        (
            "policy-template-override",
            ("Resources", "thing", "OverrideSettings", "AttributePayload"),
            "REPLACE",
        ),
        ("policy-all-resources", ("Resources", "policy", PROPERTIES), {"PolicyDocument": WIDE}),
        (
            "policy-all-resources",
            ("Resources", "policy", PROPERTIES),
            {"PolicyDocument": json.dumps(WIDE)},
        ),
        ("policy-unreadable", ("Resources", "policy", PROPERTIES), {"PolicyDocument": "{"}),
        (
            "policy-too-long",
            ("Resources", "policy", PROPERTIES),
            {
                "PolicyDocument": policy(
                    allow("iot:Publish", [arn(f"topic/{n:03}") for n in range(50)])
                ).decode()
            },
        ),
        ("policy-too-long", ("DeviceConfiguration",), {"Text": "x" * 11_000}),
    ],
)
def test_what_breaks_a_rule_is_found_with_its_line(code, path, value):
    remarks = lint(changed(path, value)).remarks
    found = [remark for remark in remarks if remark.finding.code == code]
    assert found
    assert code == "policy-too-long" or all(remark.line for remark in found if remark.where)


def test_configuration_for_the_device_is_fine():
    assert codes(changed(("DeviceConfiguration",), {"Url": "https://example.com"})) == []


def test_status_is_read_in_either_case():
    assert codes(changed(("Resources", "certificate", PROPERTIES, "Status"), "ACTIVE")) == []


def test_a_policy_by_the_things_name_needs_a_thing_in_the_template():
    device = json.loads(example("device-policy").render(Place()))
    template = copy.deepcopy(GOOD)
    template["Resources"]["policy"]["Properties"] = {"PolicyDocument": device}
    assert codes(json.dumps(template).encode()) == []
    del template["Resources"]["thing"]
    del template["Parameters"]["SerialNumber"]
    assert set(codes(json.dumps(template).encode())) == {"policy-thing-may-be-missing"}
