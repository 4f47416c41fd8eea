"""
A person at a real browser: Debian's Chromium, driven by keyboard and mouse, looking at a served desk.

A test fails when the page logs an error, breaks its own Content-Security-Policy, or is wider than its window.
Pictures of the screens go to build/screenshots.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, ConsoleMessage, Page, sync_playwright

from desk_factories import PASSWORD, company, person

ROOT = Path(__file__).parents[2]
PICTURES = ROOT / "build" / "screenshots"
BROWSERS = ("chromium", "chromium-browser", "google-chrome")
AXE = (ROOT / "node_modules/axe-core/axe.min.js").read_text()

# The driver keeps an event loop in the test's thread; the tests use the database there nonetheless.
os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark everything in this folder."""
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.browser)


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """Start one browser for all tests of a worker."""
    path = next(filter(None, map(shutil.which, BROWSERS)))
    with sync_playwright() as driver:
        running = driver.chromium.launch(executable_path=path, args=["--no-sandbox"])
        yield running
        running.close()


@pytest.fixture
def plain_static_files(settings: Any) -> None:
    """Serve the built assets under their own names; the test server knows no collected ones."""
    backend = "django.contrib.staticfiles.storage.StaticFilesStorage"
    settings.STORAGES = {**settings.STORAGES, "staticfiles": {"BACKEND": backend}}


class Desk:
    """A window on the desk, and what a person does in it."""

    def __init__(self, page: Page, address: str) -> None:
        self.page = page
        self.address = address
        self.complaints: list[str] = []
        page.on("console", self._listen)
        page.on("pageerror", lambda error: self.complaints.append(str(error)))

    def _listen(self, message: ConsoleMessage) -> None:
        if message.type == "error":
            self.complaints.append(message.text)

    def log_in(self, role: str, *, language: str = "en") -> None:
        """Set up the company, make the person and log in by keyboard."""
        company()
        person(role, language=language)
        self.open("/")
        self.page.keyboard.type(role)
        self.page.keyboard.press("Tab")
        self.page.keyboard.type(PASSWORD)
        self.page.keyboard.press("Enter")
        self.page.locator("#search-input").wait_for()

    def open(self, path: str) -> None:
        """Go to an address and wait until it is there."""
        self.page.goto(self.address + path)

    def look(self, name: str) -> None:
        """Save a picture of the whole page."""
        PICTURES.mkdir(parents=True, exist_ok=True)
        self.page.wait_for_load_state("networkidle")
        self.page.screenshot(path=PICTURES / f"{name}.png", full_page=True)

    def is_wider_than_window(self) -> bool:
        """Tell whether the page has to be scrolled sideways."""
        return bool(self.page.evaluate("document.documentElement.scrollWidth > innerWidth"))

    def find_barriers(self) -> list[str]:
        """Return what axe holds against the page, by rule and element."""
        self.page.evaluate(AXE)
        found = self.page.evaluate("axe.run(document, {runOnly: ['wcag2a', 'wcag2aa', 'wcag21aa', 'wcag22aa']})")
        return [f"{rule['id']}: {node['html'][:120]}" for rule in found["violations"] for node in rule["nodes"]]


@pytest.fixture
def desk(browser: Browser, plain_static_files: None, live_server: Any) -> Iterator[Desk]:
    """Open a window; afterwards the page must have had nothing to complain about."""
    context = browser.new_context(viewport={"width": 1440, "height": 900})
    window = Desk(context.new_page(), live_server.url)
    yield window
    context.close()
    assert window.complaints == []
