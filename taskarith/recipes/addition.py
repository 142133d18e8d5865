"""Addition: several tasks in one model (arXiv 2212.04089, section 4).

Knows how the common λ is chosen; how an edit is measured stays behind `score`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import fmean

from taskarith.evaluation import Estimate
from taskarith.recipes.score import Score, gain_recovered, normalized_accuracy

__all__ = ["ADDITION_GRID", "Addition", "add", "choose_common", "mean_gain", "mean_normalized"]

ADDITION_GRID = tuple(round(0.05 * step, 2) for step in range(21))


@dataclass(frozen=True)
class Addition:
    """A sum of task vectors at one common coefficient, measured on test."""

    tasks: tuple[str, ...]
    coefficient: float
    accuracies: dict[str, Estimate]
    normalized: float
    gain: float


def choose_common(
    score: Score,
    *,
    tasks: Sequence[str],
    finetuned: Mapping[str, Estimate],
    grid: Sequence[float] = ADDITION_GRID,
) -> float:
    """The common λ with the best mean normalized accuracy on validation; ties go to the smaller.

    `finetuned`: validation accuracy of each task's own fine-tuned model.
    """

    def quality(value: float) -> float:
        measured = score(dict.fromkeys(tasks, value), tasks, split="validation")
        return mean_normalized(measured, finetuned=finetuned)

    return max(grid, key=lambda value: (quality(value), -value))


def add(
    score: Score,
    *,
    tasks: Sequence[str],
    coefficient: float,
    pretrained: Mapping[str, Estimate],
    finetuned: Mapping[str, Estimate],
    also: Sequence[str] = (),
) -> Addition:
    """Measure the sum of `tasks` at one common `coefficient` on test, with tasks in `also`.

    `pretrained` and `finetuned` are test estimates, by task.
    """
    edit = dict.fromkeys(tasks, coefficient)
    measured = dict(score(edit, [*tasks, *also], split="test"))
    own = {task: measured[task] for task in tasks}
    return Addition(
        tasks=tuple(tasks),
        coefficient=coefficient,
        accuracies=measured,
        normalized=mean_normalized(own, finetuned=finetuned),
        gain=mean_gain(own, pretrained=pretrained, finetuned=finetuned),
    )


def mean_normalized(
    measured: Mapping[str, Estimate], *, finetuned: Mapping[str, Estimate]
) -> float:
    """Mean over tasks of edited ÷ fine-tuned accuracy."""
    return fmean(
        normalized_accuracy(estimate.accuracy, finetuned[task].accuracy)
        for task, estimate in measured.items()
    )


def mean_gain(
    measured: Mapping[str, Estimate],
    *,
    pretrained: Mapping[str, Estimate],
    finetuned: Mapping[str, Estimate],
) -> float:
    """Gain recovered from mean accuracies: (edited − zero-shot) ÷ (fine-tuned − zero-shot).

    The means are taken first, so that a task with little to gain cannot blow up the ratio.
    """
    return gain_recovered(
        fmean(estimate.accuracy for estimate in measured.values()),
        fmean(pretrained[task].accuracy for task in measured),
        fmean(finetuned[task].accuracy for task in measured),
    )
