"""The page Recipes in a real browser: run, watch, cancel, take away, and nonsense."""

import csv
import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from taskarith.ui.recipes.form import FORMS
from tests.ui.conftest import PATIENCE, Server

pytestmark = pytest.mark.browser

OpenRecipes = Callable[..., Page]


@pytest.fixture
def open_recipes(
    context: BrowserContext, server: Server, problems: list[str]
) -> Iterator[OpenRecipes]:
    """Opens the page at a query and waits until a recipe can be run."""
    expect.set_options(timeout=1000 * PATIENCE)

    def open_at(query: str = "", *, ready: bool = True) -> Page:
        page = context.new_page()
        page.on("pageerror", lambda error: problems.append(str(error)))
        page.on(
            "request",
            lambda request: problems.extend(
                [] if request.url.startswith((server.url, "data:", "blob:")) else [request.url]
            ),
        )
        page.goto(f"/recipes{query}")
        if ready:
            expect(page.locator("#run")).to_be_enabled()
            expect(page.locator("#cost")).to_contain_text("evaluations")  # the form is filled in
        return page

    yield open_at
    assert problems == []


def choose(page: Page, recipe: str) -> None:
    page.get_by_label(recipe, exact=True).check()
    form = next(form for form in FORMS.values() if form.title == recipe)
    expect(page.locator("#about")).to_contain_text(form.about)  # and its settings with it
    page.get_by_label("64", exact=True).check()


def run_to_the_end(page: Page) -> None:
    page.locator("#run").click()
    expect(page.locator("#result table").first).to_be_visible()
    expect(page.locator("#run")).to_be_enabled()


def test_a_recipe_runs_and_shows_pictures_table_and_findings(open_recipes: OpenRecipes) -> None:
    page = open_recipes()
    choose(page, "Negation")
    expect(page.locator("#cost")).to_contain_text(
        re.compile(r"evaluations of 64 examples each: about \d+ (s|min) of measuring here")
    )
    run_to_the_end(page)
    expect(page.locator("#figures .js-plotly-plot")).to_have_count(3)
    expect(page.locator("#result")).to_contain_text("A rehearsal: test stayed closed")
    header = page.locator("#result table").first.locator("th").all_inner_texts()
    assert header[:4] == ["task", "model", "λ", "target"]
    expect(page.locator("#result")).to_contain_text("negated: mean target accuracy")
    said = page.locator("#progress")  # the form may turn to another recipe: this stays
    expect(said).to_have_text("Your run of Negation, 64 examples a task.")


def test_table_and_everything_can_be_taken_away(open_recipes: OpenRecipes, tmp_path: Path) -> None:
    page = open_recipes()
    choose(page, "Negation")
    run_to_the_end(page)
    files = {}
    for button in ("csv", "json"):
        with page.expect_download() as download:
            page.locator(f"#{button}").click()
        files[button] = tmp_path / download.value.suggested_filename
        download.value.save_as(files[button])
    assert files["csv"].name == "taskarith-tiny-negation.csv"
    data = json.loads(files["json"].read_text(encoding="utf-8"))
    assert (data["recipe"], data["rehearsal"], data["images"]) == ("negation", True, 64)
    rows = list(csv.DictReader(files["csv"].read_text(encoding="utf-8").splitlines()))
    assert [row["model"] for row in rows][:2] == ["pretrained", "fine-tuned"]
    assert len(rows) == len(data["tables"][0]["rows"])
    assert float(rows[0]["target"]) == data["tables"][0]["rows"][0]["target"]


def test_a_sweep_of_a_chosen_vector_range_and_number_of_points(
    open_recipes: OpenRecipes, tmp_path: Path
) -> None:
    page = open_recipes("?set=birds:0.5")
    expect(page.locator("#range")).to_be_hidden()
    choose(page, "Sweep")
    expect(page.locator("#rehearse")).to_be_hidden()  # it never opens test
    expect(page.locator("#names")).to_contain_text("birds")
    for field, value in (("first", "-0.5"), ("last", "1"), ("points", "4")):
        page.locator(f"#{field} input").fill(value)
    expect(page.locator("#cost")).to_contain_text("At most 25 evaluations")
    run_to_the_end(page)
    expect(page.locator("#figures .js-plotly-plot")).to_have_count(1)
    expect(page.locator("#result")).to_contain_text("4 λ from -0.5 to 1 in equal steps")
    with page.expect_download() as download:
        page.locator("#csv").click()
    download.value.save_as(tmp_path / "sweep.csv")
    with (tmp_path / "sweep.csv").open(encoding="utf-8") as table:
        rows = list(csv.DictReader(table))
    assert [float(row["λ"]) for row in rows] == [-0.5, 0.0, 0.5, 1.0]
    page.locator("#last input").fill("-2")
    expect(page.locator("#cost .failed")).to_contain_text("give rising ends")


def test_who_changes_their_mind_at_once_leaves_a_quiet_page(open_recipes: OpenRecipes) -> None:
    page = open_recipes()
    asked: list[str] = []
    page.on("request", lambda one: asked.append(one.url) if "/queue/join" in one.url else None)
    for recipe in ("Model soup", "Analogy", "Model soup"):
        page.get_by_label(recipe, exact=True).check()
    for _ in range(2):
        page.locator("#masthead [data-tool=theme]").click()
    expect(page.locator("#names")).to_contain_text("soup-apples-00")
    page.wait_for_timeout(1500)  # answers that are on their way
    before = len(asked)
    page.wait_for_timeout(1000)
    assert len(asked) == before


def test_a_figure_is_saved_and_a_table_sorted(open_recipes: OpenRecipes, tmp_path: Path) -> None:
    page = open_recipes()
    choose(page, "Negation")
    run_to_the_end(page)
    expect(page.locator("#figures .js-plotly-plot")).to_have_count(3)  # no longer the search's one
    saved = {}
    for kind in ("SVG", "CSV", "HTML"):
        with page.expect_download() as download:
            page.locator("#figures figcaption").first.get_by_role("button", name=kind).click()
        path = tmp_path / download.value.suggested_filename
        download.value.save_as(path)
        saved[path.name] = path.read_text(encoding="utf-8")
    assert list(saved) == [f"taskarith-tiny-negation-1.{e}" for e in ("svg", "csv", "html")]
    svg, numbers, alone = saved.values()
    assert svg.startswith("<svg")
    assert numbers.startswith("trace,x,y,low,high\npretrained,")
    assert "Plotly.newPlot" in alone
    assert "<script src" not in alone
    table = page.locator("#result table").first
    head = table.locator("th").nth(3)
    head.get_by_role("button").click()
    expect(head).to_have_attribute("aria-sort", "ascending")
    cells = table.locator("tbody tr td:nth-child(4)")
    values = [float(cell.get_attribute("data-value") or "nan") for cell in cells.all()]
    assert values == sorted(values)
    with page.expect_download() as download:
        page.locator("#result .take a", has_text="CSV").first.click()
    assert download.value.suggested_filename == "by-task-and-model.csv"


def test_a_chosen_edit_opens_in_explore(open_recipes: OpenRecipes) -> None:
    page = open_recipes()
    choose(page, "Negation")
    run_to_the_end(page)
    formula = page.locator("#result .edits span").first.inner_text()
    page.locator("#result .edits a").first.click()
    expect(page.locator(".taskarith .formula")).to_have_text(formula)


def test_the_edit_in_hand_comes_along_and_goes_back(open_recipes: OpenRecipes) -> None:
    query = "?suite=tiny&set=birds:0.5,coins:0.3&focus=coins"
    page = open_recipes(query)
    expect(page.locator("#names")).to_contain_text("birds")
    expect(page.locator("#names")).to_contain_text("coins")
    page.get_by_role("link", name="Explore", exact=True).click()
    expect(page.locator(".taskarith .formula")).to_have_text(
        "θ = θ₀ + 0.50·τ(birds) + 0.30·τ(coins)"
    )
    page.locator("[data-preset=add]").click()
    page.locator(".pages").get_by_text("Recipes", exact=True).click()
    expect(page.locator("#names")).to_contain_text("apples")
    assert "set=apples:0.4,birds:0.4" in page.url


def test_what_runs_is_found_again_after_a_look_elsewhere(open_recipes: OpenRecipes) -> None:
    page = open_recipes()
    choose(page, "WiSE-FT")
    run_to_the_end(page)
    page.get_by_role("link", name="Explore", exact=True).click()
    expect(page.locator(".taskarith .formula")).to_be_visible()
    page.go_back()
    expect(page.locator("#result table").first).to_be_visible()
    expect(page.locator("#result")).to_contain_text("shifted mean")
    page.reload()
    expect(page.get_by_label("WiSE-FT", exact=True)).to_be_checked()
    expect(page.locator("#result")).to_contain_text("shifted mean")


def test_a_cancelled_recipe_shows_no_half_table(open_recipes: OpenRecipes, held: Path) -> None:
    page = open_recipes()
    choose(page, "Addition")
    page.locator("#run").click()
    page.locator("#cancel").click()
    expect(page.locator("#progress .said")).to_contain_text(re.compile("stopped|cancelled"))
    expect(page.locator("#run")).to_be_enabled()
    expect(page.locator("#result table")).to_have_count(0)
    expect(page.locator("#figures .js-plotly-plot")).to_have_count(0)
    expect(page.locator("#csv")).to_be_hidden()
    held.unlink()
    choose(page, "Model soup")  # and the next one runs
    run_to_the_end(page)


@pytest.mark.parametrize("floor", ["7", "0", "-1"])
def test_a_floor_that_is_no_share_is_explained(floor: str, open_recipes: OpenRecipes) -> None:
    page = open_recipes(ready=False)
    page.locator("#floor input").fill(floor)  # once, as soon as it can be: nothing writes over it
    expect(page.locator("#cost .failed")).to_contain_text("above 0 and at most 1")
    page.locator("#run").click()
    expect(page.locator("#progress .failed")).to_contain_text("above 0 and at most 1")
    page.wait_for_timeout(1500)  # and it stays
    expect(page.locator("#progress .failed")).to_contain_text("above 0 and at most 1")
    expect(page.locator("#run")).to_be_enabled()


def test_what_was_found_stays_beside_what_was_refused(open_recipes: OpenRecipes) -> None:
    page = open_recipes()
    expect(page.locator("#progress .hint")).to_contain_text("Press Run")
    run_to_the_end(page)
    page.locator("#floor input").fill("7")
    page.locator("#run").click()
    expect(page.locator("#progress .failed")).to_contain_text("above 0 and at most 1")
    page.wait_for_timeout(1500)
    expect(page.locator("#progress .failed")).to_be_visible()
    expect(page.locator("#result table").first).to_be_visible()
    expect(page.locator("#run")).to_have_text("Run")


def test_a_name_that_is_none_is_explained(open_recipes: OpenRecipes) -> None:
    page = open_recipes()
    page.locator("#names input").fill("aples<b>")
    page.keyboard.press("Enter")
    expect(page.locator("#cost .failed")).to_contain_text("unknown task 'aples<b>'")
    expect(page.locator("#cost .failed")).to_contain_text("did you mean 'apples'?")


def test_recipes_are_chosen_by_arrow_keys(open_recipes: OpenRecipes) -> None:
    page = open_recipes()
    page.get_by_label("Negation", exact=True).focus()
    for name in ("sweep", "addition"):
        page.keyboard.press("ArrowRight")
        expect(page.locator("#about")).to_contain_text(FORMS[name].about)
    focused = page.locator("#recipe input:focus")
    expect(focused).to_have_value("addition")
    assert focused.evaluate("(node) => getComputedStyle(node).outlineStyle") == "solid"
    page.keyboard.press("Tab")  # past the others of the group
    expect(page.locator("#recipe input:focus")).to_have_count(0)


def test_a_soup_of_one_is_explained(open_recipes: OpenRecipes) -> None:
    page = open_recipes()
    choose(page, "Model soup")
    expect(page.locator("#names")).to_contain_text("soup-apples-00")
    page.locator("#names").get_by_title("Clear").click()
    page.locator("#names input").fill("soup-apples-00")
    page.keyboard.press("Enter")
    expect(page.locator("#cost .failed")).to_contain_text("needs at least 2 different ingredients")


def test_a_link_with_nonsense_is_explained(open_recipes: OpenRecipes) -> None:
    page = open_recipes("?set=apples:9,pears:1")
    said = page.locator("#progress")
    expect(said).to_contain_text("λ(apples) = 9 is out of range")
    page.wait_for_timeout(1500)
    expect(said).to_contain_text("there is no task vector pears")


def test_a_suite_that_is_not_there_is_explained(open_recipes: OpenRecipes) -> None:
    page = open_recipes("?suite=nowhere", ready=False)
    expect(page.locator("#progress .failed")).to_contain_text("nowhere")
    expect(page.locator("#run")).to_be_disabled()


def test_light_and_dark_follow_the_switch_to_figures_and_pages(open_recipes: OpenRecipes) -> None:
    page = open_recipes()
    choose(page, "Negation")
    run_to_the_end(page)
    paper = "document.querySelector('#figures .js-plotly-plot')?.layout.paper_bgcolor"
    page.wait_for_function(f"{paper} === '#ffffff'")
    page.locator("#masthead [data-tool=theme]").click()
    page.wait_for_function(f"{paper} === '#0f1114'")
    assert "__theme=dark" in page.url
    page.get_by_role("link", name="Explore", exact=True).click()
    expect(page.locator(".taskarith .formula")).to_be_visible()
    page.wait_for_function("document.body.classList.contains('dark')")


def test_a_phone_shows_it_without_scrolling_sideways(open_recipes: OpenRecipes) -> None:
    page = open_recipes()
    page.set_viewport_size({"width": 390, "height": 844})
    choose(page, "Negation")
    run_to_the_end(page)
    expect(page.locator("#figures .js-plotly-plot")).to_have_count(3)
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
