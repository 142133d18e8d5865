"""The pages of one site: each sends its own elements alone."""

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
