"""Policies, wildcards and topics by themselves."""

import json
import re
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.sandbox.gateway.world import allow
from tng.sandbox.gateway import globbing, topics
from tng.sandbox.gateway.policy import Action, Policies

VARIABLES = {
    "iot:ClientId": "a*",
    "iot:Connection.Thing.ThingName": "sn1",
    "iot:Connection.Thing.IsAttached": "true",
    "iot:Certificate.Subject.CommonName": "sn0123",
}


def policies(*statements, variables=VARIABLES):
    document = {"Version": "2012-10-17", "Statement": list(statements)}
    return Policies([json.dumps(document)], variables)


def connects(statement, client="sn1", **more):
    arn = f"arn:aws:iot:eu-central-1:111111111111:client/{client}"
    return policies(statement, **more).allow(Action.CONNECT, arn)


@pytest.mark.parametrize(
    ("resource", "client", "allowed"),
    [
        ("client/sn1", "sn1", True),
        ("client/sn1", "sn2", False),
        ("client/sn?", "sn2", True),
        ("client/*", "", True),
        ("client/${iot:Connection.Thing.ThingName}", "sn1", True),
        ("client/${iot:connection.thing.thingname}", "sn1", True),
        ("client/${iot:Certificate.Subject.CommonName}-1", "sn0123-1", True),
        ("client/${iot:ClientId}", "a*", True),
        ("client/${iot:ClientId}", "abc", False),
        ("client/${*}", "*", True),
        ("client/${*}", "x", False),
        ("client/${iot:Certificate.Issuer.Country}", "", False),
    ],
)
def test_resources_have_wildcards_and_variables(resource, client, allowed):
    assert connects(allow("iot:Connect", resource), client) is allowed


@pytest.mark.parametrize("action", ["iot:Connect", ["iot:Publish", "iot:connect"], "iot:*", "*"])
def test_actions_may_be_a_list_and_have_wildcards(action):
    assert connects(allow(action, "client/*"))


@pytest.mark.parametrize(
    ("condition", "allowed"),
    [
        ({"Bool": {"iot:Connection.Thing.IsAttached": "true"}}, True),
        ({"Bool": {"iot:Connection.Thing.IsAttached": ["true"]}}, True),
        ({"Bool": {"iot:Connection.Thing.IsAttached": "false"}}, False),
        ({"StringEquals": {"iot:ClientId": ["x", "a*"]}}, True),
        ({"StringEquals": {"iot:Certificate.Subject.CommonName": "sn*"}}, False),
        ({"StringLike": {"iot:Certificate.Subject.CommonName": "sn*"}}, True),
        ({"StringNotEquals": {"iot:ClientId": "b"}}, True),
        ({"StringNotLike": {"iot:Certificate.Subject.CommonName": "sn*"}}, False),
        ({"StringEquals": {"iot:DomainName": ""}}, False),
        ({"IpAddress": {"aws:SourceIp": "127.0.0.1"}}, False),
        ({"Bool": {"iot:Connection.Thing.IsAttached": "true"}, "Odd": {}}, False),
        ("no object", False),
    ],
)
def test_conditions_must_hold_and_unknown_ones_never_do(condition, allowed):
    assert connects(allow("iot:Connect", "client/*", Condition=condition)) is allowed


def test_a_denial_with_an_unknown_condition_denies():
    denial = allow("iot:Connect", "client/*", Effect="Deny", Condition={"Odd": {}})
    arn = "arn:aws:iot:eu-central-1:111111111111:client/sn1"
    both = policies(allow("iot:Connect", "client/*"), denial)
    assert not both.allow(Action.CONNECT, arn)


@pytest.mark.parametrize("version", [{}, {"Version": "2008-10-17"}, {"Version": None}])
def test_variables_are_texts_in_policies_of_other_versions(version):
    arn = "arn:aws:iot:eu-central-1:111111111111:client/"
    for resource, allowed in ("client/${iot:ClientId}", False), ("client/a*", True):
        text = json.dumps({"Statement": allow("iot:Connect", resource), **version})
        assert Policies([text], VARIABLES).allow(Action.CONNECT, f"{arn}a*") is allowed


@pytest.mark.parametrize("operator", ["StringEquals", "StringNotEquals", "StringNotLike"])
def test_nothing_is_other_than_what_has_no_value(operator):
    unknown = {operator: {"iot:ClientId": "${iot:Certificate.Issuer.Country}"}}
    allowing = allow("iot:Connect", "client/*", Condition=unknown)
    assert not connects(allowing)
    arn = "arn:aws:iot:eu-central-1:111111111111:client/sn1"
    both = policies(allow("iot:Connect", "client/*"), {**allowing, "Effect": "Deny"})
    assert not both.allow(Action.CONNECT, arn)


@pytest.mark.parametrize("inverted", ["NotAction", "NotResource"])
def test_a_denial_of_all_but_something_denies_and_never_allows(inverted):
    statement = {**allow("iot:Connect", "client/*"), inverted: "iot:Publish"}
    assert not connects(statement)
    denial = {**statement, "Effect": "Deny"}
    both = policies(allow("iot:Connect", "client/*"), denial)
    assert not both.allow(Action.CONNECT, "arn:aws:iot:eu-central-1:111111111111:client/sn1")


@pytest.mark.parametrize(
    "text", ["", "null", "[]", "{", "[" * 100_000, '{"Statement": 1}', '{"Statement": [[]]}']
)
def test_what_is_no_policy_allows_nothing(text):
    assert not Policies([text], {}).allow(Action.CONNECT, "x")


@given(st.text("ab*?", max_size=8), st.text("ab", max_size=8))
def test_wildcards_mean_what_regular_expressions_say(text, candidate):
    written = "".join({"*": ".*", "?": "."}.get(c, c) for c in text)
    expected = re.fullmatch(written, candidate) is not None
    assert globbing.matches(globbing.pattern(text), candidate) is expected


def test_hostile_wildcards_take_no_time():
    began = time.process_time()
    assert not globbing.matches(globbing.pattern("*a" * 500 + "b"), "a" * 500)
    assert time.process_time() - began < 10


@pytest.mark.parametrize(
    ("topic_filter", "topic", "expected"),
    [
        ("a/b", "a/b", True),
        ("a/+", "a/b", True),
        ("a/+", "a", False),
        ("a/+", "a/b/c", False),
        ("a/#", "a", True),
        ("a/#", "a/b/c", True),
        ("#", "a", True),
        ("+/b", "/b", True),
        ("#", "$aws/x", False),
        ("+/x", "$aws/x", False),
        ("$aws/#", "$aws/x", True),
    ],
)
def test_filters_mean_topics_as_the_protocol_says(topic_filter, topic, expected):
    assert topics.matches(topic_filter, topic) is expected
