"""A page of 100,000 devices stays small and quick."""

import io
import unicodedata
from dataclasses import replace

import pypdf
import pytest
from selenium.webdriver.common.by import By

from tests.audit.sample import SampleShelf, sample_audit
from tests.chromium import Browser
from tests.report.audit.html import stopwatch, using
from tng.report.audit.html import write_html

COUNT = 100_000
COUNT_TOO_TALL = 250_000
PATIENCE = 10_000
"""Milliseconds after which something is broken; how quick it is, the benchmark measures."""
pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]


@pytest.fixture(scope="module")
def large_page(tmp_path_factory):
    path = tmp_path_factory.mktemp("large") / "audit.html"
    with path.open("wb") as stream:
        write_html(sample_audit(COUNT), stream)
    assert path.stat().st_size < 80 * COUNT + 250_000
    return path


@pytest.fixture
def page(browser: Browser, large_page) -> Browser:
    browser.open(large_page)
    assert browser.complaints() == []
    return browser


def test_sorting_searching_and_filtering_come_to_an_end(page: Browser):
    buttons = page.driver.find_elements(By.CSS_SELECTOR, "#headings button")
    for button in buttons:
        assert page.run(stopwatch.CLICKED, button) < PATIENCE, button.text
    for select in page.driver.find_elements(By.CSS_SELECTOR, ".controls select"):
        assert page.run(stopwatch.CHOSEN, select, 1) < PATIENCE, select.get_attribute("id")
        assert page.run(stopwatch.CHOSEN, select, 0) < PATIENCE
    for words in stopwatch.WORDS:
        assert page.driver.execute_async_script(stopwatch.SEARCHED, words) < PATIENCE, words


def test_any_place_is_reached_and_few_rows_are_drawn(page: Browser):
    using.heading(page, "No.").click()
    assert using.numbers(page)[:3] == [1, 2, 3]
    page.run("const v = document.getElementById('viewport'); v.scrollTop = v.scrollHeight")
    page.wait("document.querySelector('#rows').innerText.includes('100,000')")
    drawn = using.numbers(page)
    assert drawn == list(range(drawn[0], COUNT + 1))
    assert len(drawn) < 100
    page.run("const v = document.getElementById('viewport'); v.scrollTop = v.scrollHeight / 2")
    page.wait("document.querySelector('#rows').innerText.includes('50,000')")


def test_a_table_taller_than_a_browser_can_scroll_is_reached_to_its_end(
    browser: Browser, written_page
):
    browser.open(
        written_page(
            replace(sample_audit(COUNT_TOO_TALL // 1000), devices=SampleShelf(COUNT_TOO_TALL))
        )
    )
    using.heading(browser, "No.").click()
    for place, number in ((0.5, f"{COUNT_TOO_TALL // 2:,}"), (1, f"{COUNT_TOO_TALL:,}")):
        browser.run(
            f"const v = document.getElementById('viewport'); v.scrollTop = v.scrollHeight * {place}"
        )
        browser.wait(f"document.querySelector('#rows').innerText.includes('{number}')")
        drawn = using.numbers(browser)
        assert drawn == list(range(drawn[0], drawn[0] + len(drawn)))
    bottom = "return document.querySelector('{}').getBoundingClientRect().bottom"
    last = browser.run(bottom.format("#rows tr[aria-rowindex]:nth-last-of-type(2)"))
    assert last <= browser.run(bottom.format("#viewport")) + 1


def test_a_row_far_down_opens_where_it_is(page: Browser):
    using.search(page, "not base64")
    assert using.shown(page) == "196 of 100,000 entries"
    page.run("document.getElementById('viewport').scrollTop = 3000")
    page.wait("document.querySelector('#rows tr[aria-rowindex=\"90\"]')")
    place = "return document.querySelector('#rows tr[aria-rowindex=\"90\"]').offsetTop"
    before = page.run(place)
    page.run("document.querySelector('#rows tr[aria-rowindex=\"90\"]').click()")
    assert page.run(place) == before
    assert "x5c is not base64" in using.panel(page)


def test_it_prints_the_first_two_hundred(page: Browser):
    sheets = pypdf.PdfReader(io.BytesIO(page.printed())).pages
    assert len(sheets) < 40
    text = " ".join(sheet.extract_text() for sheet in sheets)
    whole = " ".join(unicodedata.normalize("NFKC", text).split())
    assert "The first 200 of" in whole
    assert "All 100,000 entries stand in the XLSX, CSV and JSON" in whole
