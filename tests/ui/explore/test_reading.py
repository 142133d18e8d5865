"""What can be read from the picture, wherever it is: labels, pointer, sizes, print, the system's
own colours; and what a hand does beside dragging.
"""

import itertools
import re
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.ui.conftest import PATIENCE, Server
from tests.ui.explore.test_page import bar, formula, grab, settled, slider

pytestmark = pytest.mark.browser

OpenPage = Callable[..., Page]
PAGE = "document.querySelector('#instrument').page"

BOXES = """
() => [...document.querySelectorAll('svg.over text:not(.said), svg.plot .axes text')]
  .filter((node) => node.textContent && getComputedStyle(node).display !== 'none')
  .map((node) => {
    const { left, right, top, bottom } = node.getBoundingClientRect();
    return { text: node.textContent, left, right, top: top + 3, bottom: bottom - 3 };
  })
"""


def overlapping(boxes: list[dict[str, Any]]) -> list[tuple[str, str]]:
    return [
        (a["text"], b["text"])
        for a, b in itertools.combinations(boxes, 2)
        if a["left"] < b["right"]
        and b["left"] < a["right"]
        and a["top"] < b["bottom"]
        and b["top"] < a["bottom"]
    ]


@pytest.mark.parametrize("width", [390, 720, 1280, 1440])
def test_no_label_covers_another(width: int, open_page: OpenPage) -> None:
    page = open_page("?set=apples:-0.5&focus=apples", live=False)
    page.set_viewport_size({"width": width, "height": 900})
    for preset in ("forget", "add", "analogy", "random"):
        page.locator(f'[data-preset="{preset}"]').click()
        focus = page.evaluate(f"{PAGE}.state.focus")
        for value in ("-1.5", "1.5"):
            slider(page, focus).fill(value)
            page.wait_for_timeout(50)
            boxes = page.evaluate(BOXES)
            assert len(boxes) > 8
            assert overlapping(boxes) == [], (preset, value)
            assert all(box["right"] <= width for box in boxes)


def test_a_curve_says_what_is_known_where_the_pointer_is(open_page: OpenPage) -> None:
    page = open_page("?set=apples:0.5&focus=apples")
    settled(page)
    said = page.locator("svg.over text.said")
    for _ in range(50):  # a curve may still be settling: follow it
        at = page.evaluate(
            f"""() => {{
              const {{ chart, screen: {{ scene }} }} = {PAGE};
              const {{ measured }} = scene.series.find(({{ task }}) => task === 'gardens');
              const node = measured.find(({{ x }}) => x === -1);
              const box = chart.overlay.root.getBoundingClientRect();
              return {{ x: box.left + chart.frame.x(-1), y: box.top + chart.frame.y(node.y) }};
            }}"""
        )
        page.mouse.move(at["x"], at["y"])
        if said.count():
            break
        page.wait_for_timeout(100)
    expect(said).to_have_text(re.compile(r"λ = −1\.00: .*% \(.*%, n = \d+\), measured"))
    page.mouse.move(at["x"], at["y"] + 400)
    expect(said).to_have_count(0)


def test_the_measure_of_a_link_is_the_one_that_is_pressed(open_page: OpenPage) -> None:
    page = open_page("?set=dice:1&focus=dice&measure=gain")
    settled(page)
    expect(page.locator('[data-measure="gain"]')).to_have_attribute("aria-pressed", "true")
    expect(page.locator('[data-measure="accuracy"]')).to_have_attribute("aria-pressed", "false")
    expect(page.locator(".says .target")).to_have_text("Dice: 0.0\u202f% → 100.0\u202f%")
    expect(bar(page, "dice").locator(".change")).to_have_text("+100.0")
    expect(page.locator(".bar.head .change")).to_have_text("change")


def test_focus_stays_on_a_bar_while_it_is_measured(open_page: OpenPage) -> None:
    page = open_page("?set=dice:0.29&focus=dice")
    bar(page, "birds").locator("button").focus()
    settled(page)
    focused = "document.activeElement.closest('[data-bar]')?.dataset.bar"
    assert page.evaluate(focused) == "birds"


def test_a_rest_in_a_drag_is_no_step_of_its_own(open_page: OpenPage) -> None:
    page = open_page("?set=coins:0.2&focus=coins")
    box, height = grab(page, "coins")
    page.mouse.move(box["x"] + box["width"] * 0.6, height)
    page.wait_for_timeout(600)  # it settles and is measured, still held
    page.mouse.move(box["x"] + box["width"] * 0.8, height)
    page.mouse.up()
    page.locator('[data-tool="undo"]').click()
    expect(formula(page)).to_have_text("θ = θ₀ + 0.20·τ(coins)")
    expect(page.locator('[data-tool="undo"]')).to_be_disabled()


def test_steps_back_outlive_a_visit_to_another_page(open_page: OpenPage) -> None:
    page = open_page("?set=coins:0.2&focus=coins")
    slider(page, "coins").focus()
    page.keyboard.press("Shift+ArrowRight")
    expect(page.locator('[data-tool="undo"]')).to_be_enabled()
    page.goto("/geometry?set=coins:0.3&focus=coins")
    page.locator(".drawn[data-state=open]").wait_for()
    page.goto("/?set=coins:0.3&focus=coins")
    page.locator(".taskarith[data-state=open]").wait_for()
    page.locator('[data-tool="undo"]').click()
    expect(formula(page)).to_have_text("θ = θ₀ + 0.20·τ(coins)")


def test_test_can_be_stopped_and_left(open_page: OpenPage) -> None:
    page = open_page("?set=dice:0.71&focus=dice")
    settled(page)
    page.locator('[data-tool="test"]').click()
    # What has no number yet has no interval of what stood there before.
    expect(page.locator(".bar.unknown .whisker:not([hidden])")).to_have_count(0)
    back = page.locator('[data-tool="back"]')
    expect(back).to_be_visible()
    expect(page.locator('[data-tool="test"]')).to_be_hidden()
    expect(back).to_have_text("Back to validation")  # when it is complete
    back.click()
    expect(page.locator(".tasks h2 small")).to_have_text("on validation")
    expect(page.locator('[data-tool="test"]')).to_be_visible()
    settled(page)


def test_escape_closes_a_menu(open_page: OpenPage) -> None:
    page = open_page(live=False)
    page.locator(".save summary").click()
    expect(page.locator('[data-export="csv"]')).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.locator('[data-export="csv"]')).to_be_hidden()
    page.locator(".save summary").click()
    page.locator(".formula").click()
    expect(page.locator('[data-export="csv"]')).to_be_hidden()


def test_a_choice_of_lambda_says_by_which_rule(open_page: OpenPage) -> None:
    page = open_page("?set=apples:0.1&focus=apples")
    settled(page)
    page.locator(".bank .menu summary").click()
    page.locator('[data-choose="add"]').click()
    expect(page.locator(".about")).to_contain_text(
        re.compile(r"λ = \+[\d.]+ selected on validation among \d+: one λ for all targets"),
        timeout=1000 * PATIENCE,
    )
    chosen = page.evaluate(f"{PAGE}.state.coefficients")
    assert len(set(chosen.values())) == 1
    assert set(chosen) == {"apples", "birds", "coins", "dice"}
    page.locator('[data-tool="undo"]').click()  # all that was tried is one step
    expect(formula(page)).to_have_text("θ = θ₀ + 0.10·τ(apples)")
    expect(page.locator(".about")).not_to_contain_text("selected")


def test_what_lengths_suggest_is_set_and_said_to_be_measured_nowhere(open_page: OpenPage) -> None:
    page = open_page("?set=apples:0.1,coins:0.5&focus=apples&lang=zh-Hans", live=False)
    page.locator(".bank .menu summary").click()
    page.locator('[data-choose="suggest"]').click()
    expect(page.locator(".about")).to_contain_text("λ 由 MetaGPT 根据 2 个向量的长度给出")
    chosen = page.evaluate(f"{PAGE}.state.coefficients")
    assert sorted(chosen) == ["apples", "coins"]
    assert abs(sum(chosen.values()) - 1) < 2e-3
    page.locator('[data-tool="undo"]').click()
    expect(formula(page)).to_have_text("θ = θ₀ + 0.10·τ(apples) + 0.50·τ(coins)")
    expect(page.locator(".about")).not_to_contain_text("MetaGPT")


def test_a_notice_goes_when_what_it_is_about_is_settled(open_page: OpenPage) -> None:
    page = open_page("?set=pears:1,dice:0.2&focus=dice")
    notices = page.locator(".notice")
    expect(notices).to_have_count(1)
    box = page.locator('[data-vector="coins"] input.number')
    box.fill("abc")
    box.press("Enter")
    expect(notices).to_have_count(2)
    slider(page, "dice").focus()
    page.keyboard.press("ArrowRight")
    expect(notices).to_have_count(1)
    box.fill("")
    box.press("Enter")
    expect(notices).to_contain_text("the box is empty")
    box.press("Escape")
    expect(notices).to_have_count(0)


def test_the_large_size_holds_on_all_pages_and_keeps_the_labels(open_page: OpenPage) -> None:
    page = open_page(live=False)
    page.locator('[data-tool="presenter"]').click()
    page.reload()
    page.locator(".taskarith[data-state=open]").wait_for()
    expect(page.locator('[data-tool="presenter"]')).to_have_attribute("aria-pressed", "true")
    expect(page.locator("svg.over text.end.target")).to_be_visible()
    expect(page.locator("svg.over .key")).to_contain_text("measured")
    expect(page.locator(".bar.head .key")).to_be_visible()
    page.goto("/geometry")
    page.locator(".drawn[data-state=open]").wait_for()
    size = page.locator(".masthead [data-tool=presenter]")
    expect(size).to_have_attribute("aria-pressed", "true")
    assert page.evaluate("getComputedStyle(document.querySelector('#sheet')).zoom") == "1.5"
    size.click()
    page.goto("/")
    page.locator(".taskarith:not(.presenter)[data-state=open]").wait_for()


@pytest.mark.parametrize("width", [1440, 1280, 390])
def test_what_choosing_offers_opens_inside_the_window(width: int, open_page: OpenPage) -> None:
    page = open_page(live=False)
    page.set_viewport_size({"width": width, "height": 900})
    page.locator(".bank .menu summary").click()
    for offer in page.locator("[data-choose]").all():
        box = offer.bounding_box()
        assert box is not None
        assert 0 <= box["x"] <= box["x"] + box["width"] <= width


@pytest.mark.parametrize("width", [1440, 1280])
def test_a_long_name_of_a_suite_leaves_pages_and_tools_apart(
    width: int, open_page: OpenPage
) -> None:
    page = open_page(live=False)
    page.set_viewport_size({"width": width, "height": 900})
    page.locator(".suites summary").evaluate("(node) => node.prepend('a-name-of-many-letters')")
    last, first = (
        page.locator(one).bounding_box()
        for one in (".pages a:last-child", ".tools :is(summary, button) >> nth=0")
    )
    assert last is not None
    assert first is not None
    beside = last["x"] + last["width"] < first["x"]
    assert beside or last["y"] + last["height"] < first["y"]


def test_what_is_said_of_a_curve_is_on_its_plate(open_page: OpenPage) -> None:
    page = open_page(live=False)
    page.evaluate(
        f"{PAGE}.chart.tell({{x: 0, y: 0.5, text: 'Apples, λ = 0: 80 % (70–90 %, n = 80)'}})"
    )
    text, plate = (page.locator(f".over {name}.said").bounding_box() for name in ("text", "rect"))
    assert text is not None
    assert plate is not None
    assert plate["x"] <= text["x"] <= text["x"] + text["width"] <= plate["x"] + plate["width"]


def test_a_laptop_keeps_key_and_change_column(open_page: OpenPage) -> None:
    page = open_page(live=False)
    page.set_viewport_size({"width": 1280, "height": 720})
    for selector in (".bar.head .key", ".bar.head .change", ".bar.target .change", ".over .key"):
        expect(page.locator(selector).first).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth") <= 1280


def test_a_phone_shows_every_page(browser: Browser, server: Server) -> None:
    context = browser.new_context(viewport={"width": 390, "height": 844})
    page = context.new_page()
    page.goto(server.url)
    page.locator(".taskarith[data-state=open]").wait_for()
    for link in page.locator(".pages a").all():
        box = link.bounding_box()
        assert box is not None
        assert 0 <= box["x"] <= box["x"] + box["width"] <= 390
    long = "(node) => { node.textContent = 'a name of many letters '.repeat(8); }"
    page.locator(".says .target").evaluate(long)  # the picture keeps its axis below it
    page.wait_for_function(
        """() => {
          const box = (name) => document.querySelector(name).getBoundingClientRect();
          const [chart, picture] = [box(".taskarith .chart"), box(".taskarith .picture")];
          return chart.height > 150 && chart.bottom <= picture.bottom;
        }"""
    )
    ends = sorted(
        page.evaluate(
            "[...document.querySelectorAll('header :is(h1, a, button, summary)')]"
            ".filter((one) => one.checkVisibility())"
            ".map((one) => one.getBoundingClientRect().bottom)"
        )
    )
    rows = 1 + sum(below - above > 12 for above, below in itertools.pairwise(ends))
    assert rows <= 3
    context.close()


def test_the_systems_own_colours_keep_bars_and_pressed_states(
    browser: Browser, server: Server
) -> None:
    context = browser.new_context(forced_colors="active", viewport={"width": 1440, "height": 900})
    page = context.new_page()
    page.goto(server.url)
    page.locator(".taskarith[data-state=open]").wait_for()

    def background(selector: str) -> str:
        css = page.locator(selector).first.evaluate("(n) => getComputedStyle(n).backgroundColor")
        return str(css)

    canvas = background(".taskarith")
    assert background(".bar.target .fill") != canvas
    assert background(".bar.other .fill") != canvas
    pressed, other = '[data-measure="accuracy"]', '[data-measure="gain"]'
    assert background(pressed) != background(other)
    border = page.locator(".pages a[aria-current]").evaluate(
        "(n) => getComputedStyle(n).borderBottomWidth"
    )
    assert border == "3px"
    page.goto(f"{server.url}recipes")
    # A tick that is drawn as a picture would be gone, and a rehearsal look like none.
    for ticked in ("#rehearse input", "#recipe input:checked"):
        appearance = "(node) => getComputedStyle(node).appearance"
        assert page.locator(ticked).evaluate(appearance) == "auto"
    context.close()


@pytest.mark.parametrize("landscape", [False, True])
def test_paper_shows_picture_and_bars(landscape: bool, open_page: OpenPage) -> None:
    page = open_page(live=False)
    page.emulate_media(media="print")
    width, height = (1123, 794) if landscape else (794, 1123)  # A4 at 96 dots an inch
    page.set_viewport_size({"width": width, "height": height})
    for selector in (".tools", ".pages", ".offer"):
        expect(page.locator(selector)).to_be_hidden()
    expect(page.locator(".bar.target .fill")).to_be_visible()
    adjust = "(node) => getComputedStyle(node).printColorAdjust"
    assert page.locator(".bar.target .fill").evaluate(adjust) == "exact"
    for selector in (".chart", ".bars", ".formula"):
        box = page.locator(selector).bounding_box()
        assert box is not None
        assert box["width"] > 0.5 * width or selector == ".formula"
        assert box["x"] + box["width"] <= width
    page.emulate_media(media="screen")
