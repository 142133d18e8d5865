"""Links, files and looks of the real page: what leaves it, and how it appears elsewhere."""

import io
import json
import re
import struct
from collections.abc import Callable
from pathlib import Path
from xml.etree import ElementTree

import pandas
import pytest
from playwright.sync_api import Browser, Page, expect

from taskarith.core import Edit
from tests.tiny import TARGETS
from tests.ui.conftest import Server
from tests.ui.explore.test_page import formula, number_box, settled, shown_accuracy, slider, state

pytestmark = pytest.mark.browser

OpenPage = Callable[..., Page]

EDIT = "?set=apples:-0.35,random:birds:0.2&focus=apples&pin=dice:1&measure=gain"


def contrast(first: str, second: str) -> float:
    """WCAG's contrast ratio of two CSS colours `rgb(r, g, b)`."""

    def luminance(colour: str) -> float:
        parts = [int(part) / 255 for part in re.findall(r"\d+", colour)[:3]]
        linear = [p / 12.92 if p <= 0.03928 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
        return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]

    low, high = sorted((luminance(first), luminance(second)))
    return (high + 0.05) / (low + 0.05)


def taken(page: Page, what: str) -> bytes:
    page.locator(".tools .save summary").click()
    with page.expect_download() as download:
        page.locator(f'[data-export="{what}"]').click()
    return Path(download.value.path()).read_bytes()


def test_a_link_brings_everything_back(open_page: OpenPage) -> None:
    page = open_page(EDIT)
    wanted = state(page)
    assert wanted["coefficients"] == {"apples": -0.35, "random:birds": 0.2}
    assert wanted["pinned"] == {"coefficients": {"dice": 1}, "merge": None}
    page.locator('[data-tool="link"]').click()
    expect(page.locator('[data-tool="link"]')).to_have_text("copied")
    link = page.evaluate("navigator.clipboard.readText()")
    again = open_page("?" + link.partition("?")[2])
    assert state(again) == wanted
    expect(formula(again)).to_have_text("θ = θ₀ − 0.35·τ(apples) + 0.20·τ(random:birds)")


def test_an_analogy_survives_in_a_link(open_page: OpenPage) -> None:
    page = open_page()
    page.locator('[data-preset="analogy"]').click()
    wanted = state(page)
    assert wanted["analogy"]["d"] == "coins"
    page.reload()
    page.locator(".taskarith[data-state=open]").wait_for()
    assert state(page) == wanted


def test_the_address_bar_follows_the_edit(open_page: OpenPage) -> None:
    page = open_page("?__theme=light&set=coins:0.2")
    slider(page, "coins").focus()
    page.keyboard.press("ArrowRight")
    expect(page).to_have_url(re.compile("set=coins:0.21"))
    expect(page).to_have_url(re.compile("__theme=light"))


@pytest.mark.parametrize(
    ("query", "says"),
    [
        ("?set=pears:1", "there is no task vector pears"),
        ("?set=apples:9", "λ goes from −3 to 3"),
        ("?set=apples:NaN", "is not a number"),
        ("?set=apples:0.5&focus=pears", "there is no task vector pears"),
        ("?suite=huge&set=apples:0.5", "there is no suite huge here"),
        ("?set=apples:0.5&analogy=a,b,c,d,1,1", "analogy is not one of this suite's"),
    ],
)
def test_a_bad_link_is_explained_and_the_page_works(
    query: str, says: str, open_page: OpenPage
) -> None:
    page = open_page(query)
    expect(page.locator(".notice")).to_contain_text(says)
    number_box(page, "dice").fill("0.25")
    number_box(page, "dice").press("Enter")
    expect(formula(page)).to_contain_text("+ 0.25·τ(dice)")
    settled(page)


def test_the_formula_can_be_copied(open_page: OpenPage) -> None:
    page = open_page("?set=apples:-0.35,dice:1")
    page.get_by_title("copy the formula").click()
    copied = page.evaluate("navigator.clipboard.readText()")
    assert copied == Edit("tiny", {"apples": -0.35, "dice": 1}).formula()


def test_the_edit_leaves_as_json(open_page: OpenPage) -> None:
    page = open_page(EDIT)
    edit = Edit.from_json(json.loads(taken(page, "json")))
    assert edit == Edit("tiny", {"apples": -0.35, "random:birds": 0.2})


def test_what_is_on_screen_leaves_as_csv(open_page: OpenPage) -> None:
    page = open_page("?set=apples:-0.35&focus=apples")
    settled(page)
    rows = pandas.read_csv(io.BytesIO(taken(page, "csv")))
    assert not [name for name in rows.columns if name.endswith(".1") or "Unnamed" in name]
    assert set(rows.edit) == {"θ = θ₀ − 0.35·τ(apples)"}
    assert set(rows.metric) == {"accuracy"}
    now = rows[rows["where"] == "edit"].set_index("task")
    assert set(now.index) == {"apples", "birds", "coins", "dice", "gardens"}
    assert 100 * now.value["apples"] == pytest.approx(shown_accuracy(page, "apples"), abs=0.06)
    assert now.n["apples"] == 80
    nodes = set(rows[rows["where"] == "curve"].coefficient)
    assert {-1.5, -0.35, 0.0, 1.5} <= nodes


@pytest.mark.parametrize(("what", "start"), [("png", b"\x89PNG\r\n"), ("svg", b"<svg")])
def test_the_picture_leaves_as_a_file(what: str, start: bytes, open_page: OpenPage) -> None:
    page = open_page("?set=apples:-0.35&focus=apples")
    page.locator(".plot path.line.target").wait_for()
    picture = taken(page, what)
    assert picture.startswith(start)
    if what == "svg":
        assert "θ = θ₀ − 0.35·τ(apples)" in picture.decode()
        drawn = ElementTree.fromstring(picture)
        assert len(drawn.findall(".//{*}path[@stroke-width]")) > len(TARGETS)
        assert not drawn.findall(".//*[@class]")  # how it looks is in the file itself
    else:
        width, height = struct.unpack(">II", picture[16:24])
        assert width > height > 500


def test_python_leaves_as_a_script(open_page: OpenPage) -> None:
    page = open_page("?set=apples:-0.35")
    script = taken(page, "python").decode()
    compile(script, "taken.py", "exec")
    assert "Edit('tiny', {'apples': -0.35})" in script


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_it_can_be_read_in_light_and_dark(theme: str, open_page: OpenPage) -> None:
    page = open_page(f"?__theme={theme}&set=apples:0.5")
    root = page.locator(".taskarith")
    paper = root.evaluate("(node) => getComputedStyle(node).backgroundColor")
    channels = [int(part) for part in re.findall(r"\d+", paper)[:3]]
    assert (max(channels) < 60) == (theme == "dark")
    for selector in (".formula", ".status", ".says .target", ".bar.control .title", ".about"):
        colour = page.locator(selector).first.evaluate("(node) => getComputedStyle(node).color")
        assert contrast(colour, paper) >= 4.5, selector
    line = page.locator("svg.over .cursor").evaluate("(node) => getComputedStyle(node).stroke")
    assert contrast(line, paper) >= 3


def test_the_theme_can_be_switched(open_page: OpenPage) -> None:
    page = open_page("?__theme=light")
    root = page.locator(".taskarith")
    before = root.evaluate("(node) => getComputedStyle(node).backgroundColor")
    page.locator('[data-tool="theme"]').click()
    assert root.evaluate("(node) => getComputedStyle(node).backgroundColor") != before


def test_one_screen_holds_it_all(open_page: OpenPage) -> None:
    page = open_page()
    expect(page.locator(".strip li").first).to_be_visible()
    assert page.evaluate("document.documentElement.scrollHeight") <= 900
    chart = page.locator(".chart").bounding_box()
    bars = page.locator(".tasks").bounding_box()
    assert chart is not None
    assert bars is not None
    assert chart["height"] > bars["height"] > 0


def test_the_presenter_switch_enlarges_everything_by_half(open_page: OpenPage) -> None:
    page = open_page()

    def size(selector: str) -> float:
        # Found and read in one step: labels are made anew when numbers arrive.
        page.locator(selector).first.wait_for()
        css = page.evaluate(
            "(selector) => getComputedStyle(document.querySelector(selector)).fontSize", selector
        )
        return float(css.removesuffix("px"))

    before = {name: size(name) for name in (".status", ".formula", ".over text.end")}
    assert before[".over text.end"] >= 14
    page.locator('[data-tool="presenter"]').click()
    for name in (".status", ".formula"):
        assert size(name) == pytest.approx(1.5 * before[name])


def test_a_phone_shows_formula_then_picture_then_sliders(browser: Browser, server: Server) -> None:
    context = browser.new_context(
        viewport={"width": 390, "height": 844}, has_touch=True, is_mobile=True
    )
    page = context.new_page()
    page.set_default_timeout(90_000)
    page.goto(server.url)
    page.locator(".taskarith[data-state=open]").wait_for()
    assert page.evaluate("document.documentElement.scrollWidth") == 390
    tops = [
        page.locator(selector).bounding_box()
        for selector in (".formula", ".chart", '[data-vector="apples"]', ".bars")
    ]
    heights = [box["y"] for box in tops if box is not None]
    assert len(heights) == 4
    assert heights == sorted(heights)
    slider(page, "dice").fill("0.5")
    expect(formula(page)).to_contain_text("+ 0.50·τ(dice)")
    context.close()


def test_reduced_motion_stands_still(browser: Browser, server: Server) -> None:
    durations = {}
    for preference in ("reduce", "no-preference"):
        context = browser.new_context(reduced_motion=preference)
        page = context.new_page()
        page.set_default_timeout(90_000)
        page.goto(server.url)
        page.locator(".taskarith[data-state=open]").wait_for()
        # Found and read in one step: the bars are made anew when numbers arrive.
        durations[preference] = page.evaluate(
            "getComputedStyle(document.querySelector('.bar .fill')).transitionDuration"
        )
        context.close()
    assert durations == {"reduce": "0s", "no-preference": "0.09s"}
