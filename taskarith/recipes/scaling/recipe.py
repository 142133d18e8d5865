"""The scaling recipe: the same edits on every member of a collection, and the law of their errors.

Every coefficient is chosen on validation, for each model on its own; test is asked once. How a
model is edited and measured stays behind its lab.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from math import hypot
from statistics import fmean

import numpy as np

from taskarith.errors import RecipeError
from taskarith.recipes.choosing import best_on_grid
from taskarith.recipes.interpolation import curve
from taskarith.recipes.lab import Answers, Lab
from taskarith.recipes.negation.protocol import choose_negation
from taskarith.recipes.paint.protocol import choose_alpha
from taskarith.recipes.scaling.kinds import (
    ADDED,
    CONTROL,
    KEPT,
    NEGATED,
    PATCHED,
    RANDOM_ADDED,
    RANDOM_NEGATED,
    TUNED,
    ZERO,
)
from taskarith.recipes.scaling.measured import Base, Measured, summary
from taskarith.recipes.scaling.result import ScalingResult

__all__ = ["GRID", "LEAST", "ScalingRecipe"]

LEAST = 3  # models of one series: a law takes two, and one to be checked on
GRID = tuple(round(0.1 * step, 1) for step in range(11))
NEGATION_GRID = (0.0, *(-value for value in GRID[1:]))
RANDOM = "random:"


@dataclass(frozen=True)
class ScalingRecipe:
    """Measure the models `bases` of the collection called `collection`.

    Attributes:
        tasks: with a vector of their name in each.
        control: what choices keep.
        opened: the suite from which it is run.
    """

    collection: str
    bases: tuple[Base, ...]
    tasks: tuple[str, ...]
    control: str
    opened: str = ""

    def __post_init__(self) -> None:
        series = [base.suite for base in self.bases if not base.apart]
        if len(series) < LEAST:
            raise RecipeError(
                f"a power law is fitted on two models at least and checked on a larger one; of "
                f"{self.collection!r} {', '.join(series) or 'none'} are of one series; choose a "
                f"collection of {LEAST} or more"
            )

    def evaluations(self) -> int:
        """The most evaluations that `run` takes."""
        count, grid = len(self.tasks), len(GRID)
        return len(self.bases) * (8 * count * grid + 8 * count + 1)

    def run(self, lab: Lab) -> ScalingResult:
        """Choose and measure model after model, then fit."""
        if lab.others is None:
            raise RecipeError(
                "scaling measures several suites; run it by its command or on Recipes"
            )
        measured = []
        for base in self.bases:
            with lab.others(base.suite) as other:
                measured.append(self._measure(other, base))
        return summary(
            measured,
            collection=self.collection,
            opened=self.opened,
            tasks=self.tasks,
            control=self.control,
            sample=lab.sample,
        )

    def _measure(self, lab: Lab, base: Base) -> Measured:
        size = lab.size() if lab.size is not None else None
        if size is None or size.multiply_adds is None:
            raise RecipeError(
                f"compute is counted for models of images and texts; {base.suite!r} is none"
            )
        added, null = (self._sum(lab, kind) for kind in ("", RANDOM))
        negated, null_negated = (
            {
                kind + task: choose_negation(
                    lab,
                    vector=kind + task,
                    target=task,
                    control=self.control,
                    grid=NEGATION_GRID,
                )
                for task in self.tasks
            }
            for kind in ("", RANDOM)
        )
        patched = {task: self._patch(lab, task) for task in self.tasks}
        chosen = {
            ADDED: dict.fromkeys(self.tasks, added),
            RANDOM_ADDED: {RANDOM + task: null for task in self.tasks},
            PATCHED: patched,
            NEGATED: negated,
            RANDOM_NEGATED: null_negated,
        }
        return self._tested(lab, base, size.parameters, size.multiply_adds, chosen)

    def _sum(self, lab: Lab, kind: str) -> float:
        """The common λ of the vectors (or their random directions) that is best on validation."""

        def quality(value: float) -> float:
            edit = {kind + task: value for task in self.tasks}
            measured = lab.score(edit, self.tasks, split="validation").values()
            off = hypot(*(one.skill - one.skills[0] for one in measured)) / len(measured)
            return fmean(one.skill for one in measured) - off

        return best_on_grid(quality, grid=GRID)

    def _patch(self, lab: Lab, task: str) -> float:
        asked = [task, self.control]
        points = curve(lab.score, along={task: 1.0}, tasks=asked, split="validation", alphas=GRID)
        chosen = choose_alpha(
            lab, points, criterion="best mean", tasks=[task], supported=[self.control]
        )
        return chosen.alpha

    def _tested(
        self,
        lab: Lab,
        base: Base,
        parameters: int,
        multiply_adds: int,
        chosen: dict[str, dict[str, float]],
    ) -> Measured:
        """Open test: every way on every task, and the control before and after each negation."""

        def asked(edit: Mapping[str, float], task: str) -> Answers:
            return lab.answer(edit, task, split="test")

        before = {task: asked({}, task) for task in (*self.tasks, self.control)}
        wrong: dict[str, dict[str, np.ndarray]] = {
            ZERO: {task: ~before[task].right for task in self.tasks},
            CONTROL: {self.control: ~before[self.control].right},
        }
        for way in (ADDED, RANDOM_ADDED):
            wrong[way] = {task: ~asked(chosen[way], task).right for task in self.tasks}
        wrong[TUNED] = {task: ~asked({task: 1.0}, task).right for task in self.tasks}
        wrong[PATCHED] = {
            task: ~asked({task: chosen[PATCHED][task]}, task).right for task in self.tasks
        }
        for way, kind in ((NEGATED, ""), (RANDOM_NEGATED, RANDOM)):
            wrong[way] = {
                task: ~asked({kind + task: chosen[way][kind + task]}, task).right
                for task in self.tasks
            }
        kept = [~asked({task: chosen[NEGATED][task]}, self.control).right for task in self.tasks]
        wrong[KEPT] = {self.control: np.mean(kept, axis=0)}
        labels = {task: answers.labels for task, answers in before.items()}
        return Measured(base, parameters, multiply_adds, chosen, wrong, labels)
