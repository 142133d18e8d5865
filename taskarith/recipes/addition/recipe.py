"""The addition recipe: pairs, larger subsets and all tasks, each at its best λ on validation."""

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import combinations
from statistics import fmean

import numpy as np

from taskarith.recipes.addition.protocol import (
    ADDITION_GRID,
    ROUNDS,
    Addition,
    add,
    choose_common,
    choose_each,
)
from taskarith.recipes.addition.result import AdditionResult
from taskarith.recipes.flattering import choice_flatters
from taskarith.recipes.lab import Lab
from taskarith.recipes.sample import Sample
from taskarith.recipes.score import Score

__all__ = ["SUBSET_SEED", "AdditionRecipe"]

SUBSET_SEED = 4


@dataclass(frozen=True)
class AdditionRecipe:
    """Add the vectors of `tasks`, two by two, more, and all.

    Attributes:
        joint: the vector of one model fine-tuned on all tasks together, if there is one.
        per_size: how many subsets of each size between pairs and the whole; None is all of them.
    """

    tasks: tuple[str, ...]
    control: str
    unseen_controls: tuple[str, ...] = ()
    joint: str | None = None
    per_size: int | None = None

    def subsets(self) -> list[tuple[str, ...]]:
        """The subsets that are added, small ones first: all pairs, more, the whole."""
        rng = np.random.default_rng(SUBSET_SEED)
        chosen = []
        for size in range(2, len(self.tasks) + 1):
            those = list(combinations(self.tasks, size))
            if self.per_size is not None and size > 2 and self.per_size < len(those):
                rows = np.sort(rng.choice(len(those), self.per_size, replace=False))
                those = [those[row] for row in rows]
            chosen += those
        return chosen

    def evaluations(self) -> int:
        """The most evaluations that `run` takes."""
        count, controls, grid = len(self.tasks), 1 + len(self.unseen_controls), len(ADDITION_GRID)
        subsets = self.subsets()
        choosing = count + sum(len(subset) * grid for subset in subsets)
        choosing += ROUNDS * count * grid * count
        testing = sum(
            len(subset) + (controls if self._in_full(subset) else 0) for subset in subsets
        )
        references = count + controls + count * 2
        return choosing + testing + references + 2 * (count + controls)

    def run(self, lab: Lab) -> AdditionResult:
        """Choose every λ on validation, then measure everything once on test."""
        score = lab.score
        own = {task: score({task: 1.0}, [task], split="validation") for task in self.tasks}
        on_validation = {task: measured[task] for task, measured in own.items()}
        chosen: dict[tuple[str, ...], float] = {}
        for subset in self.subsets():
            below = [value for tasks, value in chosen.items() if len(tasks) == len(subset) - 1]
            chosen[subset] = choose_common(
                score,
                tasks=subset,
                finetuned=on_validation,
                start=None if self._in_full(subset) else fmean(below),
            )
        each = choose_each(
            score, tasks=self.tasks, finetuned=on_validation, start=chosen[self.tasks]
        )
        flattery = choice_flatters(
            lab,
            [dict.fromkeys(self.tasks, value) for value in ADDITION_GRID],
            tasks=self.tasks,
            finetuned=on_validation,
        )
        return self._tested(score, chosen, each, sample=lab.sample, flattery=flattery)

    def _tested(
        self,
        score: Score,
        chosen: Mapping[tuple[str, ...], float],
        each: Mapping[str, float],
        *,
        sample: Sample,
        flattery: float | None,
    ) -> AdditionResult:
        controls = [self.control, *self.unseen_controls]
        pretrained = dict(score({}, [*self.tasks, *controls], split="test"))
        models = {
            task: score({task: 1.0}, [task, self.control], split="test") for task in self.tasks
        }
        finetuned = {task: measured[task] for task, measured in models.items()}

        def added(
            tasks: tuple[str, ...], coefficient: float | Mapping[str, float], how: str
        ) -> Addition:
            return add(
                score,
                tasks=tasks,
                coefficient=coefficient,
                pretrained=pretrained,
                finetuned=finetuned,
                also=controls if self._in_full(tasks) else (),
                how=how,
            )

        joint = {self.joint: 1.0} if self.joint is not None else None
        return AdditionResult(
            control=self.control,
            unseen_controls=self.unseen_controls,
            pretrained=pretrained,
            finetuned=finetuned,
            finetuned_control={task: models[task][self.control] for task in self.tasks},
            sums=tuple(added(tasks, value, "common λ") for tasks, value in chosen.items()),
            each=added(self.tasks, each, "λ of each"),
            joint=added(self.tasks, joint, "joint fine-tuning") if joint else None,
            sampled=self.per_size,
            sample=sample,
            flattery=flattery,
        )

    def _in_full(self, subset: tuple[str, ...]) -> bool:
        """Whether a subset gets the whole grid, and the controls beside it."""
        return len(subset) in (2, len(self.tasks))
