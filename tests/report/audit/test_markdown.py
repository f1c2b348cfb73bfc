"""The Markdown page for a ticket: the verdict first, and never too long for a ticket."""

from dataclasses import replace

import pytest

from tests.audit.sample import SampleShelf, sample_audit
from tests.report.audit.forms import written
from tng.report.audit.markdown_page import TICKET_LIMIT, Page
from tng.report.audit.markdown_text import code, prose


def _page(count: int, text: str | None = None) -> str:
    return written("markdown", sample_audit(count, text)).decode()


def test_the_verdict_comes_first_then_its_reasons():
    page = _page(10)
    assert page.startswith("# Do not accept this delivery\n\nDo not accept this delivery: 3 ")
    assert page.index("- 2 of those ordered") < page.index("| verified |")


def test_every_trouble_says_what_to_do_and_where():
    page = _page(10)
    trouble = page.partition("(`manifest-signature-invalid`), 1 device\n")[2]
    assert trouble.startswith("  - What to do: Do not use the device.")
    assert "  - `012300000000000003` in `reel-1.json entry 3`: the signature" in trouble


def test_inputs_and_anchors_have_their_digests():
    page = _page(10)
    assert f"`{'0' * 64}`" in page
    assert f"`{'a' * 64}`" in page


def test_devices_without_trouble_are_not_listed():
    audit = sample_audit(0)
    devices = [replace(device, findings=()) for device in SampleShelf(2)]
    page = written("markdown", replace(audit, devices=[*devices, *SampleShelf(1)])).decode()
    listed = page.partition("## Devices with errors or warnings")[2]
    assert listed.count("| verified |") == 1


@pytest.mark.slow
@pytest.mark.parametrize(
    "text", [None, "日本" * 3000, "@ " * 3000, "\x1b" * 3000, "\U0001f600" * 3000, "|`" * 3000]
)
def test_the_page_always_fits_into_a_ticket(text: str | None):
    audit = sample_audit(10, text)
    many = replace(
        audit,
        devices=SampleShelf(3000, text),
        troubles=audit.troubles * 30,
        inputs=audit.inputs * 300,
        anchors=audit.anchors * 300,
        targets=audit.targets * 300,
        overlaps=audit.overlaps * 300,
        elsewhere=audit.elsewhere * 300,
        verdict=replace(audit.verdict, reasons=audit.verdict.reasons * 300),
    )
    page = written("markdown", many).decode()
    # Some systems count in UTF-16, and a line's end as two.
    assert len(page.replace("\n", "\r\n").encode("utf-16-le")) // 2 < TICKET_LIMIT
    assert "more devices are not shown here. `tng audit --format html`" in page


def test_what_is_left_out_is_counted():
    page = Page()
    page.fill((f"- {number}" for number in range(100)), 50, "numbers are")
    *shown, empty, closing = page.text().splitlines()
    assert (shown, empty) == ([f"- {number}" for number in range(12)], "")
    assert closing.startswith("88 more numbers are not shown here.")


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("2 of 9 chips did not come (PO-7).", "2 of 9 chips did not come (PO-7)."),
        ("see https://a.example now", "see `https://a.example` now"),
        ("ask @someone", "ask `@someone`"),
        ("1. first", "`1.` first"),
        ("- item", "`-` item"),
        ("AN12436 3.11.5.1, by tng 0.1.0.", "AN12436 3.11.5.1, by tng 0.1.0."),
        ("with *, into part_number.", "with `*`, into `part_number`."),
        ("at http://a.example: no", "at `http://a.example`: no"),
        ("a_b *c* <d>", "`a_b` `*c*` `<d>`"),
        ("www.a.example a.example/b", "`www.a.example` `a.example/b`"),
        ("x" * 300, "x" * 239 + "…"),
    ],
)
def test_prose_keeps_words_and_quotes_the_rest(text: str, shown: str):
    assert prose(text) == shown


def test_a_code_span_is_ended_by_nothing_in_it():
    assert code("a`b|c") == "`a\\u0060b\\u007cc`"
    assert code("") == code(None) == ""
