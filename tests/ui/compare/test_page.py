"""The page Compare in a real browser: each comparison runs, is drawn, and can be stopped."""

import io
from collections.abc import Callable
from urllib.parse import unquote

import pandas
import pytest
from playwright.sync_api import BrowserContext, Locator, Page, Route, expect

from taskarith.core import METHODS, Edit
from taskarith.evaluation import Evaluator, measure
from taskarith.recipes.methods.entrants import USUAL
from taskarith.suites import Suite

pytestmark = pytest.mark.browser

EDIT = {"apples": -0.5, "birds": 0.3}
QUERY = "?suite=tiny&set=apples:-0.5,birds:0.3&focus=apples"


@pytest.fixture
def page(open_drawn: Callable[..., Page]) -> Page:
    return open_drawn(f"compare{QUERY}")


def part(page: Page, name: str) -> Locator:
    return page.locator(f"[data-part={name}]")


def run(where: Locator) -> None:
    where.get_by_role("button", name="Run").click()
    expect(where.get_by_role("button", name="Run")).to_be_enabled()


def test_what_the_classes_turned_into(page: Page, tiny_suite: Suite) -> None:
    classes = part(page, "classes")
    classes.get_by_label("Images").select_option("64")
    run(classes)
    evaluator = Evaluator(tiny_suite, device="cpu")
    shown = classes.locator(".verdict").inner_text()
    for edit in (Edit("tiny"), Edit("tiny", EDIT)):
        own = measure(evaluator, edit, tasks=["apples"], n=64)["apples"]
        assert f"{100 * own.value:.1f}" in shown
    assert "64 validation images" in shown
    expect(classes.locator("[data-class]")).to_have_count(4)
    expect(classes.locator(".cells i")).to_have_count(16)
    href = classes.get_by_role("link", name="CSV").get_attribute("href") or ""
    rows = pandas.read_csv(io.StringIO(unquote(href.partition(",")[2])))
    assert set(rows.name) == set(tiny_suite.task("apples").classnames)
    assert rows.n.sum() == 64
    classes.get_by_label("Class").select_option("apples2")
    expect(classes.locator("thead").first).to_contain_text("apples2 is taken for")


def test_long_names_of_classes_stay_inside_the_window(
    open_drawn: Callable[..., Page], context: BrowserContext
) -> None:
    long = "a-class-of-many-letters" + 41 * "x"

    def renamed(route: Route) -> None:
        answer = route.fetch()
        route.fulfill(response=answer, body=answer.text().replace("apples2", long))

    context.route("**/component_server**", renamed)
    page = open_drawn(f"compare{QUERY}")
    page.set_viewport_size({"width": 1280, "height": 720})
    expect(part(page, "classes").locator(f'[data-class="{long}"]')).to_be_visible()
    outside = """() => [...document.querySelectorAll("[data-part=classes] .pair *")]
      .filter((node) => node.getBoundingClientRect().right > innerWidth).length"""
    page.wait_for_function(f"({outside})() === 0")
    table = "document.querySelector('[data-part=classes] .pair .scroll')"
    page.wait_for_function(f"{table}.scrollWidth <= {table}.clientWidth")


def test_a_plane_fills_up_and_a_point_opens_in_explore(page: Page) -> None:
    plane = part(page, "plane")
    plane.get_by_label("Grid").select_option("5 × 5")
    plane.get_by_label("Images").select_option("32")
    run(plane)
    expect(plane.locator("[data-map=target] rect.cell")).to_have_count(25)
    expect(plane.locator("[data-map=control] rect.cell")).to_have_count(25)
    expect(plane.locator("[data-map=trade] .dot")).to_have_count(25)
    expect(plane.locator("[data-map=target] .here")).to_have_count(1)
    plane.locator("summary").click()
    assert (
        plane.locator(".listed tbody tr").count()
        == plane.locator("[data-map=trade] .dot.on").count()
    )
    plane.locator("[data-map=target] rect.cell").last.click()  # the finest lie on top
    page.locator(".taskarith[data-state=open]").wait_for()
    expect(page.locator(".formula")).to_have_text("θ = θ₀ + 1.00·τ(apples) + 0.50·τ(birds)")


def test_opened_without_an_edit_it_shows_one_that_does_something(
    open_drawn: Callable[..., Page], page_suite: Suite
) -> None:
    page = open_drawn("compare")
    start = {preset.name: preset for preset in page_suite.manifest.presets}[
        str(page_suite.manifest.start)
    ]
    asked = Edit("tiny", start.coefficients)
    assert asked.coefficients
    expect(page.locator(".drawn .formula")).to_have_text(asked.formula())
    classes = part(page, "classes")
    expect(classes.locator(".verdict")).to_contain_text("64 validation images")
    heads = classes.locator(".cells .head")
    sides = classes.locator(".cells .side")
    expect(heads).to_have_count(sides.count())
    assert heads.all_inner_texts() == sides.all_inner_texts()


def test_a_method_that_was_found_opens_in_explore_as_it_is(page: Page) -> None:
    methods = part(page, "methods")
    methods.locator("summary").click()
    for box in methods.locator(".method .tick input").all():
        box.uncheck()
    methods.get_by_label("TIES", exact=True).check()
    methods.get_by_label("density of TIES", exact=True).fill("0.4")
    methods.locator(".field select").select_option("32")
    run(methods)
    row = methods.locator("[data-method=ties]")
    scale = row.locator("td.number").nth(3).inner_text()
    row.get_by_role("link").click()
    page.locator(".taskarith[data-state=open]").wait_for()
    shown = page.locator(".formula").inner_text()
    assert shown.startswith("θ = θ₀ + ties(1.00·τ(apples), 1.00·τ(birds); density=0.4, scale=")
    assert float(shown.rpartition("scale=")[2].rstrip(")")) == float(scale)


def test_methods_line_up_and_one_that_takes_two_vectors_is_off_with_three(page: Page) -> None:
    methods = part(page, "methods")
    methods.locator("summary").click()
    ticked = methods.locator(".method").filter(has=page.locator(".tick input:checked"))
    usual = [METHODS[name].title for name in METHODS if name in USUAL]
    expect(ticked.locator(".tick")).to_have_text(usual)
    slerp = methods.get_by_label("SLERP", exact=True)
    slerp.check()
    methods.get_by_label("Coins").check()
    expect(slerp).to_be_disabled()
    expect(slerp).to_have_attribute("title", "takes 2 vectors, 3 are chosen")
    for box in methods.locator(".method .tick input:enabled").all():
        box.uncheck()
    for name in ("Task arithmetic", "DARE"):
        methods.get_by_label(name, exact=True).check()
    methods.get_by_label("density of DARE").fill("0.9")
    methods.locator(".field select").select_option("32")
    run(methods)
    rows = methods.locator("[data-method]")
    names = {str(row.get_attribute("data-method")) for row in rows.all()}
    assert names == {"sum", "dare", "nothing"}
    expect(methods.locator("[data-method=dare]")).to_contain_text("DARE, density 0.9")
    expect(methods.locator("[data-method=dare]")).to_contain_text("±")


def test_nonsense_is_refused_in_words_and_the_page_goes_on(page: Page) -> None:
    plane = part(page, "plane")
    plane.get_by_label("λ from").fill("plenty")
    plane.get_by_role("button", name="Run").click()
    expect(plane.locator(".failed")).to_contain_text("“from” must be a number")
    plane.get_by_label("λ from").fill("-0.5")
    plane.get_by_label("Up: λ of").select_option("Apples")
    plane.get_by_role("button", name="Run").click()
    expect(plane.locator(".failed")).to_contain_text("two directions, got apples twice")
    methods = part(page, "methods")
    methods.locator("summary").click()
    methods.get_by_label("density of TIES", exact=True).fill("0")
    methods.get_by_role("button", name="Run").click()
    expect(methods.locator(".failed")).to_contain_text("density = 0 is out of range")
    plane.get_by_label("Up: λ of").select_option("Coins")
    plane.get_by_label("Grid").select_option("5 × 5")
    run(plane)
    expect(plane.locator("[data-map=trade] .dot")).to_have_count(25)


def test_a_run_is_found_again_and_can_be_stopped(page: Page) -> None:
    methods = part(page, "methods")
    methods.locator("summary").click()
    for box in methods.locator(".method .tick input").all():
        box.uncheck()
    for name in ("Task arithmetic", "AdaMerging, layer-wise *"):
        methods.get_by_label(name, exact=True).check()
    # Longer than any test waits.
    methods.get_by_label("steps of AdaMerging, layer-wise").fill("10000")
    methods.get_by_role("button", name="Run").click()
    expect(methods.locator("[data-method=sum]")).to_be_visible()
    page.reload()
    page.locator(".drawn[data-state=open]").wait_for()
    expect(methods.locator("[data-method=sum]")).to_be_visible()
    methods.get_by_role("button", name="Cancel").click()
    expect(methods.locator(".progress")).to_contain_text("What is drawn is what was found before.")
    expect(methods.locator("[data-method=adamerging]")).to_have_count(0)
    expect(methods.get_by_role("button", name="Run")).to_be_enabled()
