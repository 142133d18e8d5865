"""What a window gets of a commit, and when: the first point at once, the rest a few at a time."""

import asyncio
from typing import Any

from taskarith.core import Edit
from taskarith.evaluation import Piece
from taskarith.evaluation.worker import Finished
from taskarith.ui.pieces import GATHERED, Pieces
from tests.apart import run

EDIT = Edit("tiny", {"apples": 1.0})


def pieces() -> Pieces:
    return Pieces(1, edit=EDIT, split="validation", compared={}, labels=lambda task: None)


def piece(coefficient: float) -> Piece:
    edit = EDIT.with_coefficient("apples", coefficient)
    return Piece("slice", edit, "validation", "apples", coefficient, {}, False, 0.0, 0.0)


def at(answer: dict[str, Any]) -> list[float]:
    return [coefficients["apples"] for coefficients, _ in answer["points"]]


def test_the_first_answer_comes_at_once_and_later_ones_gather() -> None:
    async def watch() -> None:
        held = pieces()
        held.put(piece(0.1))
        first = await held.since(0, patience=5)
        assert at(first) == [0.1]
        held.put(piece(0.2))
        asyncio.get_running_loop().call_later(GATHERED / 4, held.put, piece(0.3))
        asyncio.get_running_loop().call_later(GATHERED / 2, held.put, piece(0.4))
        later = await held.since(first["cursor"], patience=5)
        assert at(later) == [0.2, 0.3, 0.4]
        assert not later["done"]

    run(watch())


def test_the_end_is_not_kept_waiting() -> None:
    async def watch() -> None:
        held = pieces()
        held.put(piece(0.1))
        cursor = (await held.since(0, patience=5))["cursor"]
        held.put(Finished("complete"))
        asked = asyncio.create_task(held.since(cursor, patience=5))
        await asyncio.sleep(0)  # it has begun, and does not gather
        await asyncio.sleep(0)
        assert asked.done()
        assert (await asked)["done"]

    run(watch())


def test_nothing_new_is_answered_in_time() -> None:
    async def watch() -> None:
        held = pieces()
        answer = await held.since(0, patience=0.01)
        assert answer["points"] == []
        assert not answer["done"]

    run(watch())
