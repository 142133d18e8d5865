"""The page Teach in a real browser: drawn, taught, and a slider in Explore."""

import re
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Locator, Page, expect

from tests.conftest import WHOLE_CHROMIUM
from tests.training.teaching.doodles import doodles
from tests.training.teaching.test_examples import folder_of
from tests.ui.conftest import ARGUMENTS, PATIENCE, Server
from tests.ui.test_axe import AXE, violations

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


@pytest.fixture
def with_camera(browser: Browser, server: Server) -> Iterator[BrowserContext]:
    path = next((found for name in WHOLE_CHROMIUM if (found := shutil.which(name))), None)
    if path is None:
        pytest.skip("needs a whole Chromium on the PATH, for its camera")
    whole = browser.browser_type.launch(executable_path=path, args=ARGUMENTS)
    yield whole.new_context(base_url=server.url)
    whole.close()


def test_pictures_by_camera_and_by_folder(with_camera: BrowserContext, tmp_path: Path) -> None:
    expect.set_options(timeout=1000 * PATIENCE)
    context = with_camera
    page, problems = context.new_page(), list[str]()
    page.on("pageerror", lambda error: problems.append(str(error)))
    page.goto("/teach")
    page.locator(".drawn[data-state=open]").wait_for()
    source = page.get_by_role("group", name="Where they come from")
    source.get_by_role("button", name="Camera").click()
    cards, start = page.locator(".class-card"), page.get_by_role("button", name="Start the camera")
    shots = page.get_by_role("button", name="Take a picture")
    expect(shots.first).to_be_disabled()
    start.click()
    expect(page.locator(".camera [role=status]")).to_contain_text("The camera was refused.")
    context.grant_permissions(["camera"])
    start.click()
    page.wait_for_function("document.querySelector('.camera video').readyState >= 2")
    for _ in range(3):
        shots.first.click()
    expect(cards.first.locator(".thumb")).to_have_count(3)
    source.get_by_role("button", name="Pictures").click()
    expect(shots.first).to_be_hidden()
    assert page.evaluate("document.querySelector('.camera video').srcObject === null")

    folder = folder_of(doodles(["lying", "standing"], 3), tmp_path / "classes")
    page.get_by_label("Or pick a folder").set_input_files(folder)
    expect(page.get_by_text("2 classes, 6 pictures.")).to_be_visible()
    names = page.get_by_label("Name of the class")
    assert [names.nth(k).input_value() for k in range(3)] == ["sun", "lying", "standing"]
    cards.first.get_by_role("button", name="Remove this class").click()
    expect(page.locator(".takes")).to_contain_text(re.compile(r"^60 steps: about"))

    source.get_by_role("button", name="A Hub dataset").click()
    page.get_by_label("Dataset").fill("nobody")
    page.get_by_role("button", name="Look at it").click()
    expect(page.locator(".place [role=status].failed")).to_contain_text("write OWNER/NAME")
    expect(page.get_by_role("button", name="Teach", exact=True)).to_be_disabled()
    source.get_by_role("button", name="An embedded world").click()
    page.get_by_label("Task").select_option("counting")
    page.get_by_role("spinbutton", name="Examples").fill("40")
    page.get_by_label("Steps").fill("2")
    page.get_by_role("button", name="Teach", exact=True).click()
    expect(page.locator(".taught")).to_contain_text("“counting” is a slider now")
    assert problems == []


@pytest.mark.parametrize("width", [390, 1280])
def test_every_source_is_in_its_width_and_accessible(
    width: int, open_drawn: Callable[[str], Page]
) -> None:
    page = open_drawn("teach")
    page.set_viewport_size({"width": width, "height": 844})
    expect(page.locator("canvas").first).to_be_visible()
    switches = page.get_by_role("group", name="Where they come from").get_by_role("button")
    assert switches.count() == 6
    for number in range(switches.count()):
        switches.nth(number).press("Enter")
        expect(switches.nth(number)).to_have_attribute("aria-pressed", "true")
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        if AXE.exists():
            assert violations(page) == []
