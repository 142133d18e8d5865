"""Ratios of mean skills with their 95 % intervals: normalized accuracy, gain recovered, retained.

Made from estimates, which are taken as independent. Two edits measured on the same examples mostly
err the same way, so that an interval is then wider than it need be, not narrower. It is endless
where what is below the line may be nothing.
"""

from collections.abc import Iterable, Mapping

import numpy as np

from taskarith.evaluation import Estimate
from taskarith.evaluation.intervals import mean_of_ratios, ratio_of_sums
from taskarith.recipes.interval import Interval
from taskarith.recipes.score import mean_gain, mean_normalized

__all__ = ["normalized_and_gain", "ratio_of_means"]


def normalized_and_gain(
    edited: Mapping[str, Estimate],
    *,
    pretrained: Mapping[str, Estimate],
    finetuned: Mapping[str, Estimate],
    over: str = "images",
) -> tuple[Interval, Interval]:
    """Mean normalized skill and gain recovered over the tasks of `edited`.

    `over` is what the examples are called.

    >>> def measured(correct):
    ...     return {"t": Estimate.share(correct=correct, n=500, total=500, split="test")}
    >>> normalized, gain = normalized_and_gain(
    ...     measured(450), pretrained=measured(250), finetuned=measured(475)
    ... )
    >>> f"{gain.value:.2f} [{gain.low:.2f}, {gain.high:.2f}]"
    '0.89 [0.82, 0.96]'
    """
    before, tuned = ({task: of[task] for task in edited} for of in (pretrained, finetuned))
    normalized = mean_of_ratios(_skills(edited.values()), _skills(tuned.values()))
    count = len(edited)
    gain = ratio_of_sums(
        _skills([*edited.values(), *before.values(), *tuned.values()]),
        above=np.repeat([1, -1, 0], count),
        below=np.repeat([0, -1, 1], count),
    )
    return (
        _interval(mean_normalized(edited, finetuned=tuned), normalized, over),
        _interval(mean_gain(edited, pretrained=before, finetuned=tuned), gain, over),
    )


def ratio_of_means(
    after: Mapping[str, Estimate], *, before: Mapping[str, Estimate]
) -> tuple[float, float]:
    """The interval of the mean after ÷ the mean before, over the same tasks."""
    count = len(after)
    low, high = ratio_of_sums(
        _skills([*after.values(), *(before[task] for task in after)]),
        above=np.repeat([1, 0], count),
        below=np.repeat([0, 1], count),
        least=0.0,
    )
    return float(low), float(high)


def _skills(estimates: Iterable[Estimate]) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    value, low, high = np.array([(one.skill, *one.skills) for one in estimates]).T
    return value, low, high


def _interval(value: float, ends: tuple[np.ndarray, np.ndarray], over: str) -> Interval:
    return Interval(value, float(ends[0]), float(ends[1]), over)
