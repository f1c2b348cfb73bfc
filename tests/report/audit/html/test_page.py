"""The page as it is written: what it says, what it leaves out, and that nothing in it acts."""

import base64
import hashlib
import re
from dataclasses import replace

import pytest

from tests.audit.sample import TARGETS, sample_audit, sample_device
from tests.report.audit.html.reading import Element, octets_of, page_of
from tests.report.audit.html.unpacking import unpacked
from tests.report.hostile import CONTROL, HOSTILE
from tng.audit.models import Audit, Decision, Reconciliation, Standing, Verdict
from tng.findings import CHECKS
from tng.report.audit.html.packing import DEVICES_A_BLOCK
from tng.report.text import printable


def _plain(audit: Audit) -> Audit:
    """The audit as of ``tng audit SOURCE`` alone, with nothing wrong."""
    return replace(
        audit,
        verdict=Verdict(Decision.ACCEPT, "Accept: all are genuine.", ()),
        troubles=(),
        general=(),
        reconciliation=None,
        overlaps=(),
        seen_before=(),
        targets=(),
        elsewhere=(),
        making=replace(audit.making, added=()),
    )


def _sections(page: Element) -> dict[str, str]:
    return {
        section.attributes["aria-labelledby"]: " ".join(section.whole_text.split())
        for section in page.all("section")
    }


def test_the_same_audit_gives_the_same_bytes():
    assert octets_of(sample_audit(10)) == octets_of(sample_audit(10))


def test_sections_come_in_the_order_of_the_questions():
    page = page_of(sample_audit(10))
    assert list(_sections(page)) == [
        "verdict", "first", "summary", "numbers", "troubles", "orders", "targets", "devices",
        "making",
    ]  # fmt: skip


def test_the_first_screen_names_the_devices_and_what_to_do():
    first = _sections(page_of(sample_audit(10)))["first"]
    for code in ("manifest-signature-invalid", "manifest-signer-unknown", "entry-malformed"):
        assert CHECKS[code].title in first
        assert CHECKS[code].remedy in first
    assert sample_device(3).device_id in first
    assert "reel-1.json entry 3" in first
    assert "2 further findings of this kind" in first


def test_what_is_not_genuine_comes_before_other_errors():
    audit = sample_audit(10)
    first = _sections(page_of(replace(audit, troubles=audit.troubles[::-1])))["first"]
    assert first.index(CHECKS["manifest-signature-invalid"].title) < first.index(
        CHECKS["order-short"].title
    )


def test_the_verdict_says_no_reason_that_stands_right_below_it():
    audit = sample_audit(10)
    title = CHECKS["manifest-signature-invalid"].title
    verdict = replace(audit.verdict, reasons=(f"{title} (1 device)", "something else"))
    said = _sections(page_of(replace(audit, verdict=verdict)))["verdict"]
    assert title not in said
    assert "something else" in said


def test_what_was_not_asked_for_is_left_out_and_says_how_to_ask():
    sections = _sections(page_of(_plain(sample_audit(10))))
    assert "--expect FILE" in sections["orders"]
    assert "--target NAME" in sections["targets"]
    assert "No error and no warning was found" in sections["first"]
    assert "Nothing is wrong" in sections["troubles"]
    assert "None: only anchors that are built into the tool" in sections["making"]
    assert "Orders" in sections["summary"]
    assert "not asked for" in sections["summary"]


def test_an_audit_of_nothing_is_a_page():
    audit = _plain(replace(sample_audit(0), anchors=(), inputs=(), checks=()))
    audit = replace(audit, verdict=Verdict(Decision.NOTHING, "There is nothing to judge.", ()))
    sections = _sections(page_of(audit))
    assert "There is nothing to judge." in sections["verdict"]
    assert "There is nothing to count." in sections["numbers"]
    assert "There are none." in sections["devices"]


def test_orders_that_hold_no_line_and_a_target_that_was_not_read_are_told():
    audit = sample_audit(10)
    unread = replace(
        audit.targets[0], counts={Standing.UNKNOWN: 10}, unknown=(), problem="no credentials"
    )
    page = page_of(replace(audit, reconciliation=Reconciliation((), ()), targets=(unread,)))
    sections = _sections(page)
    assert "The order files hold no line." in sections["orders"]
    assert "Not read: no credentials" in sections["targets"]
    assert "not read" in sections["summary"]


def test_orders_targets_and_making_say_all():
    sections = _sections(page_of(sample_audit(10)))
    for text in ("PO-7", "orders.csv line 2", "2026-10-01", "9 7 2 0 3", "unknown part",
                 "4 devices of reel-2.json stand in reel-1.json too", "old.json"):  # fmt: skip
        assert text in sections["orders"]
    for text in (*TARGETS, "in place", "3 devices in no source", "stranger", "1 device on staging"):
        assert text in sections["targets"]
    for text in ("tng 1.0", "2026-11-21 12:00 UTC", "tng audit reel-1.json --expect", "0" * 64,
                 "a" * 64, "ADDED, not built in", "sample document",
                 CHECKS["leaf-outlives-issuer"].meaning):  # fmt: skip
        assert text in sections["making"]


def test_without_a_script_the_first_devices_with_trouble_stand_there():
    page = page_of(sample_audit(5000))
    static = next(item for item in page.all("div") if item.attributes.get("id") == "static")
    rows = [row for row in static.all("tr") if row.parent.tag == "tbody"]
    assert len(rows) == 200
    text = " ".join(static.whole_text.split())
    assert "The first 200 of 5,000 entries" in text
    assert "All 5,000 entries stand in the XLSX, CSV and JSON forms" in text
    outcomes = [next(row.all("td")).parent.children[1].text for row in rows]
    worse = [outcome != "verified" for outcome in outcomes]
    assert worse == sorted(worse, reverse=True)


def test_blocks_hold_every_device():
    page = page_of(sample_audit(DEVICES_A_BLOCK + 5))
    blocks = [item.text for item in page.all("script") if item.attributes.get("class") == "block"]
    numbers = [number for block in blocks for number in unpacked(block)["number"]]
    assert numbers == list(range(1, DEVICES_A_BLOCK + 6))


def test_only_the_script_and_style_of_the_package_may_run():
    page = page_of(sample_audit(10))
    policy = next(
        item.attributes["content"] for item in page.all("meta") if "http-equiv" in item.attributes
    )
    rules = dict(rule.strip().split(" ", 1) for rule in policy.split(";"))
    assert rules["default-src"] == "'none'"
    (style,) = page.all("style")
    (script,) = (item for item in page.all("script") if "type" not in item.attributes)
    for element, rule in ((style, "style-src"), (script, "script-src")):
        digest = base64.b64encode(hashlib.sha256(element.text.encode()).digest()).decode()
        assert rules[rule] == f"'sha256-{digest}'"
    for risky in ("eval(", "innerHTML", "outerHTML", "insertAdjacent", "document.write", "fetch("):
        assert risky not in script.text


@pytest.mark.parametrize("text", [*HOSTILE, "</script><script>alert(1)</script>", "' onclick='x"])
def test_hostile_text_adds_no_element_and_no_attribute(text: str):
    hostile, harmless = page_of(sample_audit(10, text)), page_of(sample_audit(10, "harmless"))
    shape = [(item.tag, sorted(item.attributes)) for item in hostile.all()]
    assert shape == [(item.tag, sorted(item.attributes)) for item in harmless.all()]
    sentence = next(hostile.all("h1")).whole_text
    assert sentence == printable(text)
    allowed = ("on", "style", "src")
    assert not any(key.startswith(allowed) for _, keys in shape for key in keys)


@pytest.mark.parametrize("text", HOSTILE)
def test_no_control_character_reaches_the_page(text: str):
    assert not CONTROL.search(octets_of(sample_audit(10, text)).decode())


def test_the_page_is_accessible_as_far_as_its_text_tells():
    page = page_of(sample_audit(10))
    ids = [item.attributes["id"] for item in page.all() if "id" in item.attributes]
    assert len(ids) == len(set(ids))
    levels = [int(item.tag[1]) for item in page.all("h1", "h2", "h3", "h4")]
    assert levels.count(1) == 1
    assert all(after <= before + 1 for before, after in zip([0, *levels], levels, strict=False))
    for item in page.all("svg"):
        named = item.attributes.get("role") == "img" and item.attributes["aria-labelledby"]
        assert named or item.attributes.get("aria-hidden") == "true"
    for item in page.all():
        assert set(item.attributes.get("aria-labelledby", "").split()) <= set(ids)
    for item in page.all("table"):
        assert item.children[0].tag == "caption"
        assert all(cell.attributes.get("scope") for cell in item.all("th"))
    for item in page.all("input", "select"):
        assert item.parent.tag == "label"
        assert re.search("[a-z]", item.parent.text)
    links = {item.attributes["href"] for item in page.all("a")}
    assert links <= {f"#{name}" for name in ids}
    assert [item.tag for item in page.all("header", "nav", "main", "footer")][:3] == [
        "header", "nav", "main",
    ]  # fmt: skip


def test_the_page_without_devices_is_small():
    assert len(octets_of(sample_audit(0))) < 160_000
