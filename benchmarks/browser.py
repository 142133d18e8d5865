"""One headless Chromium at the size of a laptop's screen, and when our page in it is ready."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager

from playwright.sync_api import Page, sync_playwright

__all__ = ["chromium", "wait_until_live", "wait_until_usable"]

PATIENCE = 120_000  # milliseconds


@contextmanager
def chromium() -> Iterator[Page]:
    """A fresh page, 1440×900."""
    names = ("chromium", "google-chrome", "chromium-headless-shell")
    path = next((path for name in names if (path := shutil.which(name))), None)
    if path is None:
        raise SystemExit("this benchmark needs Chromium on the PATH; on Debian: make chromium")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=["--no-sandbox"])
        try:
            page = browser.new_page(viewport={"width": 1440, "height": 900})
            page.set_default_timeout(PATIENCE)
            yield page
        finally:
            browser.close()


def wait_until_usable(page: Page) -> None:
    """Wait until the curve is drawn and the sliders are there."""
    page.locator(".taskarith[data-state=open] input[type=range]").first.wait_for()
    page.locator(".taskarith .plot path.line.target").first.wait_for()


def wait_until_live(page: Page) -> None:
    """Wait until the engine behind the page measures."""
    page.wait_for_function("document.querySelector('#instrument')?.page?.engine.state === 'ready'")
