"""The page Geometry in a real browser: sliders, pictures that follow, and the link they write."""

import re
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from taskarith.suites import Suite
from taskarith.suites.geometry import suite_geometry
from taskarith.ui.geometry.page import Geometries

pytestmark = pytest.mark.browser

QUERY = "?suite=tiny&set=apples:0.5,birds:-1"


@pytest.fixture
def page(open_drawn: Callable[..., Page]) -> Page:
    return open_drawn(f"geometry{QUERY}")


def cell(page: Page, card: str, pair: str) -> str:
    text = page.locator(f"[data-card={card}] [data-pair='{pair}']").inner_text()
    return text.replace("−", "-")


def slider(page: Page, name: str) -> Any:
    return page.locator(f"[data-vector={name}] input[type=range]")


def test_the_pictures_are_those_of_the_edit_and_follow_the_slider(
    page: Page, tiny_suite: Suite
) -> None:
    geometry = suite_geometry(tiny_suite)
    share = geometry.conflicts[1.0][0, 1]
    assert cell(page, "signs", "0-1") == f"{100 * (1 - share):.0f}"
    cosine = geometry.cosines()[0, 1]
    assert float(cell(page, "angles", "0-1")) == pytest.approx(-cosine, abs=0.006)
    slider(page, "birds").focus()
    page.keyboard.press("End")
    expect(page.locator(".drawn .formula")).to_have_text("θ = θ₀ + 0.50·τ(apples) + 1.50·τ(birds)")
    assert cell(page, "signs", "0-1") == f"{100 * share:.0f}"
    assert float(cell(page, "angles", "0-1")) == pytest.approx(cosine, abs=0.006)
    edit = {"apples": 0.5, "birds": 1.5}
    lengths = page.locator("[data-card=lengths] .bar.sum")
    shown = [float(str(one.get_attribute("data-value"))) for one in lengths.all()]
    expected = list(geometry.edit_norms(edit) / geometry.base)
    assert shown[:-1] == pytest.approx(expected, abs=1e-5)


def test_the_other_pages_get_the_changed_edit(page: Page) -> None:
    slider(page, "coins").focus()
    page.keyboard.press("Home")
    assert "set=apples:0.5,birds:-1,coins:-1.5" in page.url
    page.get_by_role("link", name="Open in Explore").click()
    page.locator(".taskarith[data-state=open]").wait_for()
    expect(page.locator(".formula")).to_have_text(
        "θ = θ₀ + 0.50·τ(apples) − 1.00·τ(birds) − 1.50·τ(coins)"
    )


def test_typed_nonsense_is_refused_in_words(page: Page) -> None:
    box = page.locator("[data-vector=apples] .number")
    for text, says in (("1e9999", "is not a number"), ("7", "is outside")):
        box.fill(text)
        box.press("Enter")
        expect(page.locator(".drawn [role=status]")).to_contain_text(says)
        expect(page.locator(".drawn .formula")).to_contain_text("0.50·τ(apples)")
    box.fill("−0,25")
    box.press("Enter")
    expect(page.locator(".drawn .formula")).to_contain_text("θ₀ − 0.25·τ(apples)")


def test_what_of_a_link_cannot_be_taken_is_said(open_drawn: Callable[..., Page]) -> None:
    page = open_drawn("geometry?set=apples:0.5,nobody:1,random:dice:0.5")
    notice = page.locator(".drawn [role=status]")
    expect(notice).to_contain_text("there is no task vector nobody")
    expect(notice).to_contain_text("random:dice")
    page.get_by_role("button", name="largest 20 %").click()
    expect(page.locator("[data-density='0.2']")).to_have_attribute("aria-pressed", "true")
    assert re.fullmatch(r"\d+", cell(page, "signs", "0-1"))


def test_a_suite_is_computed_once(tiny_suite: Suite) -> None:
    geometries = Geometries()
    first = geometries.answer(tiny_suite, {"query": "?set=apples:1"})
    second = geometries.answer(tiny_suite, {"query": 7})
    assert first["geometry"] is second["geometry"]
    assert (first["coefficients"], second["coefficients"]) == ({"apples": 1.0}, {})
