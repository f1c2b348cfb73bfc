import json

import pytest

from tng.sandbox.gateway.template import TemplateError, plan_thing

ID = "ab" * 32


def body(thing=None, configuration=None, **more):
    resources = {
        "certificate": {
            "Type": "AWS::IoT::Certificate",
            "Properties": {"CertificateId": {"Ref": "AWS::IoT::Certificate::Id"}},
        }
    }
    if thing is not None:
        resources["thing"] = {"Type": "AWS::IoT::Thing", "Properties": thing}
    return json.dumps({"Resources": resources, "DeviceConfiguration": configuration or {}, **more})


def name_of(value, **parameters):
    return plan_thing(body({"ThingName": value}), parameters, ID).thing


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("plain", "plain"),
        ({"Ref": "Serial"}, "s1"),
        ({"Ref": "AWS::IoT::Certificate::Id"}, ID),
        ({"Fn::Join": ["-", ["a", {"Ref": "Serial"}, "b"]]}, "a-s1-b"),
        ({"Fn::Sub": ["${a}:${Serial}", {"a": {"Ref": "Serial"}}]}, "s1:s1"),
    ],
)
def test_names_are_made_of_parameters(value, expected):
    assert name_of(value, Serial="s1") == expected


def test_what_only_looks_like_a_reference_is_a_text():
    text = body(configuration={"x": {"Fn::Sub": "dev-${Serial}-${!Literal}"}})
    assert plan_thing(text, {"Serial": "s1"}, ID).device_configuration == {"x": "dev-s1-${Literal}"}


@pytest.mark.parametrize("name", ["\ud800", "../x", "a/b", "a\r\nb", "a" * 129, "ä", "{}", "a?b=1"])
def test_names_that_aws_does_not_have_are_refused(name):
    policy = {"Type": "AWS::IoT::Policy", "Properties": {"PolicyName": {"Ref": "Name"}}}
    bodies = [
        body({"ThingName": {"Ref": "Name"}}),
        body({"ThingName": "t", "ThingTypeName": {"Ref": "Name"}}),
        body({"ThingName": "t", "ThingGroups": [{"Ref": "Name"}]}),
        json.dumps({"Resources": {"policy": policy}}),
    ]
    for text in bodies:
        with pytest.raises(TemplateError):
            plan_thing(text, {"Name": name}, ID)


def test_a_status_that_certificates_do_not_get_is_refused():
    certificate = {"Type": "AWS::IoT::Certificate", "Properties": {"Status": {"Ref": "Status"}}}
    text = json.dumps({"Resources": {"certificate": certificate}})
    assert plan_thing(text, {"Status": "Inactive"}, ID).status == "INACTIVE"
    with pytest.raises(TemplateError):
        plan_thing(text, {"Status": "ACTIVE&newStatus=REVOKED"}, ID)


def test_everything_of_a_thing_is_resolved():
    thing = {
        "ThingName": "t",
        "ThingTypeName": {"Ref": "Type"},
        "ThingGroups": [{"Ref": "Type"}, "g"],
        "AttributePayload": {"site": {"Ref": "Type"}},
    }
    plan = plan_thing(body(thing, {"url": {"Fn::Sub": "x/${Type}"}}), {"Type": "k"}, ID)
    assert (plan.thing_type, plan.groups) == ("k", ("k", "g"))
    assert plan.attributes == {"site": "k"}
    assert plan.device_configuration == {"url": "x/k"}
    assert plan.status == "ACTIVE"


def test_a_parameter_has_a_default():
    declared = {"Serial": {"Type": "String", "Default": "d"}}
    text = body({"ThingName": {"Ref": "Serial"}}, Parameters=declared)
    assert plan_thing(text, {}, ID).thing == "d"
    assert plan_thing(text, {"Serial": "given"}, ID).thing == "given"


def test_the_certificate_id_cannot_be_given():
    assert name_of({"Ref": "AWS::IoT::Certificate::Id"}, **{"AWS::IoT::Certificate::Id": "x"}) == ID


def test_a_template_without_a_thing_makes_none():
    assert plan_thing(body(), {}, ID).thing is None


@pytest.mark.parametrize("value", [{"Ref": "Missing"}, {"Fn::Sub": "${Missing}"}])
def test_a_missing_parameter_is_named(value):
    with pytest.raises(TemplateError, match="Missing") as caught:
        name_of(value)
    assert caught.value.code == "InvalidParameters"


@pytest.mark.parametrize(
    "value",
    [
        {"Fn::Join": ["-"]},
        {"Fn::Sub": 5},
        {"Fn::Base64": "x"},
        "",
        5,
        ["a"],
        {"Fn::Join": ["x" * 1000, ["a"] * 1000]},
    ],
)
def test_what_makes_no_name_is_an_invalid_template(value):
    with pytest.raises(TemplateError) as caught:
        name_of(value)
    assert caught.value.code == "InvalidTemplate"


def test_hostile_bodies_are_refused():
    nested = {"a": "b"}
    for _ in range(50):
        nested = {"x": nested, "y": 1}
    for text in ("", "[]", "{", "[" * 100_000, body(nested)):
        with pytest.raises(TemplateError):
            plan_thing(text, {}, ID)
