"""The addition recipe: pairs, larger subsets and all tasks, beside what they are compared with."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from statistics import fmean
from typing import ClassVar

import numpy as np

from taskarith.evaluation import Estimate
from taskarith.recipes.addition import (
    ADDITION_GRID,
    ROUNDS,
    Addition,
    add,
    choose_common,
    choose_each,
    mean_normalized,
)
from taskarith.recipes.interval import Interval
from taskarith.recipes.lab import Lab
from taskarith.recipes.ratios import normalized_and_gain
from taskarith.recipes.result import Result, Row, Table, about_unseen
from taskarith.recipes.score import Score

__all__ = ["AdditionRecipe", "AdditionResult"]

SUBSET_SEED = 4


@dataclass(frozen=True)
class AdditionResult(Result):
    """Sums of two tasks, of more, and of all, and what they are compared with; all on test.

    Attributes:
        sums: every subset measured at its common λ, small ones first, the whole last; pairs and
            the whole with the controls.
        each: all tasks, one λ a task.
        joint: one model fine-tuned on all tasks together, where the suite has it.
    """

    name: ClassVar[str] = "addition"
    title: ClassVar[str] = "Addition: several tasks in one model"

    control: str
    unseen_controls: tuple[str, ...]
    pretrained: dict[str, Estimate]
    finetuned: dict[str, Estimate]
    finetuned_control: dict[str, Estimate]
    sums: tuple[Addition, ...]
    each: Addition
    joint: Addition | None
    sampled: int | None

    @property
    def together(self) -> Addition:
        """All tasks at one common λ."""
        return self.sums[-1]

    def protocol(self) -> str:
        """How the coefficients were chosen."""
        subsets = (
            "every subset of the tasks"
            if self.sampled is None
            else f"every pair, and {self.sampled} subsets of each larger size drawn at random"
        )
        return (
            f"For {subsets}: one common λ from 0 to 1 in steps of 0.05 with the best mean "
            "normalized accuracy on validation, from the whole grid for pairs and for all tasks, "
            "by walking along the grid from the λ of the size below for those between. One λ a "
            f"task by coordinate search from there (at most {ROUNDS} rounds, same grid, same "
            "measure). Accuracies are on test, measured once; brackets hold 95 % intervals, "
            f"Fieller's over images for ratios. The control is {self.control}."
            + about_unseen(self.unseen_controls)
        )

    def tables(self) -> list[Table]:
        """The models beside each other; accuracy by number of tasks; pairs; every subset."""
        whole = [self.together, self.each, *([self.joint] if self.joint else [])]
        models = [self._references(), *(self._row(addition) for addition in whole)]
        return [
            Table(f"All {len(self.together.tasks)} tasks", models),
            Table("Accuracy by number of tasks", self._by_number()),
            Table("Pairs", [self._row(one) for one in self.sums if len(one.tasks) == 2]),
            Table("Every subset", [self._row(addition) for addition in self.sums], long=True),
        ]

    def findings(self) -> list[str]:
        """What is kept of fine-tuning, next to doing nothing."""
        together, pairs = self.together, [one for one in self.sums if len(one.tasks) == 2]
        nothing = self._nothing(together.tasks)
        lines = [
            f"pairs keep {fmean(one.normalized for one in pairs):.3f} normalized accuracy and "
            f"recover {fmean(one.gain for one in pairs):.3f} of the gain on average"
        ]
        lines += [
            f"all {len(together.tasks)}, {one.how}: normalized {one.normalized:.3f}, gain "
            f"recovered {one.gain:.3f}; doing nothing gives {nothing:.3f} and 0"
            for one in (together, self.each, self.joint)
            if one is not None
        ]
        return lines

    def _nothing(self, tasks: Sequence[str]) -> float:
        before = {task: self.pretrained[task] for task in tasks}
        return mean_normalized(before, finetuned=self.finetuned)

    def _references(self) -> Row:
        tasks = self.together.tasks
        return {
            "tasks": " + ".join(tasks),
            "how": "nothing",
            "λ": 0.0,
            "normalized": self._nothing(tasks),
            "gain recovered": 0.0,
            **{control: self.pretrained[control] for control in self._controls()},
        }

    def _row(self, addition: Addition) -> Row:
        normalized, gain = self._intervals(addition)
        values = set(addition.coefficients.values())
        return {
            "tasks": " + ".join(addition.tasks),
            "how": addition.how,
            "λ": values.pop() if len(values) == 1 else _listed(addition.coefficients),
            "normalized": normalized,
            "gain recovered": gain,
            **{control: addition.accuracies.get(control) for control in self._controls()},
        }

    def _controls(self) -> list[str]:
        return [self.control, *self.unseen_controls]

    def _intervals(self, addition: Addition) -> tuple[Interval, Interval]:
        return normalized_and_gain(
            {task: addition.accuracies[task] for task in addition.tasks},
            pretrained=self.pretrained,
            finetuned=self.finetuned,
        )

    def _by_number(self) -> list[Row]:
        sizes = sorted({len(addition.tasks) for addition in self.sums})
        rows: list[Row] = []
        for size in sizes:
            those = [addition for addition in self.sums if len(addition.tasks) == size]
            rows.append(
                {
                    "tasks": size,
                    "subsets": len(those),
                    "mean λ": fmean(one.coefficient for one in those),
                    "normalized": fmean(one.normalized for one in those),
                    "lowest": min(one.normalized for one in those),
                    "highest": max(one.normalized for one in those),
                    "gain recovered": fmean(one.gain for one in those),
                }
            )
        return rows


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
        on_validation = {
            task: score({task: 1.0}, [task], split="validation")[task] for task in self.tasks
        }
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
        return self._tested(score, chosen, each)

    def _tested(
        self,
        score: Score,
        chosen: Mapping[tuple[str, ...], float],
        each: Mapping[str, float],
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
        )

    def _in_full(self, subset: tuple[str, ...]) -> bool:
        """Whether a subset gets the whole grid, and the controls beside it."""
        return len(subset) in (2, len(self.tasks))


def _listed(coefficients: Mapping[str, float]) -> str:
    return ", ".join(f"{name} {value:.2f}" for name, value in coefficients.items())
