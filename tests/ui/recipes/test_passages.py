"""The index that visitors edit: what the server takes, and the part of the page in a browser."""

import re

import pytest
from playwright.sync_api import BrowserContext, expect

from taskarith.errors import TaskArithError
from taskarith.recipes.retrieval.open_book import first_index
from taskarith.suites import Suite, load_suite
from taskarith.ui.recipes.passages import Passages
from tests.ui.conftest import PATIENCE, Server


@pytest.fixture(scope="module")
def suite() -> Suite:
    return load_suite("mini-t5")


def test_what_a_visitor_starts_with(suite: Suite, tiny_suite: Suite) -> None:
    hello = Passages().hello(suite)
    assert tuple(hello["passages"]) == first_index().passages
    assert re.search(r"100 facts .* BM25 puts first, in \d+ %", hello["measured"])
    assert Passages().hello(tiny_suite) == {"passages": []}


def test_the_answer_is_of_the_passages_that_were_sent(suite: Suite) -> None:
    passages = Passages()
    sent = [" Anna found the red hat in the kitchen. ", "", "Ben lost the grey cup in the hall."]
    message = {"passages": sent, "question": "tell me who did find the red hat.", "k": 1}
    answer = passages.ask(suite, message)
    assert answer["passages"] == 2
    assert answer["bm25"]["places"] == (0,)
    assert 0 < answer["by_bm25"]["p"] <= 1


@pytest.mark.parametrize(
    ("spoiled", "words"),
    [
        ({"passages": []}, "no passages"),
        ({"passages": ["a"] * 10_000}, "10,000 passages; at most 1,000"),
        ({"passages": ["x" * 201]}, "passage 1 has 201 characters"),
        ({"passages": "Anna"}, "something else than passages"),
        ({"passages": [1]}, "something else than passages"),
        ({"question": None}, "no question"),
        ({"k": True}, "no question"),
        ({"k": 10**9}, "readers read"),
    ],
)
def test_nonsense_is_refused(spoiled: dict[str, object], words: str, suite: Suite) -> None:
    message = {"passages": ["Anna left."], "question": "who?", "k": 1} | spoiled
    with pytest.raises(TaskArithError, match=words):
        Passages().ask(suite, message)


def test_a_suite_without_readers_is_refused(tiny_suite: Suite) -> None:
    with pytest.raises(TaskArithError, match="open mini-t5"):
        Passages().ask(tiny_suite, {})


@pytest.mark.browser
def test_answers_follow_the_index(
    context: BrowserContext, server: Server, problems: list[str]
) -> None:
    expect.set_options(timeout=1000 * PATIENCE)
    page = context.new_page()
    page.on("pageerror", lambda error: problems.append(str(error)))
    page.goto("/recipes?suite=mini-t5")
    expect(page.locator("#run")).to_be_enabled()
    expect(page.locator("#cost")).to_contain_text("evaluations")  # the form is filled in
    part = page.locator("#passages")
    expect(part).to_have_count(0)
    page.get_by_label("Retrieval", exact=True).check()
    # All that this choice changes on the page has come.
    expect(page.locator("#result")).to_contain_text("Two ways of forgetting")
    part.get_by_role("button", name="Ask", exact=True).click()
    expect(part.locator("tr[data-who]")).to_have_count(4)
    found = part.locator(".found li").first
    passage = found.inner_text().split(" score")[0]
    part.get_by_label("Search the passages").fill(passage)
    part.get_by_role("button", name=f"{passage}").click()  # removes it
    expect(part.locator(".counted")).to_contain_text("149 passages")
    expect(part.locator(".counted")).to_contain_text("1 taken out")
    expect(found).not_to_contain_text(passage)  # asked again by itself
    new = part.get_by_label("A new passage")
    new.fill(passage)
    new.press("Enter")
    expect(found).to_contain_text(passage)
    part.get_by_label("passage 1", exact=True).fill("")
    part.get_by_label("passage 1", exact=True).blur()
    expect(part.locator(".failed")).to_contain_text("A passage needs words")
    part.locator("summary").click()
    part.get_by_label("A passage a line").fill("")
    part.get_by_role("button", name="Use these lines").click()
    expect(part.locator(".said")).to_contain_text("the index has no passages")
    assert problems == []
