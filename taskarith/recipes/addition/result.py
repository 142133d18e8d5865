"""Addition's result: sums of two tasks, of more, and of all, beside what they are compared with."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import fmean
from typing import ClassVar

from taskarith.evaluation import Estimate
from taskarith.recipes.addition.protocol import (
    ROUNDS,
    Addition,
)
from taskarith.recipes.flattering import told_flattery
from taskarith.recipes.interval import Interval
from taskarith.recipes.ratios import normalized_and_gain
from taskarith.recipes.result import Result, Row, Table, about_unseen
from taskarith.recipes.sample import Sample, measured_by
from taskarith.recipes.score import mean_normalized

__all__ = ["AdditionResult"]


@dataclass(frozen=True)
class AdditionResult(Result):
    """Sums of two tasks, of more, and of all, and what they are compared with; all on test.

    Attributes:
        sums: every subset measured at its common λ, small ones first, the whole last; pairs and
            the whole with the controls.
        each: all tasks, one λ a task.
        joint: one model fine-tuned on all tasks together, where the suite has it.
        flattery: by how much the common λ of all tasks is too good, in mean normalized skill, on
            the validation examples that it was chosen on; None where answers are not counted.
    """

    name: ClassVar[str] = "addition"
    title: ClassVar[str] = "Addition: several tasks in one model"
    published: ClassVar[str] = (
        "arXiv 2212.04089, CLIP: pairs of eight tasks keep 98.9 % normalized accuracy on average, "
        "all eight together 91.2 % at best"
    )

    control: str
    unseen_controls: tuple[str, ...]
    pretrained: dict[str, Estimate]
    finetuned: dict[str, Estimate]
    finetuned_control: dict[str, Estimate]
    sums: tuple[Addition, ...]
    each: Addition
    joint: Addition | None
    sampled: int | None
    sample: Sample
    flattery: float | None = None

    @property
    def together(self) -> Addition:
        """All tasks at one common λ."""
        return self.sums[-1]

    @property
    def measure(self) -> str:
        """What the tasks are counted by."""
        return measured_by(self.finetuned.values())

    def chosen(self) -> list[tuple[str, dict[str, float]]]:
        """All tasks, at one λ and at one each."""
        return [
            ("all tasks, one λ", self.together.coefficients),
            ("all tasks, one λ each", self.each.coefficients),
        ]

    def protocol(self) -> str:
        """How the coefficients were chosen."""
        subsets = (
            "every subset of the tasks"
            if self.sampled is None
            else f"every pair, and {self.sampled} subsets of each larger size drawn at random"
        )
        return (
            f"For {subsets}: one common λ from 0 to 1 in steps of 0.05 with the best mean "
            f"normalized {self.measure} on validation ({self.sample.each}){self.sample.by}, from "
            "the whole grid "
            "for pairs and for all tasks, by walking along the grid from the λ of the size below "
            "for those between. One λ a task by coordinate search from there (at most "
            f"{ROUNDS} rounds, same grid, same measure). Everything in the tables is "
            f"{self.sample.once}; brackets hold 95 % intervals, Fieller's over "
            f"{self.sample.examples} for ratios. The control is {self.control}."
            + about_unseen(self.unseen_controls)
        )

    def tables(self) -> list[Table]:
        """The models beside each other; accuracy by number of tasks; pairs; every subset."""
        whole = [self.together, self.each, *([self.joint] if self.joint else [])]
        models = [self._references(), *(self._row(addition) for addition in whole)]
        return [
            Table(f"All {len(self.together.tasks)} tasks", models),
            Table(f"{self.measure.capitalize()} by number of tasks", self._by_number()),
            Table("Pairs", [self._row(one) for one in self.sums if len(one.tasks) == 2]),
            Table("Every subset", [self._row(addition) for addition in self.sums], long=True),
        ]

    def findings(self) -> list[str]:
        """What is kept of fine-tuning, next to doing nothing."""
        together, pairs = self.together, [one for one in self.sums if len(one.tasks) == 2]
        nothing = self._nothing(together.tasks)
        lines = [
            f"pairs keep {fmean(one.normalized for one in pairs):.3f} normalized {self.measure} "
            f"and recover {fmean(one.gain for one in pairs):.3f} of the gain on average"
        ]
        lines += [
            f"all {len(together.tasks)}, {one.how}: normalized {one.normalized:.3f}, gain "
            f"recovered {one.gain:.3f}; doing nothing gives {nothing:.3f} and 0"
            for one in (together, self.each, self.joint)
            if one is not None
        ]
        if self.flattery is not None:
            lines.append(told_flattery(self.flattery, self.sample))
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
            over=self.sample.examples,
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


def _listed(coefficients: Mapping[str, float]) -> str:
    return ", ".join(f"{name} {value:.2f}" for name, value in coefficients.items())
