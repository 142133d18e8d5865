"""The page Models in a real browser, on the loopback Hub: from a name to a slider that works."""

import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Locator, Page, expect
from torch import Tensor

from taskarith import TaskVector, load_suite
from taskarith.sources import open_tensors, write_tensors
from tests.clips import write_transformers_clip
from tests.hub.environment import HUB
from tests.hub.real import needs_real_pictures, publish_pictures
from tests.hub.server import LoopbackHub
from tests.hub.tiny_hub import BASE, CLASSES, TARGETS, manifest, moved, publish
from tests.ui.conftest import PATIENCE, NewVisitor, Server

pytestmark = pytest.mark.browser

CARD = {"base_model": BASE, "license": "mit"}


class Place:
    """The Hub with a suite on it, and the page of a server that has that suite."""

    def __init__(self, folder: Path, *, environment: dict[str, str]) -> None:
        self.folder = folder
        HUB.clear()
        write_transformers_clip(folder / "base")
        self.base: dict[str, Tensor] = dict(open_tensors(folder / "base" / "model.safetensors"))
        publish(HUB, folder / "base", self.base, folder=folder)
        suite = folder / "tiny-hub"
        suite.mkdir()
        (suite / "manifest.json").write_text(json.dumps(manifest()))
        self.commits, self.refs = dict(HUB.commits), dict(HUB.refs)
        self.server = Server(
            suite,
            cache=folder / "cache",
            environment={
                "HF_HUB_CACHE": str(folder / "hub-cache"),
                "TASKARITH_SUITES": str(folder / "suites"),
                **environment,
            },
        )

    def add(self, name: str, seed: int) -> str:
        """One more fine-tuned model on the Hub; gives its commit."""
        folder = self.folder / name.replace("/", "-")
        write_tensors(folder / "model.safetensors", moved(self.base, seed))
        return HUB.add_folder(name, folder, card=CARD)


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    place = Place(tmp_path_factory.mktemp("models"), environment={})
    place.server.start()
    yield place
    place.server.stop()


@pytest.fixture
def hub(place: Place) -> LoopbackHub:
    """The Hub as it was in the beginning: other tests use it too."""
    HUB.clear()
    HUB.commits.update(place.commits)
    HUB.refs.update(place.refs)
    return HUB


OpenModels = Callable[..., Page]


@pytest.fixture
def open_models(new_visitor: NewVisitor, place: Place) -> Iterator[OpenModels]:
    """Opens the page, at a query, and waits for its lists."""
    context = new_visitor(viewport={"width": 1440, "height": 900}, base_url=place.server.url)
    problems: list[str] = []

    def open_at(query: str = "") -> Page:
        page = context.new_page()
        page.on("pageerror", lambda error: problems.append(str(error)))
        page.on(
            "request",
            lambda r: (
                None
                if r.url.startswith((place.server.url, "data:", "blob:"))
                else problems.append(f"request to {r.url}")
            ),
        )
        page.goto(f"/models{query}")
        page.locator(".suite-list").wait_for()
        return page

    yield open_at
    assert problems == []


def panel(page: Page) -> Locator:
    return page.locator("#panel .plan")


def plan(page: Page, reference: str, *, name: str = "") -> None:
    page.locator("#vector input, #vector textarea").fill(reference)
    page.locator("#suite-name input, #suite-name textarea").fill(name)
    page.locator("#plan-vector").click()


def says(page: Page, text: str) -> None:
    expect(panel(page)).to_contain_text(re.compile(text), timeout=1000 * PATIENCE)


def measured_and_drawn(page: Page) -> None:
    """Wait until Explore has measured the edit in hand and shows it, which it does a bit later."""
    explore = "document.querySelector('#instrument').page"
    done = (
        f"!{explore}.link.busy && {explore}.status.paired !== null && !{explore}.screen.redrawing"
    )
    page.wait_for_function(done)


@pytest.fixture
def whole(place: Place, hub: LoopbackHub, open_models: OpenModels) -> Page:
    """The page once the suite in hand is on the machine."""
    page = open_models("?fetch=tiny-hub")
    says(page, r"Fetch what tiny-hub needs|is here already")
    if page.locator("#agree").is_visible():
        page.locator("#agree").click()
        says(page, "tiny-hub is there")
    return page


def accuracies(page: Page) -> str:
    return page.evaluate(
        "JSON.stringify(document.querySelector('#instrument').page"
        ".view.listed(document.querySelector('#instrument').page.store())"
        ".map((task) => document.querySelector('#instrument').page.found(task.name)))"
    )


def test_from_a_name_to_accuracy(whole: Page, place: Place, hub: LoopbackHub) -> None:
    """Paste, plan, agree, open, drag: the accuracy follows the new slider."""
    commit = place.add("tuned/new", 0)  # as apples: at λ = −1.5 other classes win than at 0
    hub.sent = 0
    plan(whole, "tuned/new")
    says(whole, "New suite tiny-hub-apples-2: tiny-hub and one slider more")
    says(whole, rf"hub:tuned/new at {commit[:7]}: 98\.5 kB, 1 file, checkpoint.*licence mit")
    assert hub.sent == 0
    expect(whole.locator("#agree")).to_have_text("Fetch 98.5 kB and make it")
    whole.locator("#agree").click()
    says(whole, "tiny-hub-apples-2 is there")
    says(whole, "39 tensors, .* all finite")
    expect(whole.locator(".suite-list")).to_contain_text("tiny-hub-apples-2")
    whole.get_by_role("link", name="Open tiny-hub-apples-2 in Explore").click()
    whole.locator(".taskarith[data-state=open]").wait_for()
    explore = "document.querySelector('#instrument').page"
    whole.wait_for_function(f"{explore}.engine.state === 'ready'")
    assert whole.evaluate(f"{explore}.state.focus") == "apples-2"
    measured_and_drawn(whole)
    before = accuracies(whole)
    slider = whole.locator(".bank input[type=range]").last
    box = slider.bounding_box()
    assert box is not None
    middle = box["y"] + box["height"] / 2
    whole.mouse.move(box["x"] + box["width"] / 2, middle)
    whole.mouse.down()
    whole.mouse.move(box["x"] + 2, middle, steps=8)
    whole.mouse.up()
    whole.wait_for_function(f"{explore}.state.value('apples-2') < -1")
    measured_and_drawn(whole)
    assert accuracies(whole) != before
    whole.locator(".suites summary").click()
    link = whole.locator(".suites a[aria-current]")
    expect(link).to_contain_text("tiny-hub-apples-2")


def test_several_at_once_are_as_many_sliders(whole: Page, place: Place, hub: LoopbackHub) -> None:
    """One plan, one agreement, one progress, stopped in the middle and gone on with."""
    for seed, name in enumerate(("one", "two", "three"), start=31):
        place.add(f"tuned/{name}", seed)
    hub.fault("/large/", pause=2.0, times=2)
    plan(whole, "tuned/one\nbirds = tuned/two\ntuned/three", name="three-more")
    says(whole, "New suite three-more: tiny-hub and 3 sliders more")
    says(
        whole, r"hub:tuned/two at .*together 295\.4 kB.*“birds-2” from tuned/two \(the pictures of"
    )
    expect(whole.locator("#agree")).to_have_text("Fetch 295.4 kB and make it")
    whole.locator("#agree").click()
    says(whole, r"of 295\.4 kB \((?!0%)")
    whole.locator("#cancel").click()
    says(whole, "Stopped.*go on from there")
    assert not (place.folder / "suites" / "three-more").exists()
    whole.locator("#agree").click()
    says(whole, "three-more is there")
    says(whole, "birds-2: 39 tensors, .* all finite")
    made = load_suite(place.folder / "suites" / "three-more")
    assert made.targets == (*TARGETS, "apples-2", "birds-2", "apples-3")


def test_the_one_of_several_that_fails_is_named(
    whole: Page, place: Place, hub: LoopbackHub
) -> None:
    place.add("tuned/whole", 41)
    plan(whole, "tuned/whole\nnobody/nothing", name="half")
    says(whole, "the Hub knows no nobody/nothing")
    expect(whole.locator("#agree")).to_be_hidden()
    narrow = {name: tensor[..., :5] for name, tensor in moved(place.base, 3).items()}
    write_tensors(place.folder / "thin" / "model.safetensors", narrow)
    hub.add_folder("tuned/thin", place.folder / "thin")
    plan(whole, "tuned/whole\ntuned/thin", name="half")
    says(whole, "tiny-hub and 2 sliders more")
    whole.locator("#agree").click()
    says(whole, "That did not work.*tuned/thin: model.safetensors does not fit")
    expect(panel(whole)).not_to_contain_text(str(place.folder))
    assert not (place.folder / "suites" / "half").exists()


def gated(hub: LoopbackHub) -> None:
    hub.fault("/api/models/", status=403, headers={"X-Error-Code": "GatedRepo"})


def crowded(hub: LoopbackHub) -> None:
    hub.fault("/api/models/", status=429, headers={"Retry-After": "37"})


def nothing(hub: LoopbackHub) -> None:
    pass


REFUSED: list[tuple[Callable[[LoopbackHub], None], str, str]] = [
    (nothing, "nobody/nothing", "the Hub knows no nobody/nothing, or it is private"),
    (gated, "tuned/secret", "is gated: accept its terms"),
    (crowded, "tuned/secret", "too many requests from here; try again in 37 seconds"),
    (nothing, "<img src=x onerror=alert(1)>", "is no reference"),
    (nothing, " ", "say where the task vector is"),
]


def test_a_refused_plan_says_what_to_do(whole: Page, hub: LoopbackHub) -> None:
    for fault, reference, words in REFUSED:
        hub.faults.clear()
        fault(hub)
        plan(whole, reference)
        says(whole, words)
        expect(whole.locator("#agree")).to_be_hidden()
        expect(whole.locator("#panel img")).to_have_count(0)


def test_a_wrong_base_is_refused_and_nothing_is_there(
    whole: Page, place: Place, hub: LoopbackHub
) -> None:
    narrow = {name: tensor[..., :5] for name, tensor in moved(place.base, 3).items()}
    write_tensors(place.folder / "narrow" / "model.safetensors", narrow)
    hub.add_folder("tuned/narrow", place.folder / "narrow", card={"base_model": "other/base"})
    plan(whole, "tuned/narrow", name="narrow")
    says(whole, "Note: its card says it was made from other/base")
    whole.locator("#agree").click()
    says(whole, "That did not work.*tuned/narrow: model.safetensors does not fit")
    expect(panel(whole)).not_to_contain_text(str(place.folder))
    expect(whole.locator("#agree")).to_have_text("Try again")
    assert not (place.folder / "suites" / "narrow").exists()


def test_cancelled_in_the_middle_and_gone_on_with(
    whole: Page, place: Place, hub: LoopbackHub
) -> None:
    place.add("tuned/slow", 7)
    hub.fault("/large/", pause=3.0, times=1)
    plan(whole, "tuned/slow", name="slow")
    whole.locator("#agree").click()
    says(whole, r"of 98\.5 kB \((?!0%)")
    hub.sent = 0
    whole.locator("#cancel").click()
    says(whole, "Stopped.*go on from there")
    assert not (place.folder / "suites" / "slow").exists()
    expect(whole.locator("#agree")).to_have_text("Go on")
    whole.locator("#agree").click()
    says(whole, "slow is there")


def test_a_page_that_is_opened_again_shows_what_is_being_fetched(
    whole: Page, place: Place, hub: LoopbackHub
) -> None:
    place.add("tuned/slower", 8)
    hub.fault("/large/", pause=2.0, times=1)
    plan(whole, "tuned/slower", name="slower")
    whole.locator("#agree").click()
    says(whole, "Fetching")
    whole.goto("/models")
    says(whole, "Fetching|slower is there")
    says(whole, "slower is there")


def test_a_repository_that_changes_after_the_plan(
    whole: Page, place: Place, hub: LoopbackHub
) -> None:
    commit = place.add("tuned/moving", 9)
    plan(whole, "tuned/moving", name="moving")
    says(whole, f"at {commit[:7]}")
    hub.add("tuned/moving", {"model.safetensors": b"something else" * 9_000})
    whole.locator("#agree").click()
    says(whole, "moving is there")
    described = json.loads((place.folder / "suites" / "moving" / "manifest.json").read_text())
    assert described["vectors"][-1]["source"] == f"hub:tuned/moving@{commit}"


def picked_file(place: Place, *, broken: bool) -> dict[str, Any]:
    tensors = moved(place.base, 5)
    if broken:
        tensors["vision_model.post_layernorm.weight"][0] = float("nan")
    path = place.folder / f"picked-{broken}" / "mine.safetensors"
    write_tensors(path, tensors)
    return {"name": path.name, "mimeType": "application/octet-stream", "buffer": path.read_bytes()}


@pytest.mark.parametrize("broken", [True, False])
def test_a_picked_file(broken: bool, whole: Page, place: Place) -> None:
    whole.get_by_text("Or pick files").click()
    file: Any = picked_file(place, broken=broken)
    whole.locator("#files input[type=file]").set_input_files(file)
    expect(whole.locator("#files")).to_contain_text("mine")
    plan(whole, "", name=f"picked-{str(broken).lower()}")
    if broken:  # the plan looks at it
        says(whole, r"mine\.safetensors: .*post_layernorm\.weight holds NaN or Inf")
        expect(whole.locator("#agree")).to_be_hidden()
        expect(panel(whole)).not_to_contain_text(str(place.folder))
    else:
        says(whole, r"picked mine\.safetensors: 98")
        whole.locator("#suite-name input, #suite-name textarea").fill("another-name")
        expect(whole.locator("#agree")).to_be_hidden()  # what it says is not asked for any more
        says(whole, "The form has changed since: press Plan")
        plan(whole, "", name="picked-false")
        says(whole, r"picked mine\.safetensors: 98")
        whole.locator("#agree").click()
        says(whole, "picked-false is there")


def pick(page: Page, accordion: str, element: str, files: list[Path]) -> None:
    page.get_by_text(accordion, exact=True).click()
    page.locator(f"{element} input[type=file]").set_input_files(files)
    expect(page.locator(element)).to_contain_text(files[-1].stem)


def test_a_base_and_vectors_that_were_picked(whole: Page, place: Place, hub: LoopbackHub) -> None:
    """Everything from files but the pictures; then the same without what says what the base is."""
    for seed, name in enumerate(("first", "second"), start=71):
        write_tensors(place.folder / "mine" / f"{name}.safetensors", moved(place.base, seed))
    whole.locator("#start input").click()
    whole.get_by_role("option", name="a new base").click()
    base = sorted(path for path in (place.folder / "base").iterdir() if path.is_file())
    pick(whole, "Or pick its files", "#base-files", base)
    pick(whole, "Or pick files", "#files", sorted((place.folder / "mine").iterdir()))
    fill_dataset(whole)
    plan(whole, "", name="all-picked")
    says(whole, r"New suite all-picked: a suite on a new base.*picked model\.safetensors, config")
    says(whole, r"picked first\.safetensors: .*picked second\.safetensors: ")
    says(whole, r"“birds” from first\.safetensors .*“birds-2” from second\.safetensors ")
    expect(panel(whole)).not_to_contain_text(str(place.folder))
    expect(whole.locator("#agree")).to_have_text("Make it")
    whole.locator("#agree").click()
    says(whole, "all-picked is there.*birds-2: 39 tensors")
    suite = load_suite(place.folder / "suites" / "all-picked")
    assert suite.vectors == ("birds", "birds-2")
    for name, seed in (("birds", 71), ("birds-2", 72)):
        expected = TaskVector(
            {key: tensor - place.base[key] for key, tensor in moved(place.base, seed).items()}
        )
        assert suite.vector(name).cosine(expected) > 0.999


def test_a_picked_base_needs_its_configuration(whole: Page, place: Place, hub: LoopbackHub) -> None:
    whole.locator("#start input").click()
    whole.get_by_role("option", name="a new base").click()
    pick(whole, "Or pick its files", "#base-files", [place.folder / "base" / "model.safetensors"])
    fill_dataset(whole)
    plan(whole, "tuned/birds", name="no-config")
    says(whole, r"does not say what it is.*its config\.json .*found model\.safetensors")
    expect(whole.locator("#agree")).to_be_hidden()
    expect(panel(whole)).not_to_contain_text(str(place.folder))


def test_another_control_for_a_suite_that_is_there(
    whole: Page, place: Place, hub: LoopbackHub
) -> None:
    expect(whole.locator("#same input")).to_have_value("apples")  # the form is ready
    expect(whole.locator("#control")).to_be_hidden()
    whole.locator("#pick-control").get_by_text("Control", exact=True).click()
    expect(whole.locator("#control input")).to_have_value("that of the suite you start from")
    whole.locator("#plan-vector").click()
    says(whole, "say where the task vector is")
    whole.locator("#control input").fill("hub:pictures/dice")
    whole.keyboard.press("Enter")
    whole.locator("#control-classnames textarea").fill("\n".join(CLASSES))
    plan(whole, "", name="on-dice")
    says(whole, "already; give this one another name")
    hub.commits["datasets", "pictures/more"] = hub.commits["datasets", "pictures/birds"]
    hub.refs["datasets", "pictures/more"] = hub.refs["datasets", "pictures/birds"]
    whole.locator("#control input").fill("hub:pictures/more")
    whole.keyboard.press("Enter")
    plan(whole, "", name="on-more")
    says(whole, "New suite on-more: tiny-hub and another control")
    says(whole, r"control “more” \(hub:pictures/more\)")
    whole.locator("#agree").click()
    says(whole, "on-more is there.*control more: 12 images for validation")
    assert load_suite(place.folder / "suites" / "on-more").control == "more"


def fill_dataset(page: Page) -> None:
    """Say that it was trained on a dataset of the Hub, with another as the control."""
    classes = "\n".join(CLASSES)
    page.get_by_text("a dataset on the Hub").click()
    page.locator("#dataset input, #dataset textarea").fill("pictures/birds")
    page.locator("#task-name input, #task-name textarea").fill("birds")
    page.locator("#classnames textarea").fill(classes)
    page.locator("#control input").fill("hub:pictures/gardens")
    page.keyboard.press("Enter")
    page.locator("#control-classnames textarea").fill(classes)


def pick_birds(page: Page, folder: Path) -> None:
    """Say that it is about pictures in a folder of one's own, of two classes."""
    from PIL import Image

    for label, colour in (("robin", (200, 40, 40)), ("wren", (90, 70, 40))):
        for index in range(15):
            path = folder / label / f"{index}.png"
            path.parent.mkdir(parents=True, exist_ok=True)
            Image.new("RGB", (20, 20), (*colour[:2], index)).save(path)
    page.get_by_text("a folder of pictures").click()
    page.locator("#folder-picker input[type=file]").set_input_files(folder)
    expect(page.locator("#folder-picker .said")).to_have_text("30 pictures in 2 folders")
    page.locator("#task-name input, #task-name textarea").fill("My birds")


def test_pictures_of_a_folder_of_ones_own(whole: Page, place: Place, hub: LoopbackHub) -> None:
    place.add("tuned/birds-of-mine", 12)
    pick_birds(whole, place.folder / "my-birds")
    plan(whole, "tuned/birds-of-mine", name="birds-of-mine")
    says(whole, "target “my-birds” \\(your pictures; 2 classes; pictures: ")
    whole.locator("#agree").click()
    says(whole, "birds-of-mine is there")
    described = json.loads(
        (place.folder / "suites" / "birds-of-mine" / "manifest.json").read_text()
    )
    assert described["tasks"][-1]["classnames"] == ["robin", "wren"]


def test_a_task_that_is_only_measured_with_a_head_of_pictures(whole: Page, place: Place) -> None:
    whole.get_by_label("No vector: a task that is only measured").check()
    expect(whole.locator("#vector")).to_be_hidden()
    pick_birds(whole, place.folder / "seen-birds")
    whole.get_by_label("prototypes: means of training pictures").check()
    whole.get_by_label("Draw validation from the training pictures").check()
    whole.locator("#suite-name input, #suite-name textarea").fill("birds-seen")
    whole.locator("#plan-vector").click()
    says(whole, "New suite birds-seen: tiny-hub and a task that is only measured")
    says(whole, r"measured: “my-birds” \(your pictures; 2 classes")
    whole.locator("#agree").click()
    says(whole, "birds-seen is there.*onlooker my-birds")
    suite = load_suite(place.folder / "suites" / "birds-seen")
    assert (suite.onlookers, suite.vectors) == (("my-birds",), TARGETS)
    assert suite.task("my-birds").head["kind"] == "prototypes"


@needs_real_pictures
def test_real_pictures_of_a_task_that_comes_with_the_project(
    whole: Page, place: Place, hub: LoopbackHub
) -> None:
    place.add("tuned/digits", 21)
    publish_pictures(hub, "mnist", folder="mnist")
    whole.get_by_text("a task that comes with the project").click()
    whole.locator("#shared input").click()
    whole.get_by_role("option", name="mnist", exact=True).click()
    plan(whole, "tuned/digits", name="real-digits")
    says(whole, "target “mnist”")
    whole.locator("#agree").click()
    says(whole, r"real-digits is there.*\d{3} images for validation")
    whole.get_by_role("link", name="Open real-digits in Explore").click()
    explore = "document.querySelector('#instrument').page"
    whole.locator(".taskarith[data-state=open]").wait_for()
    whole.wait_for_function(f"{explore}.engine.state === 'ready'")
    measured_and_drawn(whole)
    found = whole.evaluate(f"{explore}.found('mnist')")
    assert found["n"] >= 100


def test_a_suite_of_the_hub_by_its_name(whole: Page, hub: LoopbackHub) -> None:
    text = json.dumps(manifest(name="from-the-hub")).encode()
    hub.add("someone/suite", {"manifest.json": text})
    whole.locator("#place input, #place textarea").fill("hub:someone/suite")
    whole.locator("#plan-suite").click()
    says(whole, "Add the suite from-the-hub")
    whole.locator("#agree").click()
    says(whole, "from-the-hub is there")
    whole.get_by_role("link", name="Open from-the-hub in Explore").wait_for()


def test_a_link_with_a_suite_that_is_not_there_says_so(
    open_models: OpenModels, hub: LoopbackHub
) -> None:
    page = open_models("?fetch=../../etc")
    says(page, "is no name of a suite")
    page.goto("/?suite=tiny-hbu")
    page.locator(".taskarith[data-state=open]").wait_for()
    expect(page.locator(".notice")).to_contain_text(
        "there is no suite tiny-hbu here. This is the suite tiny-hub"
    )
