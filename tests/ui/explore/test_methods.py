"""Merge methods beside the formula: what is chosen there is measured, saved, linked and undone."""

import json
import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from taskarith.core import Edit
from taskarith.evaluation import Evaluator, measure
from taskarith.suites import Suite
from tests.ui.explore.test_page import formula, settled, shown_accuracy
from tests.ui.explore.test_sharing import taken

pytestmark = pytest.mark.browser

OpenPage = Callable[..., Page]

SUM = "?set=apples:0.5,dice:0.8&focus=apples"
TIES = Edit("tiny", {"apples": 0.5, "dice": 0.8}, "ties", {"density": 0.3})


def test_a_method_and_its_settings_are_measured_saved_linked_and_undone(
    open_page: OpenPage, page_suite: Suite
) -> None:
    page = open_page(SUM)
    settled(page)
    by = page.locator(".methods select")
    by.select_option("ties")
    density = page.locator('[data-setting="density"]')
    density.fill("0,3")
    density.press("Enter")
    expect(formula(page)).to_have_text(TIES.formula())
    expect(page.locator(".status")).to_contain_text("no preview of this merge")
    settled(page)
    evaluator = Evaluator(page_suite, device="cpu")
    for task, estimate in measure(evaluator, TIES, tasks=["apples", "gardens"]).items():
        assert shown_accuracy(page, task) == pytest.approx(100 * estimate.value, abs=0.06)
    assert Edit.from_json(json.loads(taken(page, "json"))) == TIES
    expect(page).to_have_url(re.compile(r"method=ties,density:0\.3,scale:1&"))
    page.reload()
    page.locator(".taskarith[data-state=open]").wait_for()
    expect(formula(page)).to_have_text(TIES.formula())
    for _ in range(2):  # density, then the method
        page.locator('[data-tool="undo"]').click()
    expect(formula(page)).to_have_text(Edit("tiny", TIES.coefficients).formula())
    expect(by).to_have_value("sum")
    expect(page.locator("[data-setting]")).to_have_count(0)


def test_a_setting_out_of_range_is_told_and_changes_nothing(open_page: OpenPage) -> None:
    page = open_page(f"{SUM}&method=ties")
    density = page.locator('[data-setting="density"]')
    density.fill("7")
    density.press("Enter")
    expect(page.locator(".notice")).to_have_text("density is a number above 0, at most 1")
    expect(density).to_have_attribute("aria-invalid", "true")
    expect(formula(page)).to_contain_text("density=0.2")


def test_a_method_of_two_vectors_is_off_where_there_are_more(open_page: OpenPage) -> None:
    page = open_page("?set=apples:0.5,coins:1,dice:0.8")
    slerp = page.locator('.methods option[value="slerp"]')
    expect(slerp).to_be_disabled()
    expect(slerp).to_have_text("SLERP (2 vectors only)")
    again = open_page(SUM)
    expect(again.locator('.methods option[value="slerp"]')).to_be_enabled()


def test_a_method_that_looks_at_images_is_left_to_other_pages(open_page: OpenPage) -> None:
    page = open_page(f"{SUM}&method=fisher")
    expect(page.locator(".notice")).to_contain_text("no merge method fisher to slide along here")
    expect(formula(page)).to_have_text(Edit("tiny", TIES.coefficients).formula())


def test_all_that_cannot_be_taken_of_a_link_is_said_at_once(open_page: OpenPage) -> None:
    """Methods are known only once the engine is there: what was said before stays."""
    page = open_page("?set=nonsense:1,apples:0.5&method=zzz")
    notice = page.locator('.notice[data-about="link"]')
    expect(notice).to_contain_text("no merge method zzz")
    expect(notice).to_contain_text("there is no task vector nonsense")
