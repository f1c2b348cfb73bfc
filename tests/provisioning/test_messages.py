"""What a service, or whoever stands in its place, may answer."""

import json

import pytest

from tng.provisioning.messages import ReplyError, read_registered, read_rejection


def test_settings_that_are_nested_without_end_are_no_answer():
    deep = b"[" * 500 + b"]" * 500
    with pytest.raises(ReplyError, match="nested too deeply"):
        read_registered(b'{"deviceConfiguration": {"a": ' + deep + b"}}")


def test_a_token_is_not_told_however_it_is_escaped():
    token = "abc/def+ghi==secret"
    escaped = json.dumps(f"{token} is used").replace("/", "\\/").replace("+", "\\u002b")
    payload = b'{"errorCode": "No", "errorMessage": ' + escaped.encode() + b"}"
    assert read_rejection(payload, token).text == "No ... is used"
