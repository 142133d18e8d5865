"""The pages of one site: each sends its own elements alone."""

from collections import Counter
from concurrent.futures import Future

from taskarith.ui.serving.explorers import Explorers
from taskarith.ui.site import PAGES, build


def opened(name: str) -> None:
    raise AssertionError("nothing is opened before somebody asks")


def test_every_page_has_its_route_and_explore_only_its_instrument() -> None:
    blocks = build(Explorers("mini", Future(), open_suite=opened))  # type: ignore[arg-type]
    pages = blocks.config["page"]
    assert list(pages) == ["", *(path for _, path, _ in PAGES)]
    types = {part["id"]: part["type"] for part in blocks.config["components"]}
    assert [types[number] for number in pages[""]["components"]] == ["html"]
    assert all(len(page["components"]) > 1 for path, page in pages.items() if path)


def test_no_event_of_a_page_is_offered_to_programs() -> None:
    blocks = build(Explorers("mini", Future(), open_suite=opened))  # type: ignore[arg-type]
    assert blocks.config["dependencies"]
    assert {event["api_visibility"] for event in blocks.config["dependencies"]} == {"private"}


def test_no_event_has_two_listeners_that_wait_for_their_turn() -> None:
    """Gradio tells an event that waited to all its listeners: two would go on for ever."""
    blocks = build(Explorers("mini", Future(), open_suite=opened))  # type: ignore[arg-type]
    waiting = [
        target
        for listener in blocks.config["dependencies"]
        if listener["backend_fn"] and listener["trigger_mode"] == "always_last"
        for target in map(tuple, listener["targets"])
        if target[0] is not None
    ]
    assert waiting
    assert [target for target, n in Counter(waiting).items() if n > 1] == []
