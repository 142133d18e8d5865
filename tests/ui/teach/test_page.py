"""The page Teach in a real browser: drawn, taught, and a slider in Explore."""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Locator, Page, expect

pytestmark = pytest.mark.browser


def draw(card: Locator, page: Page, *, standing: bool) -> None:
    box = card.locator("canvas").bounding_box()
    assert box is not None
    for share in (0.2, 0.5, 0.8):
        ends = [(share, 0.1), (share, 0.9)] if standing else [(0.1, share), (0.9, share)]
        (x0, y0), (x1, y1) = (
            (box["x"] + x * box["width"], box["y"] + y * box["height"]) for x, y in ends
        )
        page.mouse.move(x0, y0)
        page.mouse.down()
        page.mouse.move(x1, y1, steps=3)
        page.mouse.up()
    card.get_by_role("button", name="Add it").click()


def test_drawings_become_a_slider(open_drawn: Callable[[str], Page]) -> None:
    page = open_drawn("teach")
    cards = page.locator(".class-card")
    run = page.get_by_role("button", name="Teach", exact=True)
    expect(run).to_be_disabled()
    for number, name in enumerate(("lying", "standing")):
        cards.nth(number).get_by_label("Name of the class").fill(name)
        for _ in range(3):
            draw(cards.nth(number), page, standing=name == "standing")
        expect(cards.nth(number).locator(".thumb")).to_have_count(3)
    cards.nth(0).get_by_role("button", name="Remove a drawing").first.click()
    expect(page.locator(".takes")).to_contain_text("“lying” needs 1 more.")
    draw(cards.nth(0), page, standing=False)
    page.get_by_label("Steps").fill("4")
    page.locator("summary").click()
    page.get_by_label("Keep what it says").uncheck()
    page.get_by_label("Learn from").fill("1")
    expect(page.locator(".takes")).to_contain_text(re.compile(r"^4 steps: about .* of memory"))
    run.click()
    page.locator(".course").wait_for()
    page = open_drawn("teach")  # another tab: what is being taught there is not its business
    expect(page.locator(".taught, .course")).to_have_count(0)
    page.close()


def test_leaving_and_coming_back_finds_what_was_taught(open_drawn: Callable[[str], Page]) -> None:
    page = open_drawn("teach")
    cards = page.locator(".class-card")
    for number in range(2):
        for _ in range(3):
            draw(cards.nth(number), page, standing=number == 1)
    page.get_by_label("Steps").fill("3")
    page.get_by_role("button", name="Teach", exact=True).click()
    page.locator(".course").wait_for()
    page.goto("/geometry")
    page.goto("/teach")
    expect(page.locator(".thumb")).to_have_count(6)
    expect(page.locator(".taught")).to_contain_text("is a slider now")
    expect(page.locator(".taught tbody tr")).to_have_count(2)
    page.get_by_text("Drag it in Explore").click()
    page.locator(".taskarith[data-state=open]").wait_for()
    expect(page.locator('.bank [data-vector="sun-moon"]')).to_be_visible()


def test_a_phone_has_everything_in_its_width(open_drawn: Callable[[str], Page]) -> None:
    page = open_drawn("teach")
    page.set_viewport_size({"width": 390, "height": 844})
    wide = page.evaluate("document.documentElement.scrollWidth")
    assert wide <= 390
    expect(page.locator("canvas").first).to_be_visible()
