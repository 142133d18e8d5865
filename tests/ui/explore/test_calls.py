"""What the page calls, without Gradio: who answers when, and how errors are put into words."""

import asyncio
from concurrent.futures import Future
from pathlib import Path
from typing import Any

import pytest

from taskarith.errors import AssetError, CoefficientError, unknown_name
from taskarith.ui.explore.page import server_functions
from taskarith.ui.serving.explorers import Explorers
from taskarith.ui.serving.limits import Limiter
from tests.ui.serving.test_explorer import run


class FakeExplorer:
    """Answers `engine`; every `commit` fails with the error it was made with."""

    def __init__(self, error: Exception | None = None) -> None:
        self.error = error

    async def engine(self, message: object) -> dict[str, Any]:
        return {"state": "ready", "device": "CPU"}

    async def commit(self, message: object) -> dict[str, Any]:
        assert self.error is not None
        raise self.error


def no_other(name: str) -> Any:
    raise unknown_name("suite", name, existing=[])


def calls(source: Path, opening: "Future[Any]", *, seen: list[str] | None = None) -> Any:
    seen = [] if seen is None else seen
    explorers = Explorers(str(source), opening, open_suite=no_other)
    functions = server_functions(explorers, limiter=Limiter(), on_open=lambda: seen.append("seen"))
    return {function.__name__: function for function in functions}


def opened(error: Exception | None = None) -> "Future[Any]":
    opening: Future[Any] = Future()
    opening.set_result(FakeExplorer(error))
    return opening


def test_the_first_screen_does_not_wait_for_the_engine(page_folder: Path) -> None:
    seen: list[str] = []
    page = calls(page_folder, Future(), seen=seen)
    hello = run(page["hello"]({}))
    assert hello["shipped"]
    assert hello["engine"]["state"] == "loading"
    assert seen == ["seen"]


def test_other_calls_wait_until_it_is_there(page_folder: Path) -> None:
    opening: Future[Any] = Future()
    page = calls(page_folder, opening)

    async def scenario() -> dict[str, Any]:
        waiting = asyncio.create_task(page["engine"]({}))
        done, _ = await asyncio.wait({waiting}, timeout=0.05)
        assert not done
        opening.set_result(FakeExplorer())
        answer: dict[str, Any] = await waiting
        return answer

    assert run(scenario())["state"] == "ready"


def test_a_window_can_tell_that_the_server_was_restarted(page_folder: Path) -> None:
    first, second = calls(page_folder, opened()), calls(page_folder, opened())
    boot = run(first["hello"]({}))["engine"]["boot"]
    assert run(first["engine"]({}))["boot"] == boot
    assert run(second["engine"]({}))["boot"] != boot


@pytest.mark.parametrize(
    ("error", "says"),
    [
        (CoefficientError("λ(apples) = 9 is out of range"), "λ(apples) = 9 is out of range"),
        (RuntimeError("boom"), "Something went wrong on the server (RuntimeError)"),
    ],
)
def test_every_error_becomes_words(error: Exception, says: str, page_folder: Path) -> None:
    assert says in run(calls(page_folder, opened(error))["commit"]({}))["error"]


def test_a_window_that_calls_without_pause_waits_and_the_others_do_not(page_folder: Path) -> None:
    page = calls(page_folder, opened())

    async def scenario() -> tuple[bool, bool]:
        eager = [page["engine"]({"session": "eager"}) for _ in range(200)]
        flood = asyncio.gather(*eager)
        answered, _ = await asyncio.wait({asyncio.create_task(page["engine"]({"session": "calm"}))})
        waiting = not flood.done()
        await flood
        return bool(answered), waiting

    assert run(scenario()) == (True, True)


@pytest.mark.parametrize("message", [None, [], "x", {"session": 3}, {"session": "x" * 10_000}])
def test_who_does_not_say_its_name_is_answered_too(message: Any, page_folder: Path) -> None:
    assert run(calls(page_folder, opened())["engine"](message))["state"] == "ready"


def test_a_damaged_suite_is_explained_by_who_opens_it(tmp_path: Path) -> None:
    opening: Future[Any] = Future()
    opening.set_exception(AssetError("manifest.json is damaged; restore the suite's files"))
    assert "restore the suite" in run(calls(tmp_path, opening)["hello"]({}))["error"]


def test_made_up_windows_are_refused_in_the_end_and_known_ones_are_not(page_folder: Path) -> None:
    page = calls(page_folder, opened(CoefficientError("measured")))

    async def scenario() -> list[str]:
        names = [f"{number:024x}" for number in range(400)]
        answers = [await page["commit"]({"session": name}) for name in [*names, names[0]]]
        return [answer["error"] for answer in answers]

    errors = run(scenario())
    assert errors[0] == errors[99] == errors[-1] == "measured"
    assert "more windows than this server can measure for" in errors[-2]
