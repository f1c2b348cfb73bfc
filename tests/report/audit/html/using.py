"""What a reader does with the table of devices: search, sort, choose, open a row."""

from selenium.webdriver.common.by import By
from selenium.webdriver.support.select import Select

from tests.chromium import Browser

_CELLS = """
    return [...document.querySelectorAll("#rows tr[aria-rowindex]")].map(
        (row) => [...row.children].map((cell) => cell.textContent));
"""


def rows(browser: Browser) -> list[dict[str, str]]:
    """The rows that are drawn, by heading."""
    names = [text.strip(" ▲▼") for text in browser.run(
        "return [...document.querySelectorAll('#headings th')].map((item) => item.textContent)"
    )]  # fmt: skip
    return [dict(zip(names, cells, strict=True)) for cells in browser.run(_CELLS)]


def numbers(browser: Browser) -> list[int]:
    return [int(row["No."].replace(",", "")) for row in rows(browser)]


def shown(browser: Browser) -> str:
    return browser.run("return document.getElementById('shown').textContent")


def search(browser: Browser, words: str) -> None:
    field = browser.driver.find_element(By.ID, "search")
    field.clear()
    browser.run("document.getElementById('shown').textContent = 'waiting'")
    field.send_keys(words)
    browser.wait("document.getElementById('shown').textContent !== 'waiting'")
    browser.wait("document.getElementById('search').value === " + repr(words))


def choose(browser: Browser, name: str, text: str) -> None:
    """Choose the option of a filter that begins with the text."""
    select = Select(browser.driver.find_element(By.ID, f"filter-{name}"))
    option = next(item for item in select.options if item.text.strip().startswith(text))
    option.click()


def reset(browser: Browser) -> None:
    browser.driver.find_element(By.ID, "reset").click()


def heading(browser: Browser, name: str):
    buttons = browser.driver.find_elements(By.CSS_SELECTOR, "#headings button")
    return next(button for button in buttons if button.text.strip(" ▲▼") == name)


def sorting(browser: Browser) -> dict[str, str]:
    return browser.run("""
        return Object.fromEntries([...document.querySelectorAll("#headings th")].map(
            (item) => [item.textContent, item.getAttribute("aria-sort")]));
    """)


def toggles(browser: Browser):
    return browser.driver.find_elements(By.CSS_SELECTOR, "#rows .toggle")


def panel(browser: Browser) -> str:
    return browser.run("return document.querySelector('#rows .panel')?.innerText ?? ''")
