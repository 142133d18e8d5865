"""What a recipe asks of the outside world: estimates of an edit, by task; ratios of their skill.

Recipes know protocols; how an edit is recomposed and measured stays behind `Score`.
"""

from collections.abc import Mapping, Sequence
from math import hypot
from statistics import fmean
from typing import Protocol

from taskarith.errors import RecipeError
from taskarith.evaluation import Estimate
from taskarith.tasks import SplitName
from taskarith.tasks.metric import METRICS

__all__ = [
    "Score",
    "gain_recovered",
    "mean_gain",
    "mean_normalized",
    "normalized_accuracy",
    "on_one_axis",
    "surely_normalized",
]


class Score(Protocol):
    """Measures one edit, given by its coefficients, on whole splits."""

    def __call__(
        self, coefficients: Mapping[str, float], tasks: Sequence[str], *, split: SplitName
    ) -> Mapping[str, Estimate]:
        """The estimate of each of `tasks`; coefficients left out are 0."""
        ...


def normalized_accuracy(edited: float, finetuned: float) -> float:
    """Edited ÷ fine-tuned skill; RecipeError where fine-tuning gives nothing.

    >>> normalized_accuracy(0.72, 0.9)
    0.8
    """
    if finetuned == 0:
        raise RecipeError(
            "the fine-tuned model answers nothing rightly, so there is nothing to divide by; "
            "measure more examples, or leave this task out"
        )
    return edited / finetuned


def gain_recovered(edited: float, pretrained: float, finetuned: float) -> float:
    """(edited − pretrained) ÷ (fine-tuned − pretrained): 0 for doing nothing, 1 for fine-tuning.

    Raises RecipeError where fine-tuning gains nothing.

    >>> gain_recovered(0.75, 0.5, 1.0)
    0.5
    """
    if finetuned == pretrained:
        raise RecipeError(
            "fine-tuning gains nothing over the pretrained model on these examples, so no share of "
            "the gain can be recovered; measure more of them, or other tasks"
        )
    return (edited - pretrained) / (finetuned - pretrained)


def mean_normalized(
    measured: Mapping[str, Estimate], *, finetuned: Mapping[str, Estimate]
) -> float:
    """Mean over tasks of edited ÷ fine-tuned skill."""
    return fmean(
        normalized_accuracy(estimate.skill, finetuned[task].skill)
        for task, estimate in measured.items()
    )


def surely_normalized(
    measured: Mapping[str, Estimate], *, finetuned: Mapping[str, Estimate]
) -> float:
    """The lower end of the 95 % interval of `mean_normalized`, what edits are chosen by.

    The fine-tuned models are taken as known: they are the same for all edits that are compared. The
    distances to the ends of independent tasks are squared, added and rooted.

    >>> few, many = (
    ...     {"t": Estimate.share(correct=n // 2, n=n, total=n, split="validation")}
    ...     for n in (16, 1600)
    ... )
    >>> [f"{surely_normalized(m, finetuned=many):.2f}" for m in (few, many)]
    ['0.56', '0.95']
    """
    mean = mean_normalized(measured, finetuned=finetuned)  # says so where nothing can be divided by
    below = ((one.skill - one.skills[0]) / finetuned[task].skill for task, one in measured.items())
    off = hypot(*below) / len(measured)
    return mean - off


def mean_gain(
    measured: Mapping[str, Estimate],
    *,
    pretrained: Mapping[str, Estimate],
    finetuned: Mapping[str, Estimate],
) -> float:
    """Gain recovered from mean skills: (edited − zero-shot) ÷ (fine-tuned − zero-shot).

    The means are taken first, so that a task with little to gain cannot blow up the ratio.
    """
    return gain_recovered(
        fmean(estimate.skill for estimate in measured.values()),
        fmean(pretrained[task].skill for task in measured),
        fmean(finetuned[task].skill for task in measured),
    )


def on_one_axis(estimate: Estimate, *, pretrained: Estimate) -> float:
    """Where an estimate stands beside others: as it is, but a mean as what it retains.

    >>> before, after = (Estimate(v, 1.0, 9.0, 9, 9, "test", "perplexity") for v in (2.0, 2.5))
    >>> on_one_axis(after, pretrained=before)
    0.8
    """
    if METRICS[estimate.metric].kind == "mean":
        return estimate.skill / pretrained.skill
    return estimate.value
