"""Lost connections and restarts: the sliders stay, and the page measures again by itself."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from tests.ui.conftest import PATIENCE, Server
from tests.ui.explore.test_page import formula, settled, slider

pytestmark = pytest.mark.browser


@pytest.fixture
def context(browser: Browser, server: Server) -> Iterator[BrowserContext]:
    """One whose network can go away: what has fetched before goes on being answered."""
    context = browser.new_context(base_url=server.url)
    context.set_default_timeout(1000 * PATIENCE)
    yield context
    context.close()


@pytest.fixture
def own_server(page_folder: Path, tmp_path: Path) -> Iterator[Server]:
    server = Server(page_folder, cache=tmp_path / "own")
    server.start()
    yield server
    server.stop()


def test_without_a_connection_the_sliders_go_on(
    open_page: Callable[..., Page], context: BrowserContext
) -> None:
    page = open_page("?set=coins:0.2&focus=coins")
    settled(page)
    context.set_offline(True)
    slider(page, "coins").focus()
    page.keyboard.press("Shift+ArrowRight")
    page.keyboard.press("ArrowRight")
    expect(formula(page)).to_have_text("θ = θ₀ + 0.31·τ(coins)")
    expect(page.locator(".notice")).to_contain_text("Connection lost")
    context.set_offline(False)
    expect(page.locator(".notice")).to_be_hidden()
    settled(page)
    expect(formula(page)).to_have_text("θ = θ₀ + 0.31·τ(coins)")


def test_after_a_restart_the_page_sends_its_edit_again(
    own_server: Server, context: BrowserContext
) -> None:
    page = context.new_page()
    page.goto(f"{own_server.url}?set=coins:0.2&focus=coins")
    page.locator(".taskarith[data-state=open]").wait_for()
    settled(page)
    own_server.stop()
    slider(page, "coins").focus()
    page.keyboard.press("Shift+ArrowRight")
    page.keyboard.press("ArrowRight")
    expect(page.locator(".notice")).to_contain_text("Connection lost")
    own_server.start()
    expect(formula(page)).to_have_text("θ = θ₀ + 0.31·τ(coins)")
    expect(page.locator(".notice")).to_be_hidden(timeout=1000 * PATIENCE)
    settled(page)
    expect(formula(page)).to_have_text("θ = θ₀ + 0.31·τ(coins)")
