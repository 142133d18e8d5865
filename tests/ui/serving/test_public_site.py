"""A server for everybody in a real browser: what visitors are told, and two at work at once."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from taskarith import Edit, load_suite
from taskarith.evaluation import Evaluator, measure
from taskarith.sources import write_tensors
from tests.hub.environment import HUB
from tests.hub.tiny_hub import TARGETS, manifest, moved
from tests.ui.conftest import NewVisitor, Server
from tests.ui.models.test_page import Place, measured_and_drawn, plan, says

pytestmark = pytest.mark.browser

EVERYONE = {"GRADIO_SERVER_NAME": "0.0.0.0"}
TOLD = "All visitors of this server see the suites that are made here."
EXPLORE = "document.querySelector('#instrument').page"


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    place = Place(tmp_path_factory.mktemp("everybody"), environment=EVERYONE)
    for seed, name in enumerate(("one", "two"), start=61):
        place.add(f"tuned/{name}", seed)
    place.commits, place.refs = dict(HUB.commits), dict(HUB.refs)
    place.server.start()
    yield place
    place.server.stop()


@pytest.fixture
def windows(new_visitor: NewVisitor, place: Place) -> Iterator[list[Page]]:
    """Two visitors, who share nothing."""
    HUB.clear()
    HUB.commits.update(place.commits)
    HUB.refs.update(place.refs)
    viewport = {"width": 1440, "height": 900}
    contexts = [new_visitor(viewport=viewport, base_url=place.server.url) for _ in "ab"]
    problems: list[str] = []
    pages = [context.new_page() for context in contexts]
    for page in pages:
        page.on("pageerror", lambda error: problems.append(str(error)))
    yield pages
    assert problems == []


def agree(page: Page, outcome: str) -> None:
    page.locator("#agree").click()
    says(page, outcome)


def drag(page: Page, name: str, share: float) -> None:
    """Move the slider of the vector `name` to a share of its width."""
    slider = page.locator(f'.bank [data-vector="{name}"] input[type=range]')
    box = slider.bounding_box()
    assert box is not None
    height = box["y"] + box["height"] / 2
    page.mouse.move(box["x"] + box["width"] / 2, height)
    page.mouse.down()
    page.mouse.move(box["x"] + share * box["width"], height, steps=6)
    page.mouse.up()


def test_two_windows_on_different_suites_show_each_its_own(
    windows: list[Page], place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each makes one, told who sees it; then both work, each on another suite."""
    first, second = windows
    first.goto("/models?fetch=tiny-hub")
    says(first, "Fetch what tiny-hub needs")
    agree(first, "tiny-hub is there")
    expect(first.get_by_text(TOLD)).to_have_count(2)
    plan(first, "tuned/one\nbirds = tuned/two", name="two-more")
    says(first, "tiny-hub and 2 sliders more")
    agree(first, "two-more is there")
    second.goto("/models")
    expect(second.locator(".suite-list")).to_contain_text("two-more")
    plan(second, "coins = tuned/two", name="one-more")
    says(second, "tiny-hub and one slider more")
    agree(second, "one-more is there")

    first.goto("/?suite=two-more")
    second.goto("/?suite=one-more")
    for page in windows:
        page.locator(".taskarith[data-state=open]").wait_for()
        page.wait_for_function(f"{EXPLORE}.engine.state === 'ready'")
    drag(first, "apples-2", 0.2)
    drag(second, "coins-2", 0.8)
    drag(second, "birds", 0.3)
    drag(first, "birds-2", 0.7)
    import huggingface_hub.constants

    monkeypatch.setattr(huggingface_hub.constants, "HF_HUB_CACHE", str(place.folder / "hub-cache"))
    monkeypatch.setenv("TASKARITH_CACHE", str(place.folder / "cache"))
    suites = place.folder / "suites"
    check_window(first, suites / "two-more", moved={"apples-2", "birds-2"})
    check_window(second, suites / "one-more", moved={"birds", "coins-2"})


def has_the_suite(page: Page) -> None:
    """Open Models with the suite that all start from on the machine."""
    page.goto("/models?fetch=tiny-hub")
    says(page, "Fetch what tiny-hub needs|is here already")
    if page.locator("#agree").is_visible():
        agree(page, "tiny-hub is there")


def test_a_visitor_names_no_file_of_the_machine(windows: list[Page], place: Place) -> None:
    page, _ = windows
    page.goto("/models")
    page.locator(".suite-list").wait_for()
    plan(page, f"file:{place.folder / 'tuned-one'}")
    says(page, "files of this machine are not for visitors; pick yours")
    expect(page.locator("#agree")).to_be_hidden()
    secret = place.folder / "tuned-one" / "model.safetensors"
    for space in ("", " ", "\t", "\n"):
        vectors = [{"task": name, "source": f"{space}file:{secret}"} for name in TARGETS]
        file = place.folder / "mine.json"
        file.write_text(json.dumps(manifest(name="mine", vectors=vectors)))
        page.locator("#place input, #place textarea").fill("nothing")
        page.locator("#plan-suite").click()
        says(page, "is no reference")
        with page.expect_file_chooser() as chooser:
            page.locator("#manifest").click()
        chooser.value.set_files(file)
        says(page, "names files beside it or on this machine")
        expect(page.locator("#agree")).to_be_hidden()
    assert not (place.folder / "suites" / "mine").exists()


def test_bad_input_of_one_visitor_leaves_the_other_at_work(
    windows: list[Page], place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One fetches weights with NaN, slowly, while the other drags and is answered."""
    first, second = windows
    has_the_suite(first)
    plan(first, "tuned/one", name="steady")
    says(first, "tiny-hub and one slider more")
    agree(first, "steady is there")
    broken = moved(place.base, 77)
    broken["vision_model.post_layernorm.weight"][2] = float("nan")
    write_tensors(place.folder / "broken" / "model.safetensors", broken)
    HUB.add_folder("tuned/broken", place.folder / "broken")
    second.goto("/?suite=steady")
    second.locator(".taskarith[data-state=open]").wait_for()
    second.wait_for_function(f"{EXPLORE}.engine.state === 'ready'")
    HUB.fault("/large/", pause=1.5, times=1)
    plan(first, "tuned/broken", name="broken")
    says(first, "New suite broken")
    first.locator("#agree").click()
    says(first, "Fetching")
    drag(second, "birds", 0.2)
    measured_and_drawn(second)
    expect(first.locator("#panel .plan")).to_contain_text("etching")  # still at it
    drag(second, "apples", 0.7)
    says(first, "That did not work.*NaN or Inf")
    drag(second, "coins", 0.4)
    import huggingface_hub.constants

    monkeypatch.setattr(huggingface_hub.constants, "HF_HUB_CACHE", str(place.folder / "hub-cache"))
    monkeypatch.setenv("TASKARITH_CACHE", str(place.folder / "cache"))
    check_window(second, place.folder / "suites" / "steady", moved={"apples", "birds", "coins"})
    expect(second.locator(".notice")).to_be_hidden()
    assert not (place.folder / "suites" / "broken").exists()


def check_window(page: Page, folder: Path, *, moved: set[str]) -> None:
    """A window has the sliders of its suite and the numbers that Python gives for its edit."""
    measured_and_drawn(page)
    suite = load_suite(folder)
    names = page.locator(".bank [data-vector]").evaluate_all(
        "all => all.map(e => e.dataset.vector)"
    )
    assert tuple(names) == suite.vectors
    set_to = {name: page.evaluate(f"{EXPLORE}.state.value({name!r})") for name in names}
    edit = Edit(suite.name, {name: value for name, value in set_to.items() if value})
    assert set(edit.coefficients) == moved
    tasks = [*suite.targets, suite.control]
    found = {name: page.evaluate(f"{EXPLORE}.found({name!r})") for name in tasks}
    expected = measure(Evaluator(suite, device="cpu"), edit, tasks=tasks)
    assert {name: (f["n"], f["value"]) for name, f in found.items()} == {
        name: (e.n, e.value) for name, e in expected.items()
    }


def test_the_owner_of_a_machine_is_told_nothing_of_visitors(
    browser: Browser, server: Server
) -> None:
    context = browser.new_context(base_url=server.url)
    page = context.new_page()
    page.goto("/models")
    page.locator(".suite-list").wait_for()
    expect(page.get_by_text("All visitors")).to_have_count(0)
    context.close()
