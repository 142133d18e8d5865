"""Lessons on the real page: walked to the end in every language, and gone without a trace."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from taskarith.ui.lessons import ASSETS, languages, lessons, messages
from tests.ui.conftest import PATIENCE, NewVisitor, Server, elsewhere
from tests.ui.explore.test_page import formula, slider, state

pytestmark = pytest.mark.browser

OWN = "set=letters:0.4,signs:-0.2&focus=signs&measure=gain&pin=textures:1"


@pytest.fixture
def visit(server: Server, held: Path, new_visitor: NewVisitor) -> Iterator[BrowserContext]:
    """A browser that was never here, of whose edits nothing is measured: no lesson waits for it."""
    context = new_visitor(
        viewport={"width": 1440, "height": 900}, base_url=server.url, has_touch=True
    )
    expect.set_options(timeout=1000 * PATIENCE)
    problems: list[str] = []

    def listen(page: Page) -> None:
        page.on("pageerror", lambda error: problems.append(str(error)))
        page.on("request", lambda request: problems.extend(elsewhere(request.url, server.url)))

    context.on("page", listen)
    yield context
    context.remove_listener("page", listen)
    assert problems == []


def opened(context: BrowserContext, query: str = "") -> Page:
    page = context.new_page()
    page.goto(f"/?suite=mini&{query}")
    page.locator(".taskarith[data-state=open]").wait_for()
    return page


def next_step(page: Page) -> None:
    page.locator('[data-lesson="next"]').click()


def place(page: Page) -> str:
    return page.locator(".lesson small").inner_text()


def shown(page: Page) -> dict[str, Any]:
    found: dict[str, Any] = page.evaluate(
        """async () => {
          for (let i = 0; i < 2; i++) await new Promise(requestAnimationFrame);  // it is painted
          const text = (at) => document.querySelector(`.lesson ${at}`).textContent;
          return {say: text(".say"), place: text("small"), task: text(".task"),
            lit: document.querySelectorAll(".lit").length};
        }"""
    )
    return found


@pytest.mark.parametrize("language", sorted(languages()))
def test_every_lesson_is_walked_to_its_end(language: str, visit: BrowserContext) -> None:
    words = messages(language)
    page = opened(visit, f"{OWN}&lang={language}")
    own = state(page)
    for lesson in (one for one in lessons() if one["suite"] == "mini"):
        page.locator(".learn summary").click()
        page.locator(f'[data-start="{lesson["name"]}"]').click()
        said = words["lessons"][lesson["name"]]
        expect(page.locator(".lesson h2")).to_contain_text(said["title"])
        for number, step in enumerate(lesson["steps"], 1):
            if "reached" in step:
                assert shown(page)["task"] == words["page"]["your_turn"]
                page.keyboard.press("PageDown")
                expect(page.locator(".lesson .task")).to_have_text(words["page"]["done"])
            now = shown(page)
            assert now["say"].startswith(re.split(r"[{\[]", said[step["say"]])[0])
            assert not re.search(r"[{}\[\]|]", now["say"])
            assert now["place"] == words["page"]["place"].format(
                at=number, all=len(lesson["steps"])
            )
            assert now["lit"] == ("look_at" in step)
            page.keyboard.press("PageDown")
        expect(page.locator(".lesson")).to_have_count(0)
        assert state(page) == own
        assert "lesson=" not in page.url


def test_a_lesson_of_another_suite_is_a_link(visit: BrowserContext) -> None:
    page = opened(visit, "lang=zh-Hans")
    page.locator(".learn summary").click()
    link = page.locator('.learn a[href*="lesson=language"]')
    assert link.get_attribute("href") == "./?suite=mini-lm&lesson=language&lang=zh-Hans"
    link.click()
    page.wait_for_url("**/?suite=mini-lm*")
    title = messages("zh-Hans")["lessons"]["language"]["title"]
    expect(page.locator(".lesson h2")).to_contain_text(title)
    steps = json.loads((ASSETS / "lessons" / "language.json").read_text(encoding="utf-8"))["steps"]
    for step in steps:
        if "reached" in step:
            next_step(page)
        next_step(page)
    expect(page.locator(".lesson")).to_have_count(0)


def test_the_first_lesson_is_offered_once(visit: BrowserContext) -> None:
    page = opened(visit)
    page.locator('[data-offer="yes"]').click()
    expect(page.locator(".lesson h2")).to_contain_text("What a task vector is")
    again = opened(visit)
    again.locator(".bar").first.wait_for()
    assert again.locator(".offer").count() == 0
    assert again.evaluate("document.querySelector('#instrument').page.stage.coming") is None


def test_nothing_of_it_is_fetched_before_it_is_asked_for(visit: BrowserContext) -> None:
    opened(visit).locator(".offer").wait_for()  # from now on this browser has been here
    page = visit.new_page()
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.goto("/?suite=mini")
    page.locator(".taskarith[data-state=open]").wait_for()
    page.locator(".bar").first.wait_for()
    assert [url for url in asked if "/explore/page.js" in url]
    assert [url for url in asked if "/stage/" in url] == []
    page.locator(".learn summary").click()
    page.locator("[data-start]").first.wait_for()
    assert [url for url in asked if "/stage/lesson.js" in url]


def test_keys_fingers_and_a_reload(visit: BrowserContext) -> None:
    page = opened(visit, f"{OWN}&lesson=forgetting&step=2")
    expect(page.locator(".lesson small")).to_have_text("2 of 7")
    own = "set=letters:0.4,signs:-0.2&focus=signs&pin=textures:1&measure=gain"
    assert own in page.url
    page.keyboard.press("PageDown")
    assert place(page) == "3 of 7"
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowLeft")
    page.keyboard.press("PageUp")
    assert place(page) == "2 of 7"
    slider(page, "handwritten-digits").focus()
    page.keyboard.press("ArrowRight")  # the slider's own
    expect(formula(page)).to_contain_text("0.99·τ(handwritten-digits)")
    assert place(page) == "2 of 7"
    page.keyboard.press("PageDown")  # a clicker's
    assert place(page) == "3 of 7"
    box = page.locator(".lesson .say").bounding_box()
    assert box is not None
    middle = (box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    page.mouse.move(*middle)
    page.mouse.down()
    page.mouse.move(middle[0] - 120, middle[1], steps=3)
    page.mouse.up()
    assert place(page) == "4 of 7"
    page.reload()
    expect(page.locator(".lesson small")).to_have_text("4 of 7")
    assert own in page.url
    page.keyboard.press("Escape")
    expect(page.locator(".lesson")).to_have_count(0)
    expect(formula(page)).to_have_text("θ = θ₀ + 0.40·τ(letters) − 0.20·τ(signs)")
    assert own in page.url


def test_another_language_is_in_the_link(visit: BrowserContext) -> None:
    page = opened(visit, "lesson=nulls")
    expect(page.locator(".lesson h2")).to_contain_text("Random directions")
    page.locator(".learn summary").click()
    page.locator('[data-language="zh-Hans"]').click()
    expect(page.locator(".lesson h2")).to_contain_text("随机方向")
    assert "lang=zh-Hans" in page.url
    assert page.locator(".lesson").get_attribute("lang") == "zh-Hans"
    page.reload()
    expect(page.locator(".lesson h2")).to_contain_text("随机方向")


def test_words_explain_themselves(visit: BrowserContext) -> None:
    page = opened(visit, "lang=en")
    note = page.locator(".explained")
    page.locator('.bank [data-word="lambda"]').hover()
    expect(note).to_contain_text("How far to go along a task vector")
    page.mouse.move(5, 5)
    expect(note).to_be_hidden()
    page.locator('.formula [data-word="pretrained"]').focus()
    expect(note).to_contain_text("before anybody fine-tuned it")
    described = page.locator('.formula [data-word="pretrained"]').get_attribute("aria-describedby")
    assert described == note.get_attribute("id")
    page.keyboard.press("Escape")
    expect(note).to_be_hidden()
    page.locator('.says [data-word="floor"]').tap()
    expect(note).to_contain_text("95 %")
    page.locator('[data-measure="gain"]').click()
    page.locator(".picture h2 dfn").hover()
    expect(note).to_contain_text("gain recovered")
    assert formula(page).inner_text().startswith("θ = θ₀ −")


def test_a_lesson_of_the_suite_s_own_is_offered_on_it_and_shown_as_text(
    visit: BrowserContext,
) -> None:
    page = visit.new_page()
    page.goto("/?set=apples:0.1&focus=apples")
    page.locator(".learn summary").click()
    page.locator('[data-start="own"]').click()
    expect(page.locator(".lesson h2")).to_contain_text("<b>Apples</b>")
    expect(page.locator(".lesson .say")).to_contain_text("<img src=x onerror=alert(1)> ")
    assert page.locator(".lesson :is(img, b:not(.figure))").count() == 0
    next_step(page)
    expect(formula(page)).to_have_text("θ = θ₀ − 0.50·τ(apples)")
    next_step(page)  # shown
    expect(formula(page)).to_have_text("θ = θ₀ + 0.50·τ(apples)")
    next_step(page)
    expect(page.locator(".lesson")).to_have_count(0)
    expect(formula(page)).to_have_text("θ = θ₀ + 0.10·τ(apples)")
    assert opened(visit).locator('[data-start="own"]').count() == 0  # the suite mini's page


def test_a_lesson_that_is_not_there_is_said(visit: BrowserContext) -> None:
    page = opened(visit, "lesson=<b>nothing</b>")
    expect(page.locator(".notice")).to_contain_text("There is no lesson <b>nothing</b>")
    assert page.locator(".lesson").count() == 0
