"""A headless Chromium without a network, for tests (and measurements) of pages on disk."""

import base64
import json
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from selenium import webdriver
from selenium.webdriver.chrome.service import Service
from selenium.webdriver.support.wait import WebDriverWait

_PROGRAMS = ("chromium", "chromedriver")
_ARGUMENTS = (
    "--headless=new",
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--disable-background-networking",
    "--host-resolver-rules=MAP * ~NOTFOUND",
    "--no-first-run",
)
_PATIENCE = 60


def missing_chromium() -> str | None:
    """Why there is no browser here; ``None`` if there is one."""
    missing = [program for program in _PROGRAMS if shutil.which(program) is None]
    return f"{' and '.join(missing)} not found (Debian: chromium-driver)" if missing else None


class Browser:
    """What tests do with a page, in few words."""

    def __init__(self, driver: webdriver.Chrome):
        self.driver = driver

    def open(self, path: Path) -> None:
        """Load the page and wait until its table, if it has one, can be used."""
        self.driver.get(path.as_uri())
        self.wait("!document.querySelector('script.block')")

    def run(self, script: str, *arguments: object) -> Any:
        return self.driver.execute_script(script, *arguments)

    def wait(self, condition: str) -> None:
        """Until the expression is true."""
        WebDriverWait(self.driver, _PATIENCE, 0.02).until(lambda _: self.run(f"return {condition}"))

    def screen(self, width: int, height: int, *, dark: bool = False) -> None:
        """Make the screen so large, and prefer this theme; nothing glides."""
        size = {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": False}
        self.driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", size)
        features = [
            {"name": "prefers-color-scheme", "value": "dark" if dark else "light"},
            {"name": "prefers-reduced-motion", "value": "reduce"},
        ]
        self.driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": features})

    def printed(self) -> bytes:
        """The page as a PDF."""
        paper = {"preferCSSPageSize": True, "printBackground": True}
        return base64.b64decode(self.driver.execute_cdp_cmd("Page.printToPDF", paper)["data"])

    def complaints(self) -> list[str]:
        """What the console said since it was last asked: errors, violations of the policy."""
        return [entry["message"] for entry in self.driver.get_log("browser")]

    def asked_for(self) -> list[str]:
        """The addresses of all that was loaded since last asked."""
        events = [json.loads(entry["message"]) for entry in self.driver.get_log("performance")]
        return [
            event["message"]["params"]["request"]["url"]
            for event in events
            if event["message"]["method"] == "Network.requestWillBeSent"
        ]


@contextmanager
def open_chromium(*, script: bool = True) -> Iterator[Browser]:
    """A browser of its own, with a new profile; ``script`` says whether pages may run any."""
    options = webdriver.ChromeOptions()
    options.binary_location = shutil.which("chromium") or ""
    for argument in _ARGUMENTS:
        options.add_argument(argument)
    if os.geteuid() == 0:
        options.add_argument("--no-sandbox")
    if not script:
        options.add_experimental_option(
            "prefs", {"profile.managed_default_content_settings.javascript": 2}
        )
    options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
    driver = webdriver.Chrome(options, Service(shutil.which("chromedriver")))
    try:
        yield Browser(driver)
    finally:
        driver.quit()
