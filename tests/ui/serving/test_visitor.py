"""One name for a tab, and no other tab's."""

from collections.abc import Callable

import pytest
from playwright.sync_api import BrowserContext, Page

from taskarith.errors import TaskArithError
from taskarith.ui.serving.visitor import read_visitor

KEPT = "sessionStorage.getItem('taskarith-visitor')"


def test_a_visitor_is_24_hex_digits() -> None:
    assert read_visitor("0" * 24) == "0" * 24
    for value in (None, "", "x" * 24, "0" * 25, ["0" * 24], "0" * 24 + "\n"):
        with pytest.raises(TaskArithError, match="reload"):
            read_visitor(value)


@pytest.mark.browser
def test_a_duplicated_tab_takes_a_name_of_its_own(
    open_drawn: Callable[[str], Page], context: BrowserContext
) -> None:
    first = open_drawn("compare")
    first.wait_for_function(f"{KEPT} !== null")
    name = first.evaluate(KEPT)
    first.goto("/recipes")
    first.wait_for_function("document.querySelector('#run')?.textContent.includes('Run')")
    assert first.evaluate(KEPT) == name  # the same tab on another page
    # As a browser duplicates it: the new tab starts with what the other remembers.
    copied = f"if (!{KEPT}) sessionStorage.setItem('taskarith-visitor', '{name}')"
    second = context.new_page()
    second.add_init_script(copied)
    second.goto("/compare")
    second.wait_for_function(f"{KEPT} !== '{name}'")
    assert read_visitor(second.evaluate(KEPT)) != name
    assert first.evaluate(KEPT) == name
