"""The real page in a real Chromium: what a person does, and what they then see."""

import re
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Locator, Page, expect

from taskarith.core import Edit
from taskarith.evaluation import Evaluator, measure
from taskarith.suites import Suite
from tests.tiny import SECOND_CONTROL, TARGETS

pytestmark = pytest.mark.browser

OpenPage = Callable[..., Page]


def formula(page: Page) -> Locator:
    return page.locator(".formula")


def slider(page: Page, name: str) -> Locator:
    return page.locator(f'[data-vector="{name}"] input[type=range]')


def number_box(page: Page, name: str) -> Locator:
    return page.locator(f'[data-vector="{name}"] input.number')


def bar(page: Page, task: str) -> Locator:
    return page.locator(f'[data-bar="{task}"]')


def shown_accuracy(page: Page, task: str) -> float:
    text = bar(page, task).locator(".value").inner_text()
    return float(text.replace("\u202f%", "").replace("−", "-"))


def settled(page: Page) -> None:
    """Wait until everything about the edit in hand has been measured on its whole split."""
    page.wait_for_function(
        """() => {
          const page = document.querySelector('#instrument').page;
          const found = page.found(page.view.taskInHand());
          return !page.hand.settling && found && found.kind !== 'preview' && found.n === found.total
            && found.source !== 'shipped';
        }"""
    )


def grab(page: Page, name: str) -> tuple[dict[str, float], float]:
    """Press the mouse on a slider's thumb; gives its box and the height to stay at."""
    box = slider(page, name).bounding_box()
    assert box is not None
    value = float(slider(page, name).input_value())
    height = box["y"] + box["height"] / 2
    page.mouse.move(box["x"] + box["width"] * (0.5 + value / 3), height)
    page.mouse.down()
    return dict(box), height


def state(page: Page) -> dict[str, Any]:
    found: dict[str, Any] = page.evaluate(
        "(({coefficients, focus, analogy, pinned, measure}) => "
        "({coefficients, focus, analogy, pinned, measure}))"
        "(document.querySelector('#instrument').page.state)"
    )
    return found


def test_the_first_screen_means_something(open_page: OpenPage) -> None:
    page = open_page(live=False)
    expect(formula(page)).to_have_text("θ = θ₀ − 0.50·τ(apples)")
    expect(page.locator('[data-preset="forget"]')).to_have_attribute("aria-pressed", "true")
    expect(page.locator(".about")).to_have_text("The preset forget.")
    for task in (*TARGETS, "gardens"):
        expect(bar(page, task).locator(".value")).to_have_text(re.compile(r"^\d+\.\d"))
    expect(page.locator(".plot path.line.target")).to_have_attribute("d", re.compile("M.*L.*L"))
    expect(page.locator(".says .control")).to_contain_text("control:")
    expect(page.locator(".unseen[aria-live]")).to_contain_text("Apples along λ of apples: −1.50:")


def test_shipped_numbers_are_called_shipped(open_page: OpenPage) -> None:
    page = open_page(live=False)
    shipped = page.evaluate(
        # A node that ships and is on no live curve, so that no measurement can overtake it.
        "document.querySelector('#instrument').page.measurements.at({apples: 1.25}).apples.source"
    )
    assert shipped == "shipped"


def test_a_drag_is_a_preview_that_settles_into_a_measurement(
    open_page: OpenPage, page_suite: Suite
) -> None:
    page = open_page("?set=birds:0.4&focus=dice")
    settled(page)
    box, height = grab(page, "dice")
    for share in (0.6, 0.68, 0.75):
        page.mouse.move(box["x"] + box["width"] * share, height)
    value = float(slider(page, "dice").input_value())
    assert 0.6 < value < 0.95
    expect(formula(page)).to_have_text(f"θ = θ₀ + 0.40·τ(birds) + {value:.2f}·τ(dice)")
    expect(number_box(page, "dice")).to_have_value(f"{value:.2f}")
    page.mouse.up()
    settled(page)
    expect(bar(page, "dice")).not_to_have_class(re.compile("hollow"))
    edit = Edit("tiny", {"birds": 0.4, "dice": value})
    tasks = [*TARGETS, "gardens"]
    expected = measure(Evaluator(page_suite, device="cpu"), edit, tasks=tasks)
    for task in tasks:
        assert shown_accuracy(page, task) == pytest.approx(100 * expected[task].value, abs=0.06)


def test_what_is_not_measured_is_drawn_hollow(open_page: OpenPage) -> None:
    page = open_page()
    page.evaluate("document.querySelector('#instrument').page.asking.commit = () => {}")
    page.locator('[data-tool="reset"]').click()
    number_box(page, "birds").fill("0.37")
    number_box(page, "birds").press("Enter")
    number_box(page, "dice").fill("0.61")
    number_box(page, "dice").press("Enter")
    expect(bar(page, "dice")).to_have_class(re.compile("hollow"))
    expect(page.locator(".dot.target")).to_have_class(re.compile("hollow"))
    expect(page.locator(".status")).to_contain_text("preview, not measured yet")
    expect(page.locator("path.preview.target")).to_have_attribute("d", re.compile("M.*L"))


def test_the_preview_is_the_librarys_surrogate(open_page: OpenPage, page_suite: Suite) -> None:
    from taskarith.evaluation import load_surrogate

    page = open_page()
    page.wait_for_function("document.querySelector('#instrument').page.view.surrogate")
    surrogate = load_surrogate(page_suite)
    assert surrogate is not None
    for edit in ({}, {"apples": -0.7}, {"apples": 0.3, "birds": -0.2, "coins": 0.5, "dice": 0.8}):
        expected = surrogate.accuracy(edit)
        found = page.evaluate(
            """(edit) => {
              const { surrogate, hello } = document.querySelector('#instrument').page.view;
              const along = surrogate.along(edit, 'apples');
              const tasks = hello.tasks.map((task) => task.name);
              return Object.fromEntries(tasks.map((t) => [t, along(t, edit.apples || 0)]));
            }""",
            edit,
        )
        assert {t: v for t, v in found.items() if v is not None} == pytest.approx(
            expected, abs=0.02
        )
    assert (
        page.evaluate(
            "document.querySelector('#instrument').page.view.surrogate.along({eggs: 1}, 'apples')"
        )
        is None
    )


def test_the_keyboard_moves_finely_coarsely_and_to_zero(open_page: OpenPage) -> None:
    page = open_page("?set=coins:0.20&focus=coins")
    slider(page, "coins").focus()
    page.keyboard.press("ArrowRight")
    expect(number_box(page, "coins")).to_have_value("0.21")
    page.keyboard.press("Shift+ArrowLeft")
    expect(number_box(page, "coins")).to_have_value("0.11")
    page.keyboard.press("Shift+ArrowLeft")
    page.keyboard.press("ArrowLeft")
    expect(number_box(page, "coins")).to_have_value("0.00")
    page.keyboard.press("Shift+ArrowUp")
    expect(formula(page)).to_have_text("θ = θ₀ + 0.10·τ(coins)")
    page.keyboard.press("0")
    expect(formula(page)).to_have_text("θ = θ₀")
    expect(slider(page, "coins")).to_have_attribute("aria-valuetext", "0.00")


def test_a_number_box_has_no_shortcuts(open_page: OpenPage) -> None:
    page = open_page("?set=coins:0.2")
    number_box(page, "coins").click()
    page.keyboard.type("-0.305")
    expect(formula(page)).to_have_text("θ = θ₀ + 0.20·τ(coins)")
    page.keyboard.press("Enter")
    expect(formula(page)).to_have_text("θ = θ₀ − 0.305·τ(coins)")
    page.keyboard.type("7")
    page.keyboard.press("Escape")
    expect(number_box(page, "coins")).to_have_value("−0.305")


@pytest.mark.parametrize(
    ("typed", "says"),
    [("abc", "is not a number"), ("1e999", "is not a number"), ("", "is not a number"),
     ("3.5", "λ goes from −3 to 3"), ("-99", "λ goes from −3 to 3")],
)  # fmt: skip
def test_a_bad_number_is_explained_and_changes_nothing(
    typed: str, says: str, open_page: OpenPage
) -> None:
    page = open_page("?set=coins:0.2")
    number_box(page, "coins").fill(typed)
    number_box(page, "coins").press("Enter")
    expect(page.locator(".notice")).to_contain_text(says)
    expect(number_box(page, "coins")).to_have_attribute("aria-invalid", "true")
    expect(formula(page)).to_have_text("θ = θ₀ + 0.20·τ(coins)")
    number_box(page, "coins").fill("0,4")
    number_box(page, "coins").press("Enter")
    expect(formula(page)).to_have_text("θ = θ₀ + 0.40·τ(coins)")
    expect(page.locator(".notice")).to_be_hidden()


def test_a_number_beyond_the_slider_stretches_it(open_page: OpenPage) -> None:
    page = open_page()
    number_box(page, "coins").fill("2.5")
    number_box(page, "coins").press("Enter")
    expect(slider(page, "coins")).to_have_attribute("max", "3")
    settled(page)
    assert page.evaluate("document.querySelector('#instrument').page.view.range") == [-3, 3]
    # What is wrong with a box goes when another edit fills it.
    number_box(page, "coins").fill("9")
    number_box(page, "coins").press("Enter")
    expect(page.locator(".notice")).to_contain_text("λ goes from −3 to 3")
    page.get_by_role("button", name="Add", exact=True).click()
    expect(page.locator(".notice")).to_have_count(0)
    expect(number_box(page, "coins")).to_have_value("0.00")


def test_it_settles_on_the_last_value(open_page: OpenPage) -> None:
    page = open_page("?set=coins:0")
    sent: list[dict[str, float]] = []
    page.on(
        "request",
        lambda request: (
            sent.append(request.post_data_json["data"]["coefficients"])
            if "component_server" in request.url and request.post_data_json["fn_name"] == "commit"
            else None
        ),
    )
    slider(page, "coins").focus()
    for _ in range(20):
        page.keyboard.press("ArrowRight")
    settled(page)
    assert state(page)["coefficients"] == {"coins": 0.2}
    assert sent[-1] == {"coins": 0.2}
    assert len(sent) <= 5  # not one for each of the twenty


def test_undo_redo_and_reset(open_page: OpenPage) -> None:
    page = open_page()
    first = formula(page).inner_text()
    page.locator('[data-preset="add"]').click()
    page.locator('[data-vector="birds"] .reset').click()
    expect(formula(page)).to_have_text("θ = θ₀ + 0.40·τ(apples)")
    page.locator('[data-tool="undo"]').click()
    expect(formula(page)).to_have_text("θ = θ₀ + 0.40·τ(apples) + 0.40·τ(birds)")
    page.keyboard.press("Control+z")
    expect(formula(page)).to_have_text(first)
    expect(page.locator('[data-tool="undo"]')).to_be_disabled()
    page.keyboard.press("Control+Shift+z")
    expect(formula(page)).to_have_text("θ = θ₀ + 0.40·τ(apples) + 0.40·τ(birds)")
    page.locator('[data-tool="reset"]').click()
    expect(formula(page)).to_have_text("θ = θ₀")


def test_one_drag_is_one_step_back(open_page: OpenPage) -> None:
    page = open_page("?set=coins:0.2")
    box, height = grab(page, "coins")
    for share in (0.6, 0.7, 0.8):
        page.mouse.move(box["x"] + box["width"] * share, height)
    page.mouse.up()
    page.locator('[data-tool="undo"]').click()
    expect(formula(page)).to_have_text("θ = θ₀ + 0.20·τ(coins)")


def test_dragging_in_the_chart_moves_the_slider_in_hand(open_page: OpenPage) -> None:
    page = open_page("?set=coins:0.2")
    settled(page)  # what is measured first takes its room
    hand = page.locator("svg.over .hand").bounding_box()
    assert hand is not None
    page.mouse.move(hand["x"] + hand["width"] / 2, hand["y"] + 50)
    page.mouse.down()
    page.mouse.move(hand["x"] + hand["width"] * 5 / 6, hand["y"] + 60)
    page.mouse.up()
    expect(formula(page)).to_have_text("θ = θ₀ + 1.00·τ(coins)")


def test_a_pinned_edit_stays_as_a_ghost(open_page: OpenPage) -> None:
    page = open_page("?set=coins:0.5&focus=coins")
    settled(page)
    page.locator('[data-tool="pin"]').click()
    expect(page.locator("line.ghost")).to_have_count(1)
    slider(page, "coins").focus()
    for _ in range(3):
        page.keyboard.press("Shift+ArrowLeft")
    settled(page)
    assert state(page)["pinned"] == {"coefficients": {"coins": 0.5}, "merge": None}
    expect(bar(page, "coins").locator(".ref.pinned")).to_be_visible()
    expect(page.locator("svg.over .key")).to_contain_text("pinned")
    expect(page.locator(".about")).to_contain_text("against the pinned edit, on the same 80 images")
    page.locator('[data-tool="pin"]').click()
    expect(page.locator("line.ghost")).to_have_count(0)


def test_the_analogy_builder_writes_the_sliders(open_page: OpenPage) -> None:
    page = open_page()
    for role, name in {"a": "birds", "b": "eggs", "c": "flags", "d": "coins"}.items():
        page.locator(f'select[data-analogy="{role}"]').select_option(name)
    expect(formula(page)).to_have_text("θ = θ₀ − 1.00·τ(birds) + 1.00·τ(eggs) + 1.00·τ(flags)")
    page.locator('input[data-analogy="bracket"]').fill("0.5")
    expect(formula(page)).to_have_text("θ = θ₀ − 0.50·τ(birds) + 0.50·τ(eggs) + 1.00·τ(flags)")
    expect(number_box(page, "eggs")).to_have_value("0.50")
    readings = page.locator(".compare .reading")
    expect(readings.locator(".label")).to_have_text(
        ["this edit", "τ(flags) alone", "true τ(coins)", "pretrained"]
    )
    for index in range(4):
        expect(readings.nth(index).locator(".value")).to_have_text(re.compile(r"\d"))
    expect(bar(page, "coins")).to_have_class(re.compile("target"))
    slider(page, "birds").focus()
    page.keyboard.press("ArrowRight")  # the bracket's other end follows, and D stays in the picture
    expect(formula(page)).to_have_text("θ = θ₀ − 0.49·τ(birds) + 0.49·τ(eggs) + 1.00·τ(flags)")
    expect(page.locator('input[data-analogy="bracket"]')).to_have_value("0.49")
    slider(page, "flags").focus()
    page.keyboard.press("Shift+ArrowLeft")
    expect(page.locator('input[data-analogy="own"]')).to_have_value("0.9")
    expect(bar(page, "coins")).to_have_class(re.compile("target"))


def test_an_analogy_of_a_task_with_itself_is_explained(open_page: OpenPage) -> None:
    page = open_page("?set=coins:0.2")
    expect(page.locator(".analogy .hint")).to_contain_text(
        "For example: Birds is to Eggs as Flags is to Coins."
    )
    for role, name in {"a": "birds", "b": "birds", "c": "flags", "d": "coins"}.items():
        page.locator(f'select[data-analogy="{role}"]').select_option(name)
    expect(page.locator(".analogy .hint")).to_contain_text("A and B are the same task")
    expect(formula(page)).to_have_text("θ = θ₀ + 0.20·τ(coins)")


def test_presets_bring_auxiliary_and_null_vectors(open_page: OpenPage) -> None:
    page = open_page()
    page.locator('[data-preset="analogy"]').click()
    expect(slider(page, "eggs")).to_be_visible()
    expect(bar(page, "eggs")).to_be_visible()
    page.locator('[data-preset="random"]').click()
    expect(slider(page, "random:apples")).to_be_visible()
    expect(slider(page, "eggs")).to_have_count(0)
    expect(formula(page)).to_have_text("θ = θ₀ + 0.50·τ(random:apples)")
    settled(page)


def test_the_measure_shown_is_said(open_page: OpenPage) -> None:
    page = open_page("?set=dice:1&focus=dice")
    settled(page)
    page.locator('[data-measure="normalized"]').click()
    expect(bar(page, "dice").locator(".value")).to_have_text("100.0\u202f%")
    expect(page.locator(".picture h2")).to_contain_text("Normalized")
    page.locator('[data-measure="gain"]').click()
    expect(bar(page, "dice").locator(".value")).to_have_text("100.0\u202f%")
    page.locator('[data-tool="reset"]').click()
    expect(bar(page, "dice").locator(".value")).to_have_text("0.0\u202f%")


def test_test_is_a_deliberate_act_that_is_counted(open_page: OpenPage) -> None:
    page = open_page("?set=dice:0.83&focus=dice")
    settled(page)
    expect(page.locator(".tasks h2 small")).to_have_text("on validation")
    page.locator('[data-tool="test"]').click()
    expect(page.locator(".tasks h2 small")).to_have_text(re.compile(r"on test, look \d+"))
    expect(page.locator(".status")).to_contain_text("all 120 images")
    expect(page.locator(".says .target")).to_contain_text("Dice on test:")
    # The second control is shown here and nowhere else: no choice of λ sees it.
    second = bar(page, SECOND_CONTROL)
    expect(second.locator(".value")).to_have_text(re.compile(r"^\d+\.\d"))
    second.click()
    expect(page.locator(".images h2")).to_contain_text("of the first 120 test images")
    expect(page.locator(".images h2")).to_contain_text("test images")
    slider(page, "dice").focus()
    page.keyboard.press("ArrowRight")
    expect(page.locator(".tasks h2 small")).to_have_text("on validation")
    expect(second).to_have_count(0)


def test_images_whose_answer_changed_are_shown(open_page: OpenPage) -> None:
    page = open_page("?set=apples:-1.5&focus=apples")
    expect(page.locator(".images h2")).to_contain_text("of the first 80 validation images")
    images = page.locator(".strip img")
    assert images.count() > 0
    assert page.evaluate("document.querySelector('.strip img').naturalWidth") == 16
    expect(page.locator(".strip li button").first).to_have_attribute(
        "title", re.compile("apples.*→")
    )
    page.locator(".strip li button").first.click()
    large = page.locator("dialog.large")
    expect(large).to_contain_text(re.compile("It is apples.*now wrong|It is .*"))
    page.keyboard.press("Escape")
    expect(large).to_be_hidden()
    settled(page)
    changed = int(page.locator(".images h2 small").inner_text().split()[0])
    items = page.locator(".strip li")
    expect(items).to_have_count(min(8, changed))
    assert changed > 8
    page.get_by_role("button", name="show more").click()
    expect(items).to_have_count(changed)
    expect(page.get_by_role("button", name="show more")).to_be_hidden()
    expect(items.nth(8).locator("button")).to_be_focused()
    bar(page, "birds").click()
    expect(page.locator(".images h2")).to_contain_text("Birds")


def test_the_page_keeps_score_of_its_preview(open_page: OpenPage) -> None:
    page = open_page("?set=dice:0.47,birds:0.31&focus=dice")
    page.wait_for_function("document.querySelector('#instrument').page.view.surrogate")
    slider(page, "dice").focus()
    page.keyboard.press("ArrowRight")
    settled(page)
    expect(page.locator(".status")).to_contain_text(re.compile(r"preview off by \d+\.\d points"))
