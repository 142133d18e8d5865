"""A text family from outside the package goes through the pages, as it goes through the library.

One server, one browser. What the family is stands in `tests/toy.py`; nothing on a page knows it.
"""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from taskarith.core import Edit
from taskarith.evaluation import Evaluator, measure
from taskarith.suites import load_suite
from tests.toy import FRUITS
from tests.ui.conftest import PATIENCE, NewVisitor, Server
from tests.ui.explore.test_page import settled, shown_accuracy

pytestmark = pytest.mark.browser

EDIT = "set=fruits:-1&focus=fruits"
FORGET = Edit("toy", {"fruits": -1.0})


@pytest.fixture(scope="module")
def toy_server(toy_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    cache = tmp_path_factory.mktemp("toy-served") / "cache"
    server = Server(toy_folder, cache=cache, module="tests.toy")
    server.start()
    yield server
    server.stop()


@pytest.fixture
def page(new_visitor: NewVisitor, toy_server: Server) -> Iterator[Page]:
    expect.set_options(timeout=1000 * PATIENCE)
    context = new_visitor(
        viewport={"width": 1440, "height": 900}, base_url=toy_server.url, accept_downloads=True
    )
    page = context.new_page()
    problems: list[str] = []
    page.on("pageerror", lambda error: problems.append(str(error)))
    yield page
    assert problems == []


def test_explore_measures_it_and_says_perplexity(page: Page, toy_folder: Path) -> None:
    page.goto(f"/?{EDIT}")
    page.locator(".taskarith[data-state=open]").wait_for()
    settled(page)
    expected = measure(Evaluator(load_suite(toy_folder), device="cpu"), FORGET, tasks=["fruits"])
    assert shown_accuracy(page, "fruits") == pytest.approx(100 * expected["fruits"].value, abs=0.06)
    expect(page.locator(".says .control")).to_contain_text("perplexity")
    page.locator('[data-tool="layers"]').click()  # layers of a family that nobody has heard of
    page.get_by_label("factor of before, as a number").fill("0")
    page.get_by_label("factor of before, as a number").press("Enter")
    expect(page.locator(".formula")).to_have_text("θ = θ₀ + sum(−1.00·τ(fruits); by layer)")
    settled(page)


def test_recipes_run_on_it(page: Page) -> None:
    page.goto(f"/recipes?{EDIT}")
    expect(page.locator("#cost")).to_contain_text("evaluations")
    expect(page.locator("#run")).to_be_enabled()
    page.locator("#run").click()
    expect(page.locator("#result table").first).to_be_visible()
    expect(page.locator("#result")).to_contain_text("Fruits", ignore_case=True)


def test_compare_and_geometry_show_it(page: Page) -> None:
    page.goto(f"/compare?{EDIT}")
    page.locator(".drawn[data-state=open]").wait_for()
    expect(page.locator(".verdict").first).to_contain_text("validation texts")
    page.goto(f"/geometry?{EDIT}")
    page.locator(".drawn[data-state=open]").wait_for()
    expect(page.locator("[data-pair]").first).to_be_visible()
    expect(page.locator(".drawn .formula")).to_have_text(FORGET.formula())


def test_teach_takes_a_table_of_texts(page: Page, tmp_path: Path) -> None:
    rows = [f"{a} {fruit} is;{colour}" for a in ("the", "a") for fruit, colour in FRUITS.items()]
    table = tmp_path / "fruits.csv"
    table.write_bytes("\n".join(["said;colour;é", *(f"{row};é" for row in rows)]).encode("cp1252"))
    page.goto("/teach")
    page.locator(".drawn[data-state=open]").wait_for()
    page.get_by_role("button", name="A table").click()
    page.locator(".place input[type=file]").first.set_input_files(table)
    said = page.locator(".place [role=status]").first
    expect(said).to_contain_text("is no UTF-8 text")
    page.get_by_label("Written in").select_option("cp1252")
    expect(said).to_have_text(f"{len(rows)} rows, {len(set(FRUITS.values()))} different labels.")
    columns = page.locator(".of-table select")
    expect(columns.first).to_have_value("said")
    columns.last.select_option("colour")
    expect(page.get_by_role("button", name="Teach", exact=True)).to_be_enabled()


def test_models_lists_it_and_export_writes_it(page: Page) -> None:
    page.goto("/models")
    expect(page.locator("body")).to_contain_text("toy")
    page.goto(f"/export?{EDIT}")
    expect(page.locator("#export")).to_be_enabled()
    expect(page.locator("#edit")).to_contain_text("θ = θ₀ − 1.00·τ(fruits)")
    page.locator("#export").click()
    expect(page.locator("#files")).to_contain_text(re.compile(r"toy\.safetensors"))
    expect(page.locator("#moving")).to_contain_text("Ready")
