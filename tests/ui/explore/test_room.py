"""The page set up for others: a presenter with keys, links that hide and bound, and a QR code."""

import re

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from tests.ui.explore.test_lessons import opened, place, visit
from tests.ui.explore.test_page import formula, number_box, slider, state

pytestmark = pytest.mark.browser

__all__ = ["visit"]  # a fixture

EDIT = "set=letters:-0.5&focus=letters"
# Where an element is, once it is there: the picture may be painted anew at any moment.
BOX = """(selector) => {
  const box = document.querySelector(selector)?.getBoundingClientRect();
  return box?.height ? box.toJSON() : null;
}"""


# Of what is seen, once it is as wanted: the page is painted a frame after it is told.
SEEN = """([selector, attribute, wanted]) => {
  const seen = [...document.querySelectorAll(selector)].filter((node) => node.checkVisibility());
  const found = seen.map((node) => node.getAttribute(attribute));
  return JSON.stringify(found) === JSON.stringify(wanted);
}"""


def expect_names(page: Page, selector: str, attribute: str, wanted: list[str]) -> None:
    page.wait_for_function(SEEN, arg=[selector, attribute, wanted])


@pytest.mark.parametrize(("width", "height"), [(1280, 720), (1920, 1080), (2560, 1440)])
def test_a_presentation_is_large_and_holds_only_what_it_is_about(
    width: int, height: int, visit: BrowserContext
) -> None:
    page = opened(visit, f"{EDIT}&present=1")
    page.set_viewport_size({"width": width, "height": height})
    page.locator(".presenting").wait_for()
    for gone in ("header", ".presets", ".analogy", ".foot", ".images"):
        expect(page.locator(gone)).to_be_hidden()
    expect_names(page, ".row[data-vector]", "data-vector", ["letters"])
    expect_names(page, ".bar[data-bar]", "data-bar", ["letters", "objects"])
    reading = page.wait_for_function(BOX, arg=".over text.reading.target").json_value()
    assert reading["height"] >= height / 20  # a twentieth of the screen, to be read from the back
    body = page.evaluate("[document.body.scrollWidth, document.body.scrollHeight]")
    assert body[0] <= width
    assert body[1] <= height  # nothing to scroll


def test_keys_of_a_presentation(visit: BrowserContext) -> None:
    page = opened(visit, EDIT)
    page.locator(".learn summary").click()
    page.locator('[data-talk="keep"]').click()
    page.locator('[data-preset="add-two"]').click()
    page.locator(".learn summary").click()
    page.locator('[data-talk="keep"]').click()
    page.keyboard.press("p")
    page.locator(".presenting").wait_for()
    assert "present=1" in page.url
    page.keyboard.press("PageDown")
    expect(formula(page)).to_have_text("θ = θ₀ − 0.50·τ(letters)")
    page.keyboard.press("ArrowRight")
    expect(formula(page)).to_contain_text("0.95·τ(textures)")
    page.reload()
    page.locator(".presenting").wait_for()
    expect(formula(page)).to_contain_text("0.95·τ(textures)")
    page.keyboard.press("b")
    expect(page.locator(".blackout")).to_be_visible()
    page.keyboard.press("PageDown")
    expect(page.locator(".blackout")).to_be_hidden()
    page.keyboard.press(".")
    expect(page.locator(".blackout")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.locator(".blackout")).to_be_hidden()
    page.keyboard.press("Escape")
    expect(page.locator("header")).to_be_visible()
    assert "present=1" not in page.url


def test_a_lesson_is_presented(visit: BrowserContext) -> None:
    page = opened(visit, "present=1&lesson=adding&step=2")
    expect(page.locator(".lesson .say")).to_contain_text("Two separate")
    page.locator(".presenting").wait_for()
    expect_names(page, ".row[data-vector]", "data-vector", ["printed-digits", "textures"])
    page.keyboard.press("PageDown")
    assert place(page) == "3 of 7"
    page.keyboard.press("Escape")
    expect(page.locator("header")).to_be_visible()
    assert place(page) == "3 of 7"


def test_a_link_for_a_class_hides_and_bounds(visit: BrowserContext) -> None:
    page = opened(
        visit, "set=letters:1&hide=presets,test&bounds=-0.8:0.5,signs:0:1&sliders=letters,signs"
    )
    expect(page.locator(".presets")).to_be_hidden()
    expect(page.locator(".foot")).to_be_hidden()
    expect(page.locator(".bars")).to_be_visible()
    assert state(page)["coefficients"] == {"letters": 0.5}
    expect_names(page, ".row[data-vector]", "data-vector", ["letters", "signs"])
    number_box(page, "letters").fill("-2")
    number_box(page, "letters").press("Enter")
    expect(formula(page)).to_have_text("θ = θ₀ − 0.80·τ(letters)")
    assert slider(page, "letters").input_value() == "-0.8"
    slider(page, "signs").focus()
    page.keyboard.press("End")
    assert state(page)["coefficients"]["signs"] == 1
    assert "bounds=-0.8:0.5,signs:0:1" in page.url


def test_what_is_wrong_in_it_is_said(visit: BrowserContext) -> None:
    page = opened(visit, "hide=<b>&bounds=letters:-99:99&sliders=pears")
    said = page.locator('[data-about="room"]')
    expect(said).to_contain_text("there is no part <b>")
    expect(said).to_contain_text("the bounds of letters are not two numbers from −3 to 3")
    expect(said).to_contain_text("there is no task vector pears")
    expect(page.locator(".presets")).to_be_visible()


def test_the_panel_makes_such_a_link(visit: BrowserContext) -> None:
    page = opened(visit, EDIT)
    page.locator(".learn summary").click()
    page.locator('[data-talk="class"]').click()
    page.locator('[data-class="lesson"]').select_option("nulls")
    page.locator('[data-class="hide-test"]').check()
    page.locator('[data-class="low"]').fill("-1")
    page.locator('[data-class="high"]').fill("9")
    expect(page.locator(".class .notice")).to_contain_text("the bounds are not two numbers")
    page.locator('[data-class="high"]').fill("1")
    expect(page.locator(".class .notice")).to_have_text("")
    link = page.locator(".class .link").input_value()
    assert link.endswith("&focus=letters&lesson=nulls&hide=test&bounds=-1:1")
    expect(page.locator(".qr")).to_contain_text("This address works on this machine only")
    page.locator('[data-class="close"]').click()
    expect(page.locator(".class")).to_have_count(0)
    page.goto(link)
    expect(page.locator(".lesson h2")).to_contain_text("Random directions")
    expect(page.locator(".foot")).to_be_hidden()


def test_the_code_is_of_the_link(visit: BrowserContext) -> None:
    page = opened(visit, EDIT)
    page.evaluate(
        """() => {
          const page = document.querySelector('#instrument').page;
          page.address.link = (query) => `https://me-demo.hf.space/?${query}`;
        }"""
    )
    page.locator(".learn summary").click()
    page.locator('[data-talk="class"]').click()
    path = page.locator(".qr svg.code path")
    expect(path).to_have_attribute("d", re.compile("^M4 4h7v1h-7z"))
    label = page.locator(".qr svg.code").get_attribute("aria-label")
    assert label == page.locator(".class .link").input_value()
