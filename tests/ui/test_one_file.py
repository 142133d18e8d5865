"""The explorer as one file, opened from a disk without a network, beside the live page."""

import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from taskarith.cli import main
from taskarith.errors import ExportError
from taskarith.ui.lessons import lessons
from taskarith.ui.modules import names
from taskarith.ui.one_file import IMPORTED, PARTS, lesson_edits, page, write_page
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
    assert text.count("</script>") == 3
    assert not re.search(r"""(?:src|href)=["']|url\(""", text)  # it asks for nothing
    imports = json.loads(re.findall(r'"importmap">(.*?)</script>', text)[0])["imports"]
    needed = {name for part in PARTS for name in names(part)}
    assert set(imports) == {f"taskarith/{name}" for name in needed}


def test_suites_of_others_cannot_end_the_script() -> None:
    hello = {"hello": {"suite": {"title": "</script><b>"}}, "surrogate": {}}
    text = page({"tiny": hello})
    assert text.count("</script>") == 3
    assert "\\u003c/script>\\u003cb>" in text


def test_every_import_has_a_name() -> None:
    lines = 'import { a } from "./b.js";\nexport * from "../c.js";\nawait import("../d/e.js");'
    assert [found[1] for found in IMPORTED.findall(lines)] == ["./b.js", "../c.js", "../d/e.js"]


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
    with pytest.raises(ExportError, match="cannot be written"):
        write_page(["mini"], tmp_path / "file", measure_lessons=False)
