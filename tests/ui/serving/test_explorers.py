"""Several suites in one process: which one is asked for, how many are open, who makes room."""

import asyncio
from concurrent.futures import Future
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from taskarith.errors import MemoryBudgetError, UnknownNameError, unknown_name
from taskarith.suites.home import make_private
from taskarith.ui.serving.explorers import LOOKED_AT, Explorers
from tests.ui.serving.test_explorer import run


class FakeExplorer:
    """An Explorer that only knows whose it is, and whether it was closed."""

    def __init__(self, name: str) -> None:
        self.suite = SimpleNamespace(name=name)
        self.failed = False
        self.closed = False

    def close(self) -> None:
        self.closed = True


class Opener:
    """Opens every suite but "gone", and keeps count."""

    def __init__(self) -> None:
        self.opened: list[FakeExplorer] = []

    def __call__(self, name: str) -> Any:
        if name == "gone":
            raise unknown_name("suite", name, existing=["mini"])
        self.opened.append(FakeExplorer(name))
        return self.opened[-1]

    @property
    def names(self) -> list[str]:
        return [explorer.suite.name for explorer in self.opened]


@pytest.fixture
def opener() -> Opener:
    return Opener()


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def explorers(opener: Opener, clock: Clock) -> Explorers:
    first: Future[Any] = Future()
    first.set_result(FakeExplorer("mini"))
    return Explorers("mini", first, open_suite=opener, most=3, clock=clock)


def test_a_suite_is_opened_once_and_the_first_not_at_all(
    explorers: Explorers, opener: Opener
) -> None:
    async def scenario() -> None:
        assert await explorers.get() is await explorers.get("mini") is explorers.first.result()
        one, two = await asyncio.gather(explorers.get("a"), explorers.get("a"))
        assert one is two is await explorers.get("a")

    run(scenario())
    assert opener.names == ["a"]


def test_whoever_nobody_looks_at_makes_room(
    explorers: Explorers, opener: Opener, clock: Clock
) -> None:
    async def scenario() -> None:
        for name in ("a", "b"):
            await explorers.get(name)
        clock.now += LOOKED_AT
        await explorers.get("a")  # looked at again, so b is the one
        await explorers.get("c")

    run(scenario())
    assert [explorer.closed for explorer in opener.opened] == [False, True, False]
    assert not explorers.first.result().closed  # type: ignore[attr-defined]


def test_what_is_looked_at_stays_and_the_new_one_is_refused_with_words(
    explorers: Explorers, opener: Opener
) -> None:
    async def scenario() -> None:
        for name in ("a", "b"):
            await explorers.get(name)
        with pytest.raises(MemoryBudgetError, match=r"keeps 3 suites.*mini, a, b.*Try again"):
            await explorers.get("c")
        await explorers.get("b")

    run(scenario())
    assert not any(explorer.closed for explorer in opener.opened)


def test_one_visitor_leaves_a_place_to_the_others(
    opener: Opener, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    first: Future[Any] = Future()
    first.set_result(FakeExplorer("mini"))
    explorers = Explorers("mini", first, open_suite=opener, most=4, shared=True, clock=clock)

    def at(address: str) -> None:
        monkeypatch.setattr("taskarith.ui.serving.explorers.address", lambda: address)

    async def scenario() -> None:
        at("robot")
        await explorers.get("a")
        await explorers.get("b")
        with pytest.raises(MemoryBudgetError, match="your network looks at 2 suites"):
            await explorers.get("c")
        at("school")
        await explorers.get("c")
        await explorers.get("a")
        at("robot")
        clock.now += LOOKED_AT - 1
        await explorers.get("b")
        clock.now += 1
        with pytest.raises(UnknownNameError):  # which makes room for it: nobody looks at c
            await explorers.get("gone")
        await explorers.get("d")

    run(scenario())
    assert [(e.suite.name, e.closed) for e in opener.opened] == [
        ("a", False), ("b", False), ("c", True), ("d", False),
    ]  # fmt: skip


@pytest.mark.parametrize(
    "name", ["/etc", "../mini", "a/b", "a\\b", ".", "C:", "A", "a" * 65, 7, True, ["a"], {}, "a\0"]
)
def test_what_is_no_name_opens_nothing(explorers: Explorers, opener: Opener, name: object) -> None:
    async def scenario() -> None:
        with pytest.raises(UnknownNameError, match="that is no name of a suite"):
            await explorers.get(name)

    run(scenario())
    assert opener.opened == []


def test_an_engine_that_could_not_start_is_tried_again_when_a_page_opens(
    explorers: Explorers, opener: Opener
) -> None:
    async def scenario() -> None:
        broken = await explorers.get("a")
        opener.opened[0].failed = True
        assert await explorers.get("a") is broken  # whoever looks at it goes on being told why
        assert await explorers.get("a", anew=True) is not broken

    run(scenario())
    assert [explorer.closed for explorer in opener.opened] == [True, False]


def test_a_suite_that_is_not_there_costs_nothing(explorers: Explorers, opener: Opener) -> None:
    async def scenario() -> None:
        with pytest.raises(UnknownNameError, match="unknown suite 'gone'"):
            await explorers.get("gone")
        await explorers.get("a")
        await explorers.get("b")

    run(scenario())


def test_closing_ends_all_of_them(explorers: Explorers, opener: Opener) -> None:
    run(explorers.get("a"))  # type: ignore[arg-type]
    explorers.close()
    assert opener.opened[0].closed
    assert explorers.first.result().closed  # type: ignore[attr-defined]


def test_no_name_that_only_some_may_know_is_told(
    explorers: Explorers, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("TASKARITH_SUITES", str(tmp_path))
    (tmp_path / "b").mkdir()
    (tmp_path / "b" / "manifest.json").write_text("{}")
    make_private(tmp_path / "b")

    async def scenario() -> None:
        for name in ("a", "b"):
            await explorers.get(name)
        with pytest.raises(MemoryBudgetError, match=r"each of mini, a\. Try"):
            await explorers.get("c")

    run(scenario())


def test_what_is_forgotten_is_closed_though_somebody_looks(
    explorers: Explorers, opener: Opener
) -> None:
    async def scenario() -> None:
        await explorers.get("a")
        await explorers.forget("a")
        await explorers.forget("never-open")

    run(scenario())
    assert [explorer.closed for explorer in opener.opened] == [True]
    assert not explorers.in_use("a")
