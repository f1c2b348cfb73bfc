"""Whatever the bytes are, a judgment comes of them, soon."""

import json
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tng.findings import CHECKS
from tng.policies.json_places import MAX_BYTES, NotReadableError, read_json
from tng.policies.linting import lint
from tng.policies.model import PolicyKind
from tng.policies.vocabulary import matches
from tng.report.text import printable

WORDS = st.sampled_from(
    [
        "Version", "2012-10-17", "Statement", "Effect", "Allow", "Action", "iot:*", "Resource",
        "*", "arn:aws:iot:*:*:topic/${iot:ClientId}*", "Condition", "Bool", "Ref", "Resources",
        "Type", "AWS::IoT::Policy", "Properties", "PolicyDocument", "Parameters", "NotAction",
        "OverrideSettings", "iot:Connect", "arn:aws:iot:*:*:client/${", "\ud800", "\x1b[31m",
    ]
)  # fmt: skip
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | WORDS | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(WORDS, inner, max_size=5),
    max_leaves=25,
)
KINDS = st.sampled_from([None, *PolicyKind])


@settings(max_examples=150, deadline=None)
@given(VALUES, KINDS)
def test_any_json_is_judged(value, kind):
    data = json.dumps(value).encode()
    for remark in lint(data, kind).remarks:
        assert remark.finding.code in CHECKS
        shown = remark.where + remark.finding.message
        assert printable(shown) == shown


@settings(max_examples=100, deadline=None)
@given(st.binary(max_size=60), KINDS)
def test_any_bytes_are_judged(data, kind):
    assert lint(data, kind).remarks


@settings(max_examples=150, deadline=None)
@given(VALUES)
def test_json_is_read_as_json_reads_it(value):
    # NaN and the infinities are not JSON (RFC 8259 section 6).
    try:
        text = json.dumps(value, indent=1, allow_nan=False)
    except ValueError:
        with pytest.raises(NotReadableError):
            read_json(json.dumps(value).encode())
        return
    assert read_json(text.encode()).value == json.loads(text)


def test_lines_and_repetitions_are_told():
    placed = read_json(b'{\n "a": [\n  1,\n  {"b": 2, "b": 3}\n ]\n}')
    assert placed.value == {"a": [1, {"b": 3}]}
    assert placed.lines[("a", 1, "b")] == 4
    assert placed.twice == (("a", 1, "b"),)


@pytest.mark.parametrize(
    "data",
    [
        b"", b"{", b"[1,]", b'{"a":1,}', b"{a:1}", b"{1:1}", b"[" * 30 + b"]" * 30, b"1 2",
        b"9" * 5000, b"\xff", b'"' + b"x" * MAX_BYTES + b'"', b"[" * 60_000, b"NaN",
    ],
)  # fmt: skip
def test_what_is_no_usable_json_is_unreadable(data):
    (remark,) = lint(data).remarks
    assert remark.finding.code == "policy-unreadable"


def document(statement):
    return f'{{"Version":"2012-10-17","Statement":[{statement}]}}'


def statement(actions, resources):
    return f'{{"Effect":"Allow","Action":[{actions}],"Resource":[{resources}]}}'


MANY = ",".join(['"*"'] * 9000)


@pytest.mark.parametrize(
    "text",
    [
        document(",".join(["{}"] * 20_000)),
        document(statement('"iot:*"', f'"arn:{"${" * 25_000}"')),
        document(statement(f'"{"*a" * 30_000}"', '"*"')),
        document(statement('"iot:*"', MANY)),
        document(statement(MANY, '"*"')),
        document(statement('"*"', f'"arn:aws:iot:*:*:topic/{"<" * 60_000}"')),
    ],
    ids=["statements", "variables", "pattern", "resources", "actions", "placeholders"],
)
def test_no_document_takes_long(text):
    began = time.process_time()
    assert lint(text.encode()).remarks
    assert time.process_time() - began < 10


@pytest.mark.parametrize(
    ("pattern", "text", "is_match"),
    [
        ("iot:Pub*", "iot:Publish", True),
        ("*", "", True),
        ("a?c", "abc", True),
        ("a?c", "ac", False),
        ("*b*b", "abab", True),
        ("*b*c", "abab", False),
        ("", "a", False),
        ("IOT:publish", "iot:Publish", True),
    ],
)
def test_patterns_match_as_in_policies(pattern, text, is_match):
    assert matches(pattern, text) is is_match
