"""What a sum is, and how its coefficients are chosen; measuring stays behind `score`."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from taskarith.evaluation import Estimate
from taskarith.recipes.choosing import best_on_grid, coordinate_search, walk
from taskarith.recipes.score import (
    Score,
    mean_gain,
    mean_normalized,
    surely_normalized,
)

__all__ = ["ADDITION_GRID", "ROUNDS", "Addition", "add", "choose_common", "choose_each"]

ADDITION_GRID = tuple(round(0.05 * step, 2) for step in range(21))
ROUNDS = 3  # of the coordinate search


@dataclass(frozen=True)
class Addition:
    """A sum of task vectors (or one model that knows them all), measured on test.

    Attributes:
        how: "common λ", "λ of each" or "joint fine-tuning".
        accuracies: estimates of the added tasks, and of others that were asked for.
        normalized, gain: means over the added tasks alone.
    """

    tasks: tuple[str, ...]
    coefficients: dict[str, float]
    accuracies: dict[str, Estimate]
    normalized: float
    gain: float
    how: str = "common λ"

    @property
    def coefficient(self) -> float:
        """The common λ, where there is one."""
        return next(iter(self.coefficients.values()))


def choose_common(
    score: Score,
    *,
    tasks: Sequence[str],
    finetuned: Mapping[str, Estimate],
    grid: Sequence[float] = ADDITION_GRID,
    start: float | None = None,
) -> float:
    """The common λ with the surely best mean normalized skill on validation.

    That is the highest lower end of its 95 % interval; ties go to the smaller λ.

    `finetuned`: validation estimate of each task's own fine-tuned model. With `start` the search
    walks from there along `grid` instead of measuring all of it.
    """

    def quality(value: float) -> float:
        measured = score(dict.fromkeys(tasks, value), tasks, split="validation")
        return surely_normalized(measured, finetuned=finetuned)

    if start is not None:
        return walk(quality, grid=grid, start=start)
    asked = {v: score(dict.fromkeys(tasks, v), tasks, split="validation") for v in grid}
    return best_on_grid(lambda v: surely_normalized(asked[v], finetuned=finetuned), grid=grid)


def choose_each(
    score: Score, *, tasks: Sequence[str], finetuned: Mapping[str, Estimate], start: float
) -> dict[str, float]:
    """One λ a task: coordinate search from the common λ `start`, by the same measure."""

    def quality(coefficients: Mapping[str, float]) -> float:
        measured = score(coefficients, tasks, split="validation")
        return surely_normalized(measured, finetuned=finetuned)

    return coordinate_search(
        quality, start=dict.fromkeys(tasks, start), grid=ADDITION_GRID, rounds=ROUNDS
    )


def add(
    score: Score,
    *,
    tasks: Sequence[str],
    coefficient: float | Mapping[str, float],
    pretrained: Mapping[str, Estimate],
    finetuned: Mapping[str, Estimate],
    also: Sequence[str] = (),
    how: str = "common λ",
) -> Addition:
    """Measure the sum of `tasks` at one common `coefficient` on test, with tasks in `also`.

    `coefficient` may be a mapping: then it is the edit. `pretrained` and `finetuned` are test
    estimates, by task.
    """
    if isinstance(coefficient, Mapping):
        edit = dict(coefficient)
    else:
        edit = dict.fromkeys(tasks, coefficient)
    measured = dict(score(edit, [*tasks, *also], split="test"))
    own = {task: measured[task] for task in tasks}
    return Addition(
        tasks=tuple(tasks),
        coefficients=edit,
        accuracies=measured,
        normalized=mean_normalized(own, finetuned=finetuned),
        gain=mean_gain(own, pretrained=pretrained, finetuned=finetuned),
        how=how,
    )
