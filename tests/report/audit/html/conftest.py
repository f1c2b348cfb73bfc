"""A browser for the tests of this folder, and pages written for it."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.chromium import Browser, missing_chromium, open_chromium
from tng.audit.models import Audit
from tng.report.audit.html import write_html


@pytest.fixture(scope="session")
def shared_browser() -> Iterator[Browser]:
    if reason := missing_chromium():
        pytest.skip(reason)
    with open_chromium() as browser:
        yield browser


@pytest.fixture
def browser(shared_browser: Browser) -> Browser:
    """A light screen of 1280 by 800; the console is empty."""
    shared_browser.screen(1280, 800)
    shared_browser.complaints()
    shared_browser.asked_for()
    return shared_browser


@pytest.fixture
def written_page(tmp_path: Path) -> Callable[[Audit], Path]:
    def write(audit: Audit) -> Path:
        path = tmp_path / "audit.html"
        with path.open("wb") as stream:
            write_html(audit, stream)
        return path

    return write
