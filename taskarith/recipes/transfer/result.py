"""Transfer's result: what each vector does to each task, joint training, and what predicts them."""

from dataclasses import dataclass
from functools import cached_property
from statistics import fmean
from typing import ClassVar

import numpy as np

from taskarith.evaluation import Estimate, PairedDifference
from taskarith.recipes.interval import Interval, mean_interval
from taskarith.recipes.result import Result, Row, Span, Table, shown
from taskarith.recipes.sample import Sample
from taskarith.recipes.transfer.protocol import RankCorrelation, rank_correlation

__all__ = ["MEASURED", "Crossing", "Joint", "TransferResult"]

MEASURED = "what the vector does"


@dataclass(frozen=True)
class Crossing:
    """What the whole vector of one task (`taught`) does to another (`asked`), on test.

    Attributes:
        null: what a random direction of the same length by layer does.
    """

    taught: str
    asked: str
    effect: PairedDifference
    null: PairedDifference


@dataclass(frozen=True)
class Joint:
    """One task after training on several, against as many steps on it alone, on test."""

    together: tuple[str, ...]
    task: str
    alone: Estimate
    joint: Estimate
    over_alone: PairedDifference


@dataclass(frozen=True)
class TransferResult(Result):
    """Transfer between K tasks.

    Attributes:
        crossings: of all K·K ordered pairs, a task with itself among them.
        predicted: matrices [K][K] by predictor, rows the task that teaches.
        joint: both tasks of every pair that was trained on jointly.
        mixture: every task after training on all of them, where that was asked for.
        examples, steps: of each task for training; of every training.
    """

    name: ClassVar[str] = "transfer"
    title: ClassVar[str] = "Transfer between tasks, and what predicts it"
    published: ClassVar[str] = (
        "ExMix (arXiv 2111.10952), families of 107 tasks trained in pairs: a good mixture is hard "
        "to pick by hand, and more tasks help; its checkpoints were never released. Cosines of "
        "published Flan-T5-base vectors of GLUE: 0.05 to 0.27 fully fine-tuned, 0.19 to 0.51 with "
        "LoRA"
    )

    tasks: tuple[str, ...]
    pretrained: dict[str, Estimate]
    crossings: tuple[Crossing, ...]
    predicted: dict[str, tuple[tuple[float, ...], ...]]
    joint: tuple[Joint, ...]
    mixture: tuple[Joint, ...]
    examples: int
    steps: int
    sample: Sample

    def chosen(self) -> list[tuple[str, dict[str, float]]]:
        """The vectors that help and harm another task most."""
        others = [one for one in self.crossings if one.taught != one.asked]
        ranked = sorted(others, key=lambda one: one.effect.difference)
        return [
            (f"{verb} {one.asked} most: {one.taught}", {one.taught: 1.0})
            for verb, one in (("helps", ranked[-1]), ("harms", ranked[0]))
        ]

    @cached_property
    def of_vectors(self) -> dict[str, RankCorrelation]:
        """How well each predictor ranks what vectors do to other tasks."""
        pairs = [(i, j) for i in range(len(self.tasks)) for j in range(len(self.tasks)) if i != j]
        measured = self._measured()
        return {
            name: rank_correlation(np.array(matrix), measured, pairs=pairs)
            for name, matrix in self.predicted.items()
        }

    @cached_property
    def of_joint(self) -> dict[str, RankCorrelation]:
        """How well each ranks what joint training gives; what vectors do is then one of them."""
        if not self.joint:
            return {}
        place = {task: index for index, task in enumerate(self.tasks)}
        gains, pairs = np.zeros((len(self.tasks), len(self.tasks))), []
        for one in self.joint:
            (other,) = (task for task in one.together if task != one.task)
            pair = place[other], place[one.task]
            gains[pair] = one.over_alone.difference
            pairs.append(pair)
        found = self.predicted | {MEASURED: self._measured().tolist()}
        return {
            name: rank_correlation(np.array(matrix), gains, pairs=pairs)
            for name, matrix in found.items()
        }

    def protocol(self) -> str:
        """How it was measured."""
        trained = {pair.together for pair in self.joint}
        together = (
            f" {len(trained)} pairs were trained on jointly: {self.steps} steps, at three times "
            f"the usual learning rate, on the first {self.examples} training "
            f"{self.sample.examples} of both, against as many on one of them alone."
            if trained
            else " Nothing was trained on jointly."
        )
        return (
            f"The whole vector (λ = 1) of each of {len(self.tasks)} tasks, measured on every task "
            f"{self.sample.once}; differences to the pretrained model are paired, beside a random "
            "direction of the vector's length by layer. Nothing is chosen. Gradients are those of "
            f"the loss at θ₀ on the first {self.examples} validation {self.sample.examples}, over "
            "the parameters of the vectors. ρ is Spearman's over ordered pairs of different tasks; "
            "its interval is the jackknife's over tasks, the null shuffles the predictor's tasks "
            f"999 times.{together}"
        )

    def tables(self) -> list[Table]:
        """Predictors; what every vector does; joint training; every pair for plots."""
        of_joint = self.of_joint
        names = list(self.predicted) + ([MEASURED] if of_joint else [])
        rows: list[Row] = [
            {
                "predictor": name,
                **_told(self.of_vectors.get(name), "vectors"),
                **(_told(of_joint.get(name), "joint training") if of_joint else {}),
            }
            for name in names
        ]
        tables = [
            Table("What predicts transfer", rows),
            Table("What each vector does", self._rows()),
        ]
        for title, those in (("Joint training", self.joint), ("All together", self.mixture)):
            if those:
                tables.append(Table(title, [self._row(one) for one in those]))
        return [*tables, Table("Every pair", self._pairs(), long=True)]

    def findings(self) -> list[str]:
        """What helps what, the best predictor, and what joint training gave."""
        lines = [self._others()]
        for found, what in (
            (self.of_vectors, "what vectors do"),
            (self.of_joint, "joint training"),
        ):
            if found:
                name, best = max(found.items(), key=lambda item: item[1].value.value)
                verdict = "outside" if best.clear else "inside"
                lines.append(
                    f"best at ranking {what}: {name}, ρ = {shown(best.value)} over "
                    f"{best.value.over}, {best.lowest:.2f} to {best.highest:.2f} with one task "
                    f"left out; {verdict} what shuffled tasks give, [{best.null[0]:.2f}, "
                    f"{best.null[1]:.2f}]"
                )
        if self.joint:
            lines.append(f"joint training on pairs: {self._mean(self.joint)}")
        if self.mixture:
            lines.append(f"training on all {len(self.tasks)} tasks: {self._mean(self.mixture)}")
        return lines

    def matrix(self, *, null: bool = False) -> list[list[PairedDifference]]:
        """What each vector (row) does to each task (column), or its random direction does."""
        count = len(self.tasks)
        each = [one.null if null else one.effect for one in self.crossings]
        return [each[row * count : (row + 1) * count] for row in range(count)]

    def _measured(self) -> np.ndarray:
        return np.array([[one.difference for one in row] for row in self.matrix()])

    def _others(self) -> str:
        others = [one for one in self.crossings if one.taught != one.asked]
        own = [one for one in self.crossings if one.taught == one.asked]
        up = sum(one.effect.low > 0 for one in others)
        down = sum(one.effect.high < 0 for one in others)
        nulls = sum(not one.null.low <= 0 <= one.null.high for one in others)
        return (
            f"of {len(others)} ordered pairs {up} transfer clearly for the better and {down} for "
            f"the worse; random directions do {nulls} times. In the mean a vector changes another "
            f"task by {100 * fmean(one.effect.difference for one in others):+.1f} points, its own "
            f"by {100 * fmean(one.effect.difference for one in own):+.1f}"
        )

    def _mean(self, those: tuple[Joint, ...]) -> str:
        """The mean difference to training alone, over tasks: pairs of one task err alike."""
        by_task: dict[str, list[float]] = {}
        for one in those:
            by_task.setdefault(one.task, []).append(one.over_alone.difference)
        mean: Interval = mean_interval([fmean(own) for own in by_task.values()], units="tasks")
        return f"{shown(mean)} points against as many steps on one task alone, over {mean.over}"

    def _rows(self) -> list[Row]:
        return [
            {"vector": task, **dict(zip(self.tasks, row, strict=True))}
            for task, row in zip(self.tasks, self.matrix(), strict=True)
        ]

    def _row(self, one: Joint) -> Row:
        together = "all" if len(one.together) == len(self.tasks) else " + ".join(one.together)
        return {
            "trained on": together,
            "task": one.task,
            "alone": one.alone,
            "jointly": one.joint,
            "over alone": one.over_alone,
        }

    def _pairs(self) -> list[Row]:
        count = len(self.tasks)
        return [
            {
                "vector": one.taught,
                "task": one.asked,
                "effect": one.effect,
                "random direction": one.null,
                **{
                    name: matrix[index // count][index % count]
                    for name, matrix in self.predicted.items()
                },
            }
            for index, one in enumerate(self.crossings)
            if one.taught != one.asked
        ]


def _told(found: RankCorrelation | None, of: str) -> Row:
    return {
        f"ρ with {of}": None if found is None else found.value,
        f"{of}: one task left out": None if found is None else Span(found.lowest, found.highest),
        f"{of}: null": None if found is None else Span(*found.null),
    }
