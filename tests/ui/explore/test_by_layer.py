"""Factors by layer: one row of them multiplies every λ, is measured, linked, saved and undone."""

import json
import re
from collections.abc import Callable

import numpy as np
import pytest
from playwright.sync_api import Locator, Page, expect

from taskarith.core import Edit, TaskVector
from taskarith.evaluation import Evaluator
from taskarith.suites import Suite
from tests.ui.explore.test_page import formula, settled, shown_accuracy
from tests.ui.explore.test_sharing import taken

pytestmark = pytest.mark.browser

OpenPage = Callable[..., Page]

GROUPS = ("visual.transformer.resblocks.0", "visual.transformer.resblocks.1")
GROUP = GROUPS[1]
LAMBDAS = {"apples": 0.5, "dice": 0.8}
SUM = "?set=apples:0.5,dice:0.8&focus=apples"
QUARTER = Edit("tiny", LAMBDAS, settings={"layers": {"*": {GROUP: 0.25}}})


def box(page: Page, group: str = GROUP) -> Locator:
    return page.get_by_label(f"factor of {group}, as a number")


def switch(page: Page) -> Locator:
    return page.locator('[data-tool="layers"]')


def textbook_share(suite: Suite, task: str) -> float:
    """Right answers of θ₀ + Σ λ·factor·τ, added up one parameter after the other."""
    summed = {}
    for name, value in LAMBDAS.items():
        for parameter, tensor in suite.vector(name).items():
            factor = 0.25 if parameter.startswith(f"{GROUP}.") else 1.0
            summed[parameter] = summed.get(parameter, 0) + value * factor * tensor.float()
    evaluator = Evaluator(suite, device="cpu")
    evaluator.add_vector("by-hand", TaskVector(summed))
    evaluator.use(Edit("tiny", {"by-hand": 1.0}))
    total = evaluator.total(task, "validation")
    answers = evaluator.predict(task, "validation", start=0, stop=total)
    return float(np.mean(answers == evaluator.labels(task, "validation")))


def test_factors_are_measured_saved_linked_and_undone(
    open_page: OpenPage, page_suite: Suite
) -> None:
    page = open_page(SUM)
    settled(page)
    assert page.evaluate("document.querySelector('#instrument').page.byLayer.panel") is None
    switch(page).click()
    box(page).fill("0,25")
    box(page).press("Enter")
    expect(formula(page)).to_have_text(QUARTER.formula())
    expect(page.locator(".status")).to_contain_text("no preview by layer")
    settled(page)
    for task in ("apples", "dice", "gardens"):
        assert shown_accuracy(page, task) == pytest.approx(
            100 * textbook_share(page_suite, task), abs=0.06
        )
    assert page.evaluate("document.querySelector('#instrument').page.view.line") is None
    assert Edit.from_json(json.loads(taken(page, "json"))) == QUARTER
    expect(page).to_have_url(re.compile(rf"layers={re.escape(GROUP)}:0\.25&focus"))
    page.reload()
    page.locator(".taskarith[data-state=open]").wait_for()
    expect(box(page)).to_have_value("0.25")
    expect(switch(page)).to_have_attribute("aria-pressed", "true")
    page.locator('[data-tool="undo"]').click()
    expect(formula(page)).to_have_text(Edit("tiny", LAMBDAS).formula())
    expect(box(page)).to_have_value("1.00")
    page.locator('[data-tool="redo"]').click()
    expect(box(page)).to_have_value("0.25")
    switch(page).click()
    expect(page.locator(".layers")).to_be_hidden()
    expect(formula(page)).to_have_text(Edit("tiny", LAMBDAS).formula())


def test_keys_shapes_presets_and_a_narrow_screen(open_page: OpenPage) -> None:
    page = open_page(f"{SUM}&method=ties")
    page.set_viewport_size({"width": 390, "height": 844})
    switch(page).click()
    first, last = (page.get_by_label(f"factor of {g}", exact=True) for g in GROUPS)
    first.focus()
    for key, value in (("ArrowRight", "1.05"), ("Shift+ArrowLeft", "0.80"), ("0", "0.00")):
        page.keyboard.press(key)
        expect(box(page, GROUPS[0])).to_have_value(value)
        expect(first).to_have_attribute("aria-valuetext", value)
    expect(formula(page)).to_contain_text("ties(")
    expect(formula(page)).to_contain_text("by layer)")
    page.locator('[data-layers="shape"]').select_option("falling")
    expect(box(page, GROUPS[0])).to_have_value("1.00")
    expect(last).to_have_attribute("aria-valuetext", "0.00")
    page.locator(".methods select").select_option("sum")  # another method keeps the factors
    expect(formula(page)).to_contain_text("sum(")
    wide = page.evaluate("document.documentElement.scrollWidth")
    assert wide <= 390
    box(page).fill("2.5")
    box(page).press("Enter")
    expect(page.locator(".notice")).to_contain_text("is a number from 0 to 2")
    expect(box(page)).to_have_attribute("aria-invalid", "true")
    page.locator('[data-preset="forget"]').press("Enter")
    expect(box(page)).to_have_value("1.00")
    expect(formula(page)).not_to_contain_text("by layer")


def test_a_link_to_layers_that_are_not_there_is_told(open_page: OpenPage) -> None:
    page = open_page(f"{SUM}&layers=visual.transformer.resblocks.7:0.5")
    expect(page.locator(".notice")).to_contain_text("no layer visual.transformer.resblocks.7")
    expect(formula(page)).to_have_text(Edit("tiny", LAMBDAS).formula())
    expect(switch(page)).to_have_attribute("aria-pressed", "false")
