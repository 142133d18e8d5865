"""The explorer as one file, opened from a disk without a network, beside the live page."""

import base64
import gzip
import json
import re
import statistics
import threading
from collections.abc import Callable, Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from taskarith.cli import main
from taskarith.errors import ExportError
from taskarith.evaluation.surrogate import load_surrogate
from taskarith.suites import load_suite
from taskarith.suites.suite import SUITES_FOLDER
from taskarith.ui.hello import describe_opened
from taskarith.ui.lessons import lessons
from taskarith.ui.recipes.form import FORMS
from taskarith.ui.still.document import page_files, write_page
from taskarith.ui.still.measured import lesson_edits
from tests.ui.conftest import PATIENCE

MOST_BYTES = 5_000_000
EDIT = "set=apples:-0.35,birds:0.4&focus=apples"
NUMBERS = """() => {
  const page = document.querySelector('#instrument, .taskarith').page;
  const at = [-1.1, -0.6, -0.35, 0.15, 0.8];
  const tasks = page.hello.tasks.map(({name}) => name);
  const line = page.view.previewAlong(page.state.coefficients, page.state.focus);
  return {
    coefficients: page.state.coefficients,
    shipped: page.hello.shipped,
    previews: tasks.map((task) => at.map((x) => line(task, x))),
  };
}"""


@pytest.fixture(scope="module")
def folder(page_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("site")
    write_page([str(page_folder)], folder)
    return folder


@pytest.fixture(scope="module")
def mini_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("mini")
    assert main(["site", "--suite", "mini", "--as-shipped", "-o", str(folder), "--json"]) == 0
    return folder


@pytest.fixture
def offline(browser: Browser) -> Iterator[BrowserContext]:
    context = browser.new_context(viewport={"width": 1440, "height": 900}, offline=True)
    context.set_default_timeout(1000 * PATIENCE)
    expect.set_options(timeout=1000 * PATIENCE)
    problems: list[str] = []
    context.on("weberror", lambda error: problems.append(str(error.error)))
    context.on(
        "request",
        lambda request: (
            None if request.url.startswith(("file:", "data:")) else problems.append(request.url)
        ),
    )
    yield context
    context.close()
    assert problems == []


def opened(context: BrowserContext, folder: Path, address: str = "") -> Page:
    page = context.new_page()
    page.goto(f"{(folder / 'index.html').as_uri()}{address}")
    page.locator(".taskarith[data-state=open]").wait_for()
    page.wait_for_function("document.querySelector('.taskarith').page.view.surrogate")
    return page


@pytest.mark.browser
def test_its_numbers_are_those_of_the_live_page(
    folder: Path, offline: BrowserContext, open_page: Callable[..., Page]
) -> None:
    still = opened(offline, folder, f"#{EDIT}").evaluate(NUMBERS)
    live_page = open_page(f"?{EDIT}", live=False)
    live_page.wait_for_function("document.querySelector('#instrument').page.view.surrogate")
    live = live_page.evaluate(NUMBERS)
    assert still == live
    assert len(still["shipped"]) > 20
    assert len([x for xs in still["previews"] for x in xs if x is not None]) >= 25


@pytest.mark.browser
def test_what_is_measured_is_solid_and_what_is_previewed_hollow(
    folder: Path, offline: BrowserContext
) -> None:
    page = opened(offline, folder)
    expect(page.locator(".bar.target")).not_to_have_class(re.compile("hollow"))
    expect(page.locator(".status")).to_contain_text("shipped measurement")
    expect(page.locator(".status")).to_contain_text("nothing is measured on this page")
    for name, value in (("birds", "0.3"), ("dice", "0.2")):  # off every shipped curve
        box = page.locator(f'[data-vector="{name}"] input.number')
        box.fill(value)
        box.press("Enter")
    expect(page.locator(".bar.target")).to_have_class(re.compile("hollow"))
    expect(page.locator(".status")).to_contain_text("preview, not measured yet")
    assert "set=apples:-0.5,birds:0.3,dice:0.2" in page.url
    page.reload()
    expect(page.locator(".formula")).to_contain_text("0.30·τ(birds)")
    for gone in (".images", '[data-tool="test"]', ".bank .menu"):
        expect(page.locator(gone)).to_be_hidden()
    page.locator(".save summary").click()
    assert page.locator("[data-export]").count() == 3  # what needs no engine
    assert page.locator('[data-choose="suggest"]').count() == 0  # needs the vectors


@pytest.mark.browser
def test_the_preview_is_scored_where_it_is_looked_at(
    folder: Path, page_folder: Path, offline: BrowserContext
) -> None:
    page = opened(offline, folder, f"#{EDIT}")
    expect(page.locator(".status")).to_contain_text("preview off by")
    suite = load_suite(page_folder)
    surrogate = load_surrogate(suite)
    assert surrogate is not None
    errors = []
    for coefficients, estimates in describe_opened(suite)["shipped"]:
        if not coefficients or not set(coefficients) <= set(surrogate.vectors):
            continue
        near = {name: max(-1.0, min(1.0, x)) for name, x in coefficients.items()}
        told = surrogate.preview(near)  # beyond ±1 a page keeps to the preview there
        errors += [100 * abs(told[t] - e["value"]) for t, e in estimates.items() if t in told]
    score = page.evaluate("document.querySelector('.taskarith').score")
    assert score["count"] == len(errors) > 20
    assert score["mean"] == pytest.approx(statistics.mean(errors), abs=0.05)
    assert f"{score['mean']:.1f} points on average" in score["says"]


@pytest.mark.browser
def test_results_of_recipes_are_figures_and_tables_without_a_network(
    mini_folder: Path, offline: BrowserContext
) -> None:
    page = opened(offline, mini_folder)
    page.locator(".pages a", has_text="Recipes").click()
    page.wait_for_function("document.querySelectorAll('figure .main-svg').length >= 4")
    expect(page.locator("#results h1")).to_have_text("Recipes")
    expect(page.locator(".outcome table").first).to_be_visible()
    page.locator(".chosen a", has_text="Addition").click()
    expect(page.locator('.chosen [aria-current="true"]')).to_have_text("Addition")
    page.locator('[data-tool="theme"]').click()
    page.wait_for_function("document.querySelector('#results:not([hidden])')")
    assert "recipe=addition" in page.url
    page.locator("figure figcaption").first.wait_for()
    with page.expect_download() as saving:
        page.locator("figcaption button", has_text="CSV").first.click()
    assert "trace" in saving.value.path().read_text(encoding="utf-8")
    page.locator(".masthead nav a", has_text="Explore").click()
    page.locator(".taskarith[data-state=open]").wait_for()


@pytest.mark.browser
def test_as_separate_files_a_server_shows_the_same(
    page_folder: Path, browser: Browser, tmp_path: Path
) -> None:
    files = write_page([str(page_folder)], tmp_path, measure_lessons=False, apart=True)
    assert [file.name for file in files] == ["index.html", "page.css", "page.js", "measured.json"]
    quiet = type("Quiet", (SimpleHTTPRequestHandler,), {"log_message": lambda *_: None})
    with ThreadingHTTPServer(("127.0.0.1", 0), partial(quiet, directory=str(tmp_path))) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        page = browser.new_page()
        page.set_default_timeout(1000 * PATIENCE)
        page.goto(f"http://127.0.0.1:{server.server_port}/#{EDIT}")
        page.locator(".taskarith[data-state=open]").wait_for()
        page.wait_for_function("document.querySelector('.taskarith').page.view.surrogate")
        expect(page.locator(".formula")).to_contain_text("0.40·τ(birds)")
        page.close()
        server.shutdown()


@pytest.mark.browser
def test_embedded_it_shows_what_it_is_asked_for(folder: Path, offline: BrowserContext) -> None:
    page = opened(offline, folder, "?embed=1&show=curves,sliders")
    expect(page.locator("header")).to_be_hidden()
    expect(page.locator(".bars")).to_be_hidden()
    expect(page.locator(".picture")).to_be_visible()
    expect(page.locator(".bank")).to_be_visible()


@pytest.mark.browser
def test_words_explain_themselves_there_too(folder: Path, offline: BrowserContext) -> None:
    page = opened(offline, folder, "#lang=zh-Hans")
    page.locator('.bank [data-word="lambda"]').hover()
    expect(page.locator(".explained")).to_contain_text("缩放系数")


def test_mini_is_small_and_whole(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    output = str(tmp_path / "site")
    assert main(["site", "--suite", "mini", "--as-shipped", "-o", output, "--json"]) == 0
    answer: Any = json.loads(capsys.readouterr().out)
    assert answer["bytes"] <= MOST_BYTES
    text = Path(answer["file"]).read_text(encoding="utf-8")
    assert text.count("</script>") == 4
    # It asks for nothing; what it quotes for others to paste begins with a name in braces.
    assert not re.search(r"""src=["'](?!\$\{)|<link|url\((?!#)|@import""", text)
    held = re.search(r'id="templates">([^<]+)<', text)
    assert held is not None
    templates = gzip.decompress(base64.b64decode(held[1])).decode()
    links = set(re.findall(r'href="([a-z]+:|[^"])', text + templates))
    assert links <= {"#", "https:", "data:"}  # of the page, of papers, and downloads
    assert answer["files"] == ["index.html"]
    recipes = set(re.findall(r'<template data-suite="mini" data-recipe="([^"]+)"', templates))
    shipped = {file.stem for file in (SUITES_FOLDER / "mini" / "results").iterdir()}
    assert recipes == shipped & {*FORMS}


def test_suites_of_others_cannot_end_the_script() -> None:
    hello = {"hello": {"suite": {"title": "</script><b>"}}, "surrogate": {}}
    text = page_files({"tiny": hello})["index.html"]
    assert text.count("</script>") == 2
    assert "\\u003c/script>\\u003cb>" in text


def test_what_lessons_show_is_what_is_measured_for_them() -> None:
    edits = lesson_edits("mini", {"presets": []})
    assert {"plain-textures": 0.5} in edits
    assert {"handwritten-digits": 0.9} in edits  # what a step waits for
    assert len(edits) == len({json.dumps(sorted(edit.items())) for edit in edits})
    assert len([one for one in lessons() if one["suite"] == "mini"]) == 8


def test_it_says_what_is_wrong(tmp_path: Path) -> None:
    with pytest.raises(ExportError, match="at least one suite"):
        write_page([], tmp_path)
    (tmp_path / "file").write_text("", encoding="utf-8")
    with pytest.raises(ExportError, match="holds a suite once; 2 were named"):
        write_page(["mini", "mini"], tmp_path)
    with pytest.raises(ExportError, match="cannot be written"):
        write_page(["mini"], tmp_path / "file", measure_lessons=False)
