"""Subjects by template: values are put in and can never add anything."""

import pytest

from tng.csr.errors import RequestError
from tng.csr.subject import SubjectFields, make_subject

FIELDS = SubjectFields("0123A1", "Line 1", "device", "ab" * 32)


def with_serial(serial: str) -> SubjectFields:
    return SubjectFields(serial, "Line 1", "device", "ab" * 32)


@pytest.mark.parametrize(
    ("template", "expected"),
    [
        ("CN={serial}", "CN=0123A1"),
        ("CN=sn{serial},O=Example,OU={token}", "CN=sn0123A1,O=Example,OU=Line 1"),
        ("CN={key}-{serial},C=DE", "CN=device-0123A1,C=DE"),
        ("CN={key_sha256}", f"CN={'ab' * 32}"),
        ("CN=fixed", "CN=fixed"),
        ("serialNumber={serial},CN=x", "2.5.4.5=0123A1,CN=x"),
        ("CN=a+OU={token}", "CN=a+OU=Line 1"),
        ("CN=Ex\\, Inc {serial}", "CN=Ex\\, Inc 0123A1"),
    ],
)
def test_a_template_is_filled(template, expected):
    assert make_subject(template, FIELDS).rfc4514_string() == expected


@pytest.mark.parametrize(
    "value", ["x,O=Evil", "x+OU=Evil", "x\\,O=Evil", "#0c0145", "{token}", " x ", 'a"b;<>', "=,+"]
)
def test_no_value_adds_an_attribute_or_is_filled_again(value):
    name = make_subject("CN={serial},O=Example", with_serial(value))
    assert [item.value for item in name] == ["Example", value]


@pytest.mark.parametrize(
    ("template", "serial", "words"),
    [
        ("", "1", "empty"),
        ("CN", "1", "no subject"),
        ("CN={serial}, O=Example", "1", "no subject"),
        ("XX={serial}", "1", "no subject"),
        ("CN={nothing}", "1", "not known"),
        ("CN={", "1", "brace"),
        ("CN=}x", "1", "brace"),
        ("CN={serial", "1", "brace"),
        ("CN={serial}", "", "has none"),
        ("CN={serial}", "x" * 65, "65 characters"),
        ("O={serial}", "x" * 65, "65 characters"),
        ("CN={serial}", "a\nb", "cannot be seen"),
        ("CN={serial}", "a\u202eb", "cannot be seen"),
        ("CN={serial}", "\udcff", "cannot be seen"),
        ("CN=\udcff", "1", "."),
        ("serialNumber={serial},CN=x", "a_b", "does not take"),
        ("C={serial}", "DE", "no subject"),
        ("CN=" + "x" * 2000, "1", "2,003 characters"),
        ("x500UniqueIdentifier=#0101", "1", "no subject"),
        ("2.5.4.45=#03020101", "1", "cannot be seen"),
    ],
)
def test_what_makes_no_subject_is_said_with_a_hint(template, serial, words):
    with pytest.raises(RequestError, match=words) as caught:
        make_subject(template, with_serial(serial))
    assert caught.value.hint
