"""The page inside another: the panel that says how, and every part that a link may ask for."""

import pytest
from playwright.sync_api import BrowserContext, expect

from tests.ui.explore.test_lessons import opened, visit
from tests.ui.explore.test_page import formula

pytestmark = pytest.mark.browser

__all__ = ["visit"]  # a fixture

EDIT = "set=letters:-0.5&focus=letters"
PARTS = {
    "curves": ".picture",
    "sliders": ".bank",
    "bars": ".tasks",
    "examples": ".images",
    "formula": ".story .line",
}


def test_each_part_is_there_when_it_is_asked_for_and_only_then(visit: BrowserContext) -> None:
    page = opened(visit, EDIT)
    page.locator(".bar .fill").first.wait_for()
    page.evaluate(
        "document.querySelector('#instrument').page.examples.wait('Nothing yet.')"
    )  # without a word there is nothing of it to see
    for asked in [*PARTS, "curves,sliders,bars,examples,formula"]:
        page.evaluate(
            """(asked) => {
              const { stage } = document.querySelector('#instrument').page;
              return stage.use(async (stage) => {
                const { page } = stage;
                page.address.write(`${page.state.toQuery()}&embed=1&show=${asked}`);
                stage.arrange();
              });
            }""",
            asked,
        )
        for part, place in PARTS.items():
            there = part in asked.split(",")
            expect(page.locator(place)).to_be_visible(visible=there)
        expect(page.locator("header")).to_be_hidden()


def test_the_panel_gives_what_to_paste(visit: BrowserContext) -> None:
    page = opened(visit, EDIT)
    page.locator(".learn summary").click()
    page.locator('[data-talk="embed"]').click()
    page.locator('[data-embed="bars"]').uncheck()
    page.locator('[data-embed="formula"]').uncheck()
    line = page.locator(".class .lines .link")
    values = [one.input_value() for one in line.all()]
    link, iframe, notebook = values
    assert link.endswith(f"/?suite=mini&{EDIT}&embed=1&show=curves,sliders")
    source = link.replace("&", "&amp;")
    assert iframe.startswith(f'<iframe src="{source}" width="100%" height="600"')
    assert notebook == 'taskarith.widget("mini", height=600)'
    page.locator('[data-embed="close"]').click()
    expect(page.locator(".class")).to_have_count(0)
    page.evaluate("(text) => { document.body.innerHTML = text; }", iframe)
    inside = page.frame_locator("iframe")
    expect(inside.locator(".bank")).to_be_visible()
    expect(inside.locator(".tasks")).to_be_hidden()
    expect(inside.locator('.row[data-vector="letters"] .number')).to_have_value("−0.50")
    expect(inside.locator("header")).to_be_hidden()
    assert formula(page).count() == 0
