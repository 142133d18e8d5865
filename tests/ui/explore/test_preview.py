"""The preview on the page of a suite that ships none: it comes while the page is open."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from taskarith.evaluation.surrogate import TRUSTED
from taskarith.ui.modules import JS
from tests.ui.conftest import PATIENCE, Server
from tests.ui.explore.test_page import settled, slider

pytestmark = pytest.mark.browser

PAGE = "document.querySelector('#instrument').page"


@pytest.fixture
def fitting(tiny_folder: Path, tmp_path: Path) -> Iterator[Server]:
    server = Server(tiny_folder, cache=tmp_path / "cache")
    server.start()
    yield server
    server.stop()


def live(page: Page) -> None:
    page.locator(".taskarith[data-state=open]").wait_for()
    page.wait_for_function(f"{PAGE}.engine.state === 'ready'")


def test_page_and_library_trust_it_equally_far() -> None:
    view = (JS / "explore" / "view.js").read_text(encoding="utf-8")
    assert f"const TRUSTED = {TRUSTED:g};" in view


def test_it_comes_to_a_page_that_is_open_and_its_error_is_told(
    browser: Browser, fitting: Server, tmp_path: Path
) -> None:
    page = browser.new_page(base_url=fitting.url)
    page.set_default_timeout(1000 * PATIENCE)
    page.goto("/?set=apples:0.3")
    live(page)
    while not list((tmp_path / "cache" / "previews").glob("*.safetensors")):
        page.wait_for_timeout(50)
    page.evaluate(f"() => {{ {PAGE}.link.follow({PAGE}.engine); }}")  # as every ten seconds
    page.wait_for_function(f"{PAGE}.view.surrogate && {PAGE}.preview.used")
    page.wait_for_function(f"{PAGE}.view.line !== null")
    slider(page, "apples").focus()
    page.keyboard.press("ArrowRight")
    settled(page)
    said = re.compile(r"preview off by \d+\.\d points on average")
    expect(page.locator(".status")).to_contain_text(said)
    page.reload()
    live(page)
    expect(page.locator(".status")).to_contain_text(said)  # the server keeps the score
    page.evaluate(f"{PAGE}.link.close()")  # or the server's own word comes after the one below
    page.evaluate(
        f"{PAGE}.asking.previewChanged({{ ready: true, used: false, says: 'too far off' }})"
    )
    expect(page.locator(".status")).to_contain_text("too far off")
    page.wait_for_function(f"{PAGE}.view.line === null")
    page.close()
