from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch

from taskarith.core import Edit, TaskVector
from taskarith.errors import RecipeCancelled, RecipeError
from taskarith.evaluation import Evaluator, measure, stratified_order
from taskarith.recipes.tuning import Tuning, tuned_vector
from taskarith.suites import Suite
from taskarith.training.loop import Recipe

TUNING = Tuning(
    full=Recipe(steps=30, batch=16, rate=3e-3, warmup=5, weight_decay=0.0, seed=1),
    few=Recipe(steps=10, batch=4, rate=3e-2, warmup=2, weight_decay=0.0, seed=1),
)
TASK = "birds"


@pytest.fixture
def tuned(tiny_suite: Suite) -> Callable[..., TaskVector]:
    def run(start: dict[str, float], *tasks: str, **changes: Any) -> TaskVector:
        settings = {"split": "train", "examples": None, "check": lambda: None} | changes
        return tuned_vector(
            tiny_suite,
            start,
            vectors=tiny_suite.vector,
            tasks=tasks,
            tuning=TUNING,
            device=torch.device("cpu"),
            **settings,
        )

    return run


def kept(cache: Path) -> list[Path]:
    return sorted(cache.glob("tuned/*"))


def test_it_learns_from_where_it_starts(
    tuned: Callable[..., TaskVector], tiny_suite: Suite
) -> None:
    start = {"apples": 0.5}
    vector = tuned(start, TASK)
    assert set(vector) == set(tiny_suite.vector("apples"))
    evaluator = Evaluator(tiny_suite, device="cpu")
    evaluator.add_vector("tuned", vector)

    def accuracy(coefficients: dict[str, float]) -> float:
        edit = Edit("tiny", coefficients)
        return measure(evaluator, edit, tasks=[TASK])[TASK].value

    assert accuracy({**start, "tuned": 1.0}) > accuracy(start) + 0.1
    assert accuracy({**start, "tuned": 1.0}) > accuracy({"tuned": 1.0})


def test_several_tasks_are_learned_together(
    tuned: Callable[..., TaskVector], tiny_suite: Suite
) -> None:
    evaluator = Evaluator(tiny_suite, device="cpu")
    evaluator.add_vector("both", tuned({}, "birds", "coins"))
    before, after = (
        measure(evaluator, Edit("tiny", edit), tasks=["birds", "coins"])
        for edit in ({}, {"both": 1.0})
    )
    assert all(after[task].value > before[task].value for task in before)


def test_what_was_tuned_is_kept_and_not_tuned_again(
    tuned: Callable[..., TaskVector], own_cache: Path
) -> None:
    steps = []
    first = tuned({"apples": 0.5}, TASK, examples=8, check=lambda: steps.append(1))
    assert len(steps) == TUNING.few.steps
    again = tuned({"apples": 0.5}, TASK, examples=8, check=lambda: steps.append(1))
    assert len(steps) == TUNING.few.steps
    assert all(torch.equal(first[name], again[name]) for name in first)
    assert len(kept(own_cache)) == 1
    for other in ({"apples": 0.4}, {}):
        tuned(other, TASK, examples=8)
    tuned({}, TASK, examples=4)
    tuned({}, TASK, examples=4, split="validation")
    assert len(kept(own_cache)) == 5


def test_a_damaged_file_is_tuned_again(tuned: Callable[..., TaskVector], own_cache: Path) -> None:
    first = tuned({}, TASK, examples=4)
    (file,) = kept(own_cache)
    file.write_bytes(file.read_bytes()[:100])
    again = tuned({}, TASK, examples=4)
    assert all(torch.equal(first[name], again[name]) for name in first)


def test_stopping_leaves_nothing_behind(tuned: Callable[..., TaskVector], own_cache: Path) -> None:
    steps = []

    def check() -> None:
        steps.append(1)
        if len(steps) == 3:
            raise RecipeCancelled("stopped")

    with pytest.raises(RecipeCancelled):
        tuned({}, TASK, check=check)
    assert len(steps) == 3
    assert kept(own_cache) == []


def test_few_images_are_the_first_of_the_stratified_order(
    tuned: Callable[..., TaskVector], tiny_suite: Suite, own_cache: Path
) -> None:
    """Blackening every picture but those changes nothing; blackening one of those does."""
    split = tiny_suite.split(TASK, "train")
    first = stratified_order(split.labels.numpy())[:4]
    expected = tuned({}, TASK, examples=4)

    def changed() -> bool:
        (file,) = kept(own_cache)
        file.unlink()
        found = tuned({}, TASK, examples=4)
        return any(not torch.equal(found[name], expected[name]) for name in found)

    split.pixels[[i for i in range(len(split)) if i not in first]] = 0
    assert not changed()
    split.pixels[first[0]] = 0
    assert changed()


def test_fewer_images_move_the_weights_less(tuned: Callable[..., TaskVector]) -> None:
    one, some, many = (tuned({}, TASK, examples=count).norm() for count in (1, 8, 40))
    assert 0 < one < some < many


@pytest.mark.parametrize("examples", [0, -1])
def test_no_images_are_refused(tuned: Callable[..., TaskVector], examples: int) -> None:
    with pytest.raises(RecipeError, match="at least one image"):
        tuned({}, TASK, examples=examples)
