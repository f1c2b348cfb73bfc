"""Names from templates."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.planned_devices import verified
from tests.requested_devices import name_of, requested
from tng.errors import ConfigurationError
from tng.plan.template import FIELDS, Template, TemplateError, device_fields


def render(text: str, **fields) -> str:
    return Template.parse(text, "--thing-name").render(fields)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("{device_id}", "0123"),
        ("chip-{device_id}-{part_number}", "chip-0123-TNG"),
        ("{{{device_id}}}", "{0123}"),
        ("fixed", "fixed"),
        ("{device_id}{device_id}", "01230123"),
    ],
)
def test_fields_are_filled_in(text, expected):
    assert render(text, device_id="0123", part_number="TNG") == expected


@pytest.mark.parametrize(
    "text",
    [
        "{device_id.__class__}",
        "{device_id[0]}",
        "{device_id!r}",
        "{device_id:>99999999}",
        "{}",
        "{0}",
        "{",
        "}",
        "{device_id",
        "{device-id}",
    ],
)
def test_anything_else_in_braces_is_refused_and_the_fields_are_named(text):
    with pytest.raises(ConfigurationError) as caught:
        Template.parse(text, "--thing-name")
    assert "{device_id}" in caught.value.hint


@given(st.text(max_size=40))
def test_a_template_is_refused_or_renders(text):
    try:
        template = Template.parse(text, "test")
    except ConfigurationError:
        return
    template.render(dict.fromkeys(FIELDS, "x"))


def test_a_field_that_a_device_lacks_is_named():
    with pytest.raises(TemplateError, match="part_number"):
        render("{part_number}", part_number=None)


def test_every_field_is_known_of_a_device():
    fields = device_fields(verified(1))
    assert set(fields) == set(FIELDS)
    assert fields["cn"].startswith("sn")
    assert fields["uid"] is None
    nxp = device_fields(verified(1, vendor="nxp"))
    assert nxp["uid"] == nxp["device_id"]


def test_a_request_has_the_fields_that_are_known_before_its_certificate():
    fields = device_fields(requested(7))
    assert set(fields) == set(FIELDS)
    assert fields["device_id"] == fields["cn"] == name_of(7)
    assert fields["sha256"] == requested(7).request.key
    with pytest.raises(TemplateError, match="serial_number"):
        Template.parse("{serial_number}", "--thing-name").render(fields)
