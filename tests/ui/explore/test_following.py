"""Follow me on the real page: a talk, the windows that go along with it, and a speaker's two."""

import json
from collections.abc import Callable
from functools import partial

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from tests.ui.conftest import NewVisitor, Server
from tests.ui.explore.test_lessons import opened, place, visit
from tests.ui.explore.test_page import formula, slider, state

pytestmark = pytest.mark.browser

__all__ = ["visit"]  # a fixture

EDIT = "set=letters:-0.5&focus=letters"


@pytest.fixture
def phone(server: Server, new_visitor: NewVisitor) -> Callable[[], BrowserContext]:
    """A browser of somebody else's, as often as it is called."""
    viewport = {"width": 390, "height": 800}
    return partial(new_visitor, viewport=viewport, base_url=server.url, has_touch=True)


def chosen(page: Page, name: str) -> None:
    page.locator(".learn summary").click()
    page.locator(f'[data-talk="{name}"]').click()


def led(page: Page) -> str:
    """The audience's link, of a talk that is opened now."""
    chosen(page, "follow")
    link = page.locator("dialog.class .link").input_value()
    page.locator('[data-audience="close"]').click()
    return link


def test_windows_follow_let_go_and_come_back(
    visit: BrowserContext, phone: Callable[[], BrowserContext]
) -> None:
    page = visit.new_page()
    page.goto("/?suite=tiny&set=apples:-0.5&focus=apples")
    link = led(page)
    assert "follow=" in link
    followers = [phone().new_page() for _ in range(3)]
    calls: list[str] = []
    for follower in followers:
        follower.on("request", lambda request: calls.append(request.post_data or ""))
        follower.goto(link)
        expect(formula(follower)).to_have_text("θ = θ₀ − 0.50·τ(apples)")
    expect(page.locator(".live [role=status]")).to_have_text("Others may follow: 3 do.")
    slider(page, "apples").focus()
    for _ in range(5):
        page.keyboard.press("ArrowRight")
    page.locator('[data-measure="gain"]').click()
    for follower in followers:
        expect(formula(follower)).to_have_text("θ = θ₀ − 0.45·τ(apples)")
        expect(follower.locator('[data-measure="gain"]')).to_have_attribute("aria-pressed", "true")
    # What is measured for the presenter is shown to all, and measured for none of them.
    followers[0].wait_for_function(
        "document.querySelector('#instrument').page.found('apples')?.kind === 'measured'"
    )
    names = {json.loads(sent).get("fn_name") for sent in calls if sent.startswith("{")}
    assert "hello" in names
    assert not names & {"commit", "more", "changed"}

    page.locator(".learn summary").click()
    page.locator('[data-start="own"]').click()
    page.locator(".lesson").wait_for()
    page.keyboard.press("PageDown")
    for follower in followers:
        expect(follower.locator(".lesson small")).to_have_text(place(page))
        assert state(follower)["coefficients"] == state(page)["coefficients"]
    page.keyboard.press("Escape")
    mine = followers[0]
    expect(mine.locator(".lesson")).to_have_count(0)
    expect(formula(mine)).to_have_text("θ = θ₀ − 0.45·τ(apples)")

    slider(mine, "apples").focus()
    mine.keyboard.press("ArrowLeft")
    expect(mine.locator(".live [role=status]")).to_have_text("You play on your own.")
    slider(page, "apples").focus()
    page.keyboard.press("End")
    expect(formula(followers[1])).to_have_text("θ = θ₀ + 1.50·τ(apples)")
    expect(formula(mine)).to_have_text("θ = θ₀ − 0.46·τ(apples)")
    mine.locator('[data-live="come_back"]').click()
    expect(formula(mine)).to_have_text("θ = θ₀ + 1.50·τ(apples)")

    page.wait_for_url("**set=apples:1.5&**")
    page.reload()
    expect(page.locator(".live [role=status]")).to_contain_text("Others may follow")
    slider(page, "apples").focus()
    page.keyboard.press("ArrowLeft")
    expect(formula(mine)).to_have_text("θ = θ₀ + 1.49·τ(apples)")
    page.locator('[data-live="end"]').click()
    expect(mine.locator(".live")).to_contain_text("The presenter has ended")
    expect(page.locator(".live")).to_be_hidden()


def test_a_talk_that_is_not_there_is_said(phone: Callable[[], BrowserContext]) -> None:
    page = opened(phone(), f"{EDIT}&follow=aaaaaaaaaaaaaaaa")
    expect(page.locator(".live")).to_contain_text("The presenter has ended")
    page.locator('[data-live="hide_bar"]').click()
    expect(page.locator(".live")).to_be_hidden()
    page.wait_for_function("document.querySelector('#instrument').page.link.silent === false")


def test_a_speaker_has_notes_and_the_audience_has_none(visit: BrowserContext) -> None:
    page = opened(visit, "lesson=task-vector&lang=en")
    page.locator(".lesson").wait_for()
    page.locator(".learn summary").click()
    with visit.expect_page() as coming:
        page.locator('[data-talk="windows"]').click()
    audience = coming.value
    audience.locator(".presenting .lesson").wait_for()
    expect(audience.locator(".lesson small")).to_have_text("1 of 7")
    expect(audience.locator(".speaker")).to_have_count(0)
    expect(audience.locator(".live")).to_be_hidden()
    expect(page.locator(".speaker .notes")).to_contain_text("Ask the room")
    expect(page.locator(".speaker .next-step")).to_contain_text("Next: A copy of it was trained")
    page.bring_to_front()
    page.keyboard.press("PageDown")
    expect(audience.locator(".lesson small")).to_have_text("2 of 7")
    expect(formula(audience)).to_have_text("θ = θ₀ + 1.00·τ(handwritten-digits)")
    for window in (page, audience):
        window.reload()
        expect(window.locator(".lesson small")).to_have_text("2 of 7")
    page.keyboard.press("PageDown")
    expect(audience.locator(".lesson small")).to_have_text("3 of 7")
    expect(page.locator(".speaker .notes")).to_contain_text("Let somebody else drag")
    page.keyboard.press("Escape")
    expect(page.locator(".speaker .next-step")).to_contain_text("Next: Forget")
