"""What a window hears first, for every suite that a link may ask for."""

from concurrent.futures import Future
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from taskarith.errors import MemoryBudgetError
from taskarith.suites import Suite, load_suite
from taskarith.suites.home import add_folder
from taskarith.ui.greeting import Greeting, listed_suites
from taskarith.ui.serving.explorers import Explorers
from tests.ui.serving.test_explorer import run

READY = {"state": "ready", "device": "CPU"}


class FakeExplorer:
    """An engine that is ready."""

    failed = False

    def __init__(self, suite: Suite) -> None:
        self.suite = suite

    async def engine(self, message: object) -> dict[str, Any]:
        return READY


@pytest.fixture
def home(page_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A home of suites with the one of the page's tests in it, called "tiny"."""
    monkeypatch.setenv("TASKARITH_SUITES", str(tmp_path / "home"))
    add_folder(page_folder, taken=lambda name: False)
    return tmp_path / "home"


def open_suite(name: str) -> Any:
    return FakeExplorer(load_suite(name))


def greeting(*, opened: bool = True, open_suite: Any = open_suite) -> Greeting:
    first: Future[Any] = Future()
    if opened:
        first.set_result(SimpleNamespace(suite=SimpleNamespace(name="mini"), engine=engine))
    return Greeting(Explorers("mini", first, open_suite=open_suite))


async def engine(message: object) -> dict[str, Any]:
    return READY


@pytest.mark.parametrize("asked", [None, "mini"])
def test_without_a_wish_it_is_the_suite_of_the_start(asked: object) -> None:
    answer = run(greeting().of(asked))
    assert answer["suite"]["name"] == "mini"
    assert answer["engine"] == READY
    assert "problem" not in answer


def test_a_link_to_another_suite_opens_that(home: Path) -> None:
    answer = run(greeting().of("tiny"))
    assert answer["suite"]["name"] == "tiny"
    assert answer["engine"] == READY
    assert "problem" not in answer


def test_the_first_screen_of_another_suite_waits_for_no_engine(home: Path) -> None:
    answer = run(greeting(opened=False).of("tiny"))
    assert answer["suite"]["name"] == "tiny"
    assert answer["shipped"]
    assert answer["engine"]["state"] == "loading"


@pytest.mark.parametrize(
    "asked", ["huge", "../tiny", "", 3, [], {"x": 1}, "x" * 10_000, "tasks.json", "."]
)
def test_what_is_not_there_is_said_beside_what_is(asked: object, home: Path) -> None:
    answer = run(greeting().of(asked))
    assert answer["suite"]["name"] == "mini"
    assert answer["problem"].startswith("there is no suite")
    assert answer["problem"].endswith("here. This is the suite mini")
    assert len(answer["problem"]) < 120


def test_a_suite_for_which_there_is_no_room_is_said(home: Path) -> None:
    def full(name: str) -> Any:
        raise MemoryBudgetError("these edits need 9 GB, and 4 GB may be used.")

    answer = run(greeting(open_suite=full).of("tiny"))
    assert answer["problem"] == (
        "these edits need 9 GB, and 4 GB may be used. This is the suite mini"
    )


def test_a_damaged_manifest_is_explained_by_who_opens_it(home: Path) -> None:
    (home / "broken").mkdir()
    (home / "broken" / "manifest.json").write_text('{"format": 1}', encoding="utf-8")
    answer = run(greeting().of("broken"))
    assert "name must be a text" in answer["problem"]


def test_what_can_be_shown_comes_first(home: Path) -> None:
    found = listed_suites()
    here = [suite["name"] for suite in found if suite["here"]]
    assert {"mini", "mini-lm", "mini-t5", "tiny"} <= set(here)
    assert [suite["name"] for suite in found[: len(here)]] == here
    assert any(suite["name"] == "clip-vit-base-patch32" for suite in found[len(here) :])
