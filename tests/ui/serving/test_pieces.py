"""What a window gets of a commit, and when: the first point at once, the rest a few at a time."""

import asyncio
from dataclasses import replace
from typing import Any

import numpy as np

from taskarith.core import Edit
from taskarith.evaluation import Estimate, PairedDifference, Piece, Reading
from taskarith.evaluation.worker import Finished
from taskarith.tasks.metric import ACCURACY
from taskarith.ui.serving.pieces import GATHERED, GATHERED_SHARE, Pieces
from tests.apart import run

EDIT = Edit("tiny", {"apples": 1.0})


def pieces() -> Pieces:
    return Pieces(
        1,
        edit=EDIT,
        split="validation",
        compared={},
        labels=lambda task: None,
        metric=lambda task: ACCURACY,
    )


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


def test_what_completes_a_picture_is_answered_at_once() -> None:
    async def watch() -> None:
        held = pieces()
        held.put(piece(0.1))
        cursor = (await held.since(0, patience=5))["cursor"]
        held.put(piece(0.2))
        asked = asyncio.create_task(held.since(cursor, patience=5))
        await asyncio.sleep(0)
        held.put(replace(piece(0.3), ends_stage=True))
        for _ in range(4):
            await asyncio.sleep(0)
        assert asked.done()
        answer = await asked
        assert at(answer) == [0.2, 0.3]
        held.put(piece(0.4))
        next_one = asyncio.create_task(held.since(answer["cursor"], patience=5))
        for _ in range(4):
            await asyncio.sleep(0)
        assert not next_one.done()  # it gathers again
        assert at(await next_one) == [0.4]

    run(watch())


def test_a_difference_is_computed_once_for_as_many_images() -> None:
    labels = np.array([0, 1, 0, 1])
    asked: list[str] = []

    def answered(edit: Edit, answers: list[int]) -> Piece:
        estimate = Estimate.share(correct=0, n=len(answers), total=4, split="validation")
        readings = {"apples": Reading(estimate, np.array(answers))}
        return replace(piece(0.0), edit=edit, readings=readings)

    def labels_of(task: str) -> np.ndarray:
        asked.append(task)
        return labels

    async def watch() -> None:
        pretrained = Edit("tiny")
        held = Pieces(
            1,
            edit=EDIT,
            split="validation",
            compared={"pretrained": pretrained},
            labels=labels_of,
            metric=lambda task: ACCURACY,
        )
        held.put(answered(EDIT, [0, 0]))
        assert (await held.since(0, patience=5))["paired"] == {"pretrained": {}}
        held.put(answered(pretrained, [1, 1]))
        first = await held.since(0, patience=5)
        expected = PairedDifference.counted(gained=1, lost=1, n=2).to_json()
        assert first["paired"] == {"pretrained": {"apples": expected}}
        held.put(answered(pretrained, [1, 1, 0, 0]))
        assert (await held.since(0, patience=5))["paired"] == first["paired"]
        assert asked == ["apples"]
        held.put(answered(EDIT, [0, 0, 0, 1]))
        last = (await held.since(0, patience=5))["paired"]["pretrained"]["apples"]
        assert last == PairedDifference.counted(gained=2, lost=1, n=4).to_json()
        assert asked == ["apples", "apples"]

    run(watch())


def test_answers_become_rarer_the_longer_a_commit_takes() -> None:
    async def between_answers(seconds_so_far: float) -> float:
        held = pieces()
        held.put(piece(0.1))
        held._began -= seconds_so_far
        cursor = (await held.since(0, patience=5))["cursor"]
        first = held._answered
        held.put(piece(0.2))
        await held.since(cursor, patience=5)
        return held._answered - first

    young, old = run(between_answers(0.0)), run(between_answers(5.0))
    assert young >= GATHERED - 0.01
    assert old >= 5.0 * GATHERED_SHARE - 0.01
