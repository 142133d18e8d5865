"""Several devices: sessions are spread, stay where they came, and share one cache."""

from collections.abc import Iterator

import pytest

from taskarith.core import Edit
from taskarith.errors import TaskArithError
from taskarith.evaluation.crew import Crew
from taskarith.evaluation.measure import Piece
from taskarith.evaluation.worker import Finished
from tests.evaluation.fakes import FakePredictor, Gate, Receiver, edit, steps


@pytest.fixture
def devices() -> tuple[FakePredictor, FakePredictor]:
    return FakePredictor(), FakePredictor()


@pytest.fixture
def crew(devices: tuple[FakePredictor, FakePredictor]) -> Iterator[Crew[FakePredictor]]:
    crew = Crew([lambda: devices[0], lambda: devices[1]])
    yield crew
    crew.close()


def submit(crew: Crew[FakePredictor], session: str, *, seq: int = 1) -> Receiver:
    receiver = Receiver()
    asked = steps(f"{session}{seq}", 2)
    assert crew.submit(session, seq, steps=asked, on_piece=receiver)
    return receiver


def hold(device: FakePredictor, name: str) -> Gate:
    """Keep `device` inside the first step of an edit until the gate opens."""
    gate = Gate()

    def wait(in_use: Edit) -> None:
        if in_use == edit(name):
            gate.wait()

    device.on_predict = wait
    return gate


def test_who_comes_while_one_device_is_taken_is_served_by_the_other(
    crew: Crew[FakePredictor], devices: tuple[FakePredictor, FakePredictor]
) -> None:
    gate = hold(devices[0], "first1")
    first = submit(crew, "first")
    gate.until_reached()
    assert crew.busy
    assert submit(crew, "second").last() == Finished("complete")
    assert crew.ask(lambda device: device).result(5) is devices[1]  # the one that is idle
    gate.open()
    assert first.last() == Finished("complete")
    assert not crew.busy
    assert crew.waiting == 0


def test_a_session_stays_with_its_device_and_the_cache_is_one(
    crew: Crew[FakePredictor], devices: tuple[FakePredictor, FakePredictor]
) -> None:
    for session in ("one", "two", "three", "four"):
        submit(crew, session).last()
    used = [{next(iter(done.coefficients)) for done, _ in device.computed} for device in devices]
    assert used == [{"one1", "three1"}, {"two1", "four1"}]
    again = Receiver()
    assert crew.submit("two", 2, steps=steps("one1", 2), on_piece=again)
    assert again.last() == Finished("complete")
    assert all(piece.cached for piece in again.messages if isinstance(piece, Piece))
    assert not crew.submit("two", 2, steps=steps("late", 1), on_piece=Receiver())


def test_a_session_that_left_makes_room_and_closing_ends_all(
    crew: Crew[FakePredictor], devices: tuple[FakePredictor, FakePredictor]
) -> None:
    gate = hold(devices[0], "first1")
    held = submit(crew, "first")
    gate.until_reached()
    crew.cancel("first")
    crew.cancel("nobody")
    assert held.last() == Finished("superseded")
    waiting = submit(crew, "next")  # comes to the first device again, which has nobody now
    gate.open()
    assert waiting.last() == Finished("complete")
    assert edit("next1") in {done for done, _ in devices[0].computed}
    crew.close()
    assert not crew.submit("late", 1, steps=steps("late", 1), on_piece=Receiver())
    with pytest.raises(TaskArithError, match="closing"):
        crew.ask(lambda device: device).result(5)
