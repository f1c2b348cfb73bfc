"""The page in a real browser, opened from disk without a network: used as a reader would."""

import io
import unicodedata

import pypdf
import pytest
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys

from tests.audit.sample import sample_audit, sample_device
from tests.chromium import Browser, missing_chromium, open_chromium
from tests.report.audit.html import using
from tests.report.hostile import HOSTILE
from tng.findings import CHECKS
from tng.report.text import printable

COUNT = 10
HEADINGS = [
    "No.", "Outcome", "Device", "Findings", "Part number", "Order", "Targets", "Provisioned",
    "Cert. ends", "Found in",
]  # fmt: skip
ACTING = "</script><img src=x onerror=alert(1)><svg onload=alert(1)>"

pytestmark = pytest.mark.slow


@pytest.fixture
def page(browser: Browser, written_page) -> Browser:
    browser.open(written_page(sample_audit(COUNT)))
    return browser


def test_it_opens_without_a_complaint_and_asks_for_nothing(page: Browser):
    assert page.complaints() == []
    asked = page.asked_for()
    assert len(asked) == 1
    assert asked[0].startswith("file:")
    assert using.shown(page) == "All 10 entries"
    assert list(using.rows(page)[0]) == HEADINGS


def test_trouble_comes_first(page: Browser):
    assert set(using.numbers(page)[:3]) == {3, 5, 7}
    assert using.sorting(page)["Findings"] == "descending"


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("REJECTED", {3}),
        (sample_device(10).device_id.upper(), {10}),
        ("sn0123000000000000", set(range(1, 11)) - {7}),
        (sample_device(4).certificate.sha256[10:30], {4}),
        ("ssh8q", {3, 6, 9}),
        ("not base64", {7}),
        ("changed or forged", {3}),
        ("absent", {3, 5}),
        ("no such thing", set()),
    ],
)
def test_searching_finds_in_every_field(page: Browser, words: str, expected: set[int]):
    using.search(page, words)
    assert set(using.numbers(page)) == expected
    assert using.shown(page) == f"{len(expected)} of 10 entries"
    using.reset(page)
    assert using.shown(page) == "All 10 entries"


@pytest.mark.parametrize("name", HEADINGS)
def test_every_column_sorts_both_ways_by_keyboard(page: Browser, name: str):
    using.heading(page, "Part number" if name == "No." else "No.").click()
    using.heading(page, name).send_keys(Keys.ENTER)
    assert using.sorting(page)[name] == "ascending"
    up = using.numbers(page)
    using.heading(page, name).send_keys(Keys.SPACE)
    assert using.sorting(page) == {**dict.fromkeys(HEADINGS, "none"), name: "descending"}
    down = using.numbers(page)
    assert sorted(up) == sorted(down) == list(range(1, 11))
    if name in {"No.", "Device", "Found in", "Provisioned", "Cert. ends"}:
        known = [number for number in up if number != 7]
        assert known in ([*sorted(known)], [*sorted(known, reverse=True)])
        assert [number for number in down if number != 7] == known[::-1]


@pytest.mark.parametrize(
    ("name", "option", "expected"),
    [
        ("status", "unverified (1)", {5}),
        ("finding", CHECKS["entry-malformed"].title, {7}),
        ("part", "ATECC608C-SSH8Q (3)", {3, 6, 9}),
        ("part", "unknown (1)", {7}),
        ("order", "not genuine (2)", {3, 5}),
        ("order", "PO-7 (9)", set(range(1, 11)) - {7}),
        ("standing", "absent (2)", {3, 5}),
    ],
)
def test_each_filter_leaves_its_devices(page: Browser, name: str, option: str, expected: set[int]):
    using.choose(page, name, option)
    assert set(using.numbers(page)) == expected
    using.choose(page, name, "all")
    assert len(using.numbers(page)) == COUNT


def test_filters_and_search_work_together(page: Browser):
    using.choose(page, "part", "ATECC608C-SSH8Q")
    using.choose(page, "status", "verified")
    using.search(page, "0000006")
    assert using.numbers(page) == [6]


def test_a_finding_leads_to_its_devices(page: Browser):
    button = page.driver.find_element(
        By.CSS_SELECTOR, "[data-finding='manifest-signature-invalid']"
    )
    button.click()
    assert using.numbers(page) == [3]
    assert page.run("return document.activeElement.id") == "filter-finding"


def test_a_row_opens_with_all_that_is_known_and_closes(page: Browser):
    using.search(page, "rejected")
    toggle = using.toggles(page)[0]
    toggle.send_keys(Keys.ENTER)
    device = sample_device(3)
    text = using.panel(page)
    facts = device.certificate
    for expected in (
        device.device_id, facts.sha256, facts.serial_number, f"sn{device.device_id}", facts.issuer,
        "359SCE55NV38H3CB", "reel-1.json entry 3", "the signature is not one of sample-signer",
        CHECKS["manifest-signature-invalid"].remedy, "not genuine", "production-dps", "absent",
        f"{facts.not_after:%Y-%m-%dT%H:%M:%SZ}", f"{device.provisioned_at:%Y-%m-%dT%H:%M:%SZ}",
    ):  # fmt: skip
        assert expected in text
    assert using.toggles(page)[0].get_attribute("aria-expanded") == "true"
    page.driver.switch_to.active_element.send_keys(Keys.ENTER)
    assert using.panel(page) == ""
    assert using.toggles(page)[0].get_attribute("aria-expanded") == "false"


def test_an_anchor_that_was_added_is_named_as_such(page: Browser):
    using.search(page, "00000000001")
    using.toggles(page)[0].click()
    text = using.panel(page)
    assert "sample-root (built in)" in text
    assert "sample-signer (ADDED, not built in)" in text
    assert "sample-signer-1 → sample-root" in text


@pytest.mark.parametrize("width", [1280, 820, 380])
@pytest.mark.parametrize("dark", [False, True])
def test_nothing_is_wider_than_the_screen_in_either_theme(page: Browser, width: int, dark: bool):
    page.screen(width, 800, dark=dark)
    assert page.run("return document.documentElement.scrollWidth") <= width
    ground = page.run("return getComputedStyle(document.body).backgroundColor")
    assert ground == ("rgb(18, 22, 27)" if dark else "rgb(255, 255, 255)")
    using.toggles(page)[0].click()
    assert (
        page.run("return document.querySelector('.panel').getBoundingClientRect().width") <= width
    )
    assert page.run("return document.documentElement.scrollWidth") <= width


def test_the_first_screen_holds_verdict_troubles_and_remedies(page: Browser):
    bottom = "return document.querySelector('.first').getBoundingClientRect().bottom"
    assert page.run(bottom) <= 800


def test_what_is_focused_is_seen(page: Browser):
    for selector in ("nav a", "#search", "#filter-status", "#headings button", ".toggle"):
        element = page.driver.find_element(By.CSS_SELECTOR, selector)
        element.send_keys("" if selector == "#search" else Keys.NULL)
        page.run("arguments[0].focus({ focusVisible: true })", element)
        assert page.run("return getComputedStyle(document.activeElement).outlineStyle") != "none"


def _text_of(pdf: bytes) -> list[str]:
    """The text of each sheet; fonts write "fi" as one sign."""
    sheets = pypdf.PdfReader(io.BytesIO(pdf)).pages
    return [unicodedata.normalize("NFKC", sheet.extract_text()) for sheet in sheets]


def test_it_prints_on_numbered_sheets_of_a4(page: Browser):
    pdf = page.printed()
    sheets = _text_of(pdf)
    box = pypdf.PdfReader(io.BytesIO(pdf)).pages[0].mediabox
    assert (round(box.width), round(box.height)) == (595, 842)
    assert f"1 / {len(sheets)}" in sheets[0]
    assert "Do not accept this delivery" in sheets[0]
    assert "At a glance" in sheets[0]
    assert "further findings of this kind" in sheets[0]
    assert "In numbers" in sheets[1]
    whole = "\n".join(sheets)
    assert "The 10 entries with errors or warnings" in whole
    assert CHECKS["leaf-outlives-issuer"].code in whole
    assert page.run("return document.querySelectorAll('details[open]').length") == 0


def test_tables_of_several_sheets_repeat_their_headings(page: Browser):
    sheets = _text_of(page.printed())
    checks = [sheet for sheet in sheets if "Meaning, and what it rests on" in sheet]
    assert len(checks) >= 3


def test_without_script_the_devices_with_trouble_are_there(written_page):
    if reason := missing_chromium():
        pytest.skip(reason)
    path = written_page(sample_audit(COUNT))
    with open_chromium(script=False) as browser:
        browser.driver.get(path.as_uri())
        text = browser.driver.find_element(By.TAG_NAME, "body").text
        assert "JavaScript is off" in text
        assert "The 10 entries with errors or warnings" in text
        assert not browser.driver.find_element(By.ID, "explorer").is_displayed()


@pytest.mark.parametrize("text", ["".join(HOSTILE), ACTING], ids=["hostile", "acting"])
def test_hostile_text_is_drawn_as_text(browser: Browser, written_page, text: str):
    browser.open(written_page(sample_audit(COUNT, text)))
    using.choose(browser, "status", "rejected")
    row = using.rows(browser)[0]
    shown = printable(text)
    assert row["Device"] == row["Part number"] == shown
    using.toggles(browser)[0].click()
    elements = (
        "return document.querySelectorAll('#explorer :is(img, script, a, svg, iframe)').length"
    )
    assert browser.run(elements) == 0
    facts = browser.run(
        "return Object.fromEntries([...document.querySelectorAll('.panel dl > div')].map("
        "(pair) => [pair.children[0].textContent, pair.children[1].textContent]))"
    )
    assert facts["Subject"] == facts["Group"] == facts["Device"] == shown
    assert browser.complaints() == []


def test_no_devices_no_table_no_complaint(browser: Browser, written_page):
    browser.open(written_page(sample_audit(0)))
    assert browser.complaints() == []
    assert "There are none." in browser.driver.find_element(By.TAG_NAME, "main").text
