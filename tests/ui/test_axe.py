"""axe-core on every page: what a machine can check of WCAG and of good practice."""

from pathlib import Path

import pytest
from playwright.sync_api import BrowserContext, Page

pytestmark = pytest.mark.browser

AXE = Path(__file__).parents[2] / "node_modules" / "axe-core" / "axe.min.js"
PAGES = {
    "explore": "",
    "explore-merged": "",
    "recipes": "recipes",
    "compare": "compare",
    "geometry": "geometry",
    "teach": "teach",
    "models": "models",
    "export": "export",
}
EDIT = "suite=tiny&set=apples:-0.5,birds:0.3&focus=apples"
STILL = """Promise.allSettled(
  document.getAnimations()
    .filter((one) => one.effect.getComputedTiming().endTime < Infinity)
    .map((one) => one.finished))"""
ROWS = "new Set([...document.querySelectorAll('.masthead button')].map((b) => b.offsetTop)).size"
# From a phone to a wall; 720 is a window of 1,440 at 200 % zoom.
WIDTHS = {"light": (1280, 390, 720), "dark": (1280, 2560)}
# What there is to see once a page is open.
SHOWN = {
    "explore": ".bar .fill",
    "explore-merged": "[data-layer]",
    "recipes": "#run:enabled",
    "compare": ".verdict",
    "geometry": ".cell",
    "teach": "canvas",
    "models": "button",
    "export": "#edit .formula",
}


@pytest.mark.skipif(not AXE.exists(), reason="axe-core is not installed: npm install")
@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("name", PAGES)
def test_axe_finds_nothing(name: str, theme: str, context: BrowserContext) -> None:
    page = context.new_page()
    merged = "&method=ties&layers=visual.transformer.resblocks.0:0.5"
    merged = merged if name == "explore-merged" else ""
    page.goto(f"/{PAGES[name]}?__theme={theme}&{EDIT}{merged}")
    page.locator(SHOWN[name]).first.wait_for()
    page.locator(".loading").first.wait_for(state="detached")
    for width in WIDTHS[theme]:
        page.set_viewport_size({"width": width, "height": 1440 if width == 2560 else 900})
        assert violations(page) == [], f"{width} pixels wide"
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        assert page.evaluate(ROWS) <= 1, "the header's buttons stand in one row"


def violations(page: Page) -> list[str]:
    """What axe finds, in words."""
    page.evaluate(STILL)
    if not page.evaluate("'axe' in window"):
        page.add_script_tag(path=AXE)
    found = page.evaluate("axe.run().then((answer) => answer.violations)")
    return [
        f"{one['id']}: {one['help']}: " + "; ".join(node["html"][:160] for node in one["nodes"][:4])
        for one in found
    ]


@pytest.mark.skipif(not AXE.exists(), reason="axe-core is not installed: npm install")
@pytest.mark.parametrize("theme", ["light", "dark"])
def test_axe_finds_nothing_in_what_teaches(theme: str, context: BrowserContext) -> None:
    page = context.new_page()
    page.goto(f"/?__theme={theme}&{EDIT}&speaker=abcdefghij&lesson=own&lang=zh-Hans")
    page.locator(".lesson .say").wait_for()
    page.locator(".speaker").wait_for()
    page.locator(".bar .fill").first.wait_for()
    assert violations(page) == []  # a lesson and a speaker's notes
    for talk in ("class", "embed", "follow"):
        page.locator(".learn summary").click()
        page.locator(f'[data-talk="{talk}"]').click()
        page.locator("dialog[open] .link").first.wait_for()
        assert violations(page) == [], talk
        page.keyboard.press("Escape")
        page.locator("dialog[open]").wait_for(state="detached")
    page.locator(".live").wait_for()
    page.locator(".learn summary").click()
    page.locator("[data-start]").first.wait_for()
    assert violations(page) == [], "the menu, and the bar of a talk"
    page.keyboard.press("Escape")
    page.locator('[data-live="end"]').click()
    page.locator(".live").wait_for(state="hidden")
    page.keyboard.press("p")
    page.locator(".presenting").wait_for()
    assert violations(page) == [], "the presenter"
