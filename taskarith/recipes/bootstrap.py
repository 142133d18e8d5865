"""Bootstrap intervals of ratios of mean accuracies.

Knows counts alone: images are resampled within each task, the two sides of a ratio on their own,
which is wider than the paired truth and so never flatters.
"""

from collections.abc import Callable, Mapping, Sequence

import numpy as np

from taskarith.evaluation import Estimate
from taskarith.recipes.addition import mean_gain, mean_normalized
from taskarith.recipes.interval import Interval

__all__ = ["interval", "normalized_and_gain"]

_DRAWS = 4_000


def interval(
    statistic: Callable[..., np.ndarray],
    groups: Sequence[Mapping[str, Estimate]],
    *,
    seed: int = 0,
) -> tuple[float, float]:
    """The 95 % percentile interval of a statistic of accuracies (Efron 1979).

    `statistic` gets one array [draws, tasks] of resampled accuracies a group, in the order of
    the group's tasks, and gives an array [draws].

    >>> one = {"t": Estimate.share(correct=50, n=100, total=100, split="test")}
    >>> low, high = interval(lambda accuracies: accuracies.mean(1), [one])
    >>> 0.38 < low < 0.42 and 0.58 < high < 0.62
    True
    """
    rng = np.random.default_rng(seed)
    resampled = [
        np.stack([rng.binomial(e.n, e.value, _DRAWS) / e.n for e in group.values()], axis=1)
        for group in groups
    ]
    # With few images a resampled denominator can be 0: a ratio without a value is left out.
    with np.errstate(divide="ignore", invalid="ignore"):
        low, high = np.nanpercentile(statistic(*resampled), [2.5, 97.5])
    return float(low), float(high)


def normalized_and_gain(
    edited: Mapping[str, Estimate],
    *,
    pretrained: Mapping[str, Estimate],
    finetuned: Mapping[str, Estimate],
) -> tuple[Interval, Interval]:
    """Mean normalized accuracy and gain recovered over the tasks of `edited`."""
    before, tuned = ({task: of[task] for task in edited} for of in (pretrained, finetuned))
    normalized = interval(lambda a, c: (a / c).mean(1), [edited, tuned])
    gain = interval(_gain, [edited, before, tuned])
    return (
        Interval(mean_normalized(edited, finetuned=tuned), *normalized, "images"),
        Interval(mean_gain(edited, pretrained=before, finetuned=tuned), *gain, "images"),
    )


def _gain(edited: np.ndarray, before: np.ndarray, tuned: np.ndarray) -> np.ndarray:
    return (edited.mean(1) - before.mean(1)) / (tuned.mean(1) - before.mean(1))
