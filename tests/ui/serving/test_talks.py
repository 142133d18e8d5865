"""Talks without a network: names that nobody guesses, bounds, and ends."""

import asyncio
from typing import Any

import pytest

from taskarith.errors import TaskArithError
from taskarith.ui.serving.talks import LONGEST, SILENCE, Talks
from tests.apart import run


class Clock:
    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


async def heard(talks: Talks, name: str, *, after: list[Any]) -> list[bytes | None]:
    """What one follower hears of `after`: texts are told with the key, calls are made."""
    seat = talks.seat(name)
    assert seat is not None
    found: list[bytes | None] = []

    async def follow() -> None:
        async for news in seat.news(beat=5):
            found.append(news)

    following = asyncio.create_task(follow())
    for act in after:
        await asyncio.sleep(0)
        act()
        await asyncio.sleep(0.01)
    following.cancel()
    await asyncio.gather(following, return_exceptions=True)
    seat.leave()
    return found


def test_a_follower_hears_the_newest_and_then_each_that_comes() -> None:
    talks = Talks()
    name, key = talks.open("here")
    talks.tell(name, key, b"one")
    talks.tell(name, key, b"two")
    acts = [lambda: None, lambda: talks.tell(name, key, b"three")]
    acts += [lambda: talks.tell(name, key, b"three"), lambda: talks.tell(name, key, b"four")]
    assert run(heard(talks, name, after=acts)) == [b"two", b"three", b"four"]
    assert talks.followers == 0


def test_what_comes_too_fast_is_left_out_and_the_last_is_not() -> None:
    talks = Talks()
    name, key = talks.open("here")

    def many() -> None:
        for number in range(100):
            talks.tell(name, key, b"%d" % number)

    assert run(heard(talks, name, after=[lambda: None, many])) == [b"99"]


def test_a_name_is_no_key_and_neither_is_guessed() -> None:
    talks = Talks()
    opened = [talks.open(f"address {number}") for number in range(20)]
    assert len({name for name, _ in opened}) == len({key for _, key in opened}) == 20
    assert all(len(name) == 16 and len(key) == 32 for name, key in opened)
    name, key = opened[0]
    other, other_key = opened[1]
    for wrong in ("", name, other_key, key[:-1], f"{key} ", "\ud800"):
        assert talks.tell(name, wrong, b"mine now") is None
        assert not talks.end(name, wrong)
    assert talks.tell("no such talk", key, b"x") is None
    assert talks.tell(other, other_key, b"x") == 0
    assert talks.knows(name, key)


def test_the_end_is_heard() -> None:
    talks = Talks()
    name, key = talks.open("here")

    async def scenario() -> list[Any]:
        seat = talks.seat(name)
        assert seat is not None
        following = asyncio.create_task(_all(seat.news(beat=5)))
        await asyncio.sleep(0.01)
        assert talks.end(name, key)
        return await following

    assert run(scenario()) == []
    assert talks.seat(name) is None
    assert talks.tell(name, key, b"x") is None


async def _all(news: Any) -> list[Any]:
    return [each async for each in news]


@pytest.mark.parametrize("spoken", [True, False])
def test_who_is_not_heard_of_for_long_has_ended_and_nobody_talks_for_ever(spoken: bool) -> None:
    clock = Clock()
    talks = Talks(clock=clock)
    name, key = talks.open("here")
    step = SILENCE - 1 if spoken else SILENCE + 1
    ends = LONGEST if spoken else 0.0
    while clock.now <= ends:
        clock.now += step
        alive = clock.now <= ends
        assert (talks.tell(name, key, None) == 0) is alive
    assert talks.seat(name) is None


def test_places_are_bounded_here_of_each_and_in_a_talk() -> None:
    clock = Clock()
    talks = Talks(most=3, each=2, followers=2, together=3, clock=clock)
    (one, _), (two, _) = talks.open("school"), talks.open("school")
    with pytest.raises(TaskArithError, match="from your network"):
        talks.open("school")
    talks.open("home")
    with pytest.raises(TaskArithError, match="on this server"):
        talks.open("elsewhere")
    seats = [talks.seat(one), talks.seat(one)]
    with pytest.raises(TaskArithError, match="taken"):
        talks.seat(one)
    talks.seat(two)
    with pytest.raises(TaskArithError, match="taken"):
        talks.seat(two)
    assert seats[0] is not None
    seats[0].leave()
    assert talks.seat(two) is not None
    clock.now = SILENCE + 1  # all are over, and their places are free
    assert talks.open("school") != talks.open("school")
