"""Means over units with their intervals: over analogies, or over images that several answers share.

Knows numbers alone. What the unit is decides what an interval means, so it is kept beside it.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from taskarith.evaluation.intervals import (
    mean_share,
    mean_share_difference,
    student_quantile,
)

__all__ = ["Interval", "change_interval", "in_points", "mean_interval", "share_interval"]


@dataclass(frozen=True)
class Interval:
    """A number with its 95 % interval.

    Attributes:
        over: what was drawn at random, and how many ("8 quadruples", "1000 images").
        percent: whether it is a share of images, or a difference of shares, to be read in percent.
    """

    value: float
    low: float
    high: float
    over: str
    percent: bool = False

    def to_json(self) -> dict[str, float | str | bool | None]:
        """As plain JSON values; an end that is unknown is None."""
        low, high = (end if math.isfinite(end) else None for end in (self.low, self.high))
        told: dict[str, float | str | bool | None] = {"value": self.value, "low": low, "high": high}
        return told | {"over": self.over, "percent": self.percent}


def mean_interval(values: Sequence[float] | np.ndarray, *, units: str) -> Interval:
    """The mean over a few units with Student's 95 % interval, mean ± t·s/√n (endless for n = 1).

    >>> mean = mean_interval([1.0, 2.0, 3.0], units="quadruples")
    >>> f"{mean.value:.2f} {mean.low:.2f} {mean.high:.2f} over {mean.over}"
    '2.00 -0.48 4.48 over 3 quadruples'
    """
    array = np.asarray(values, dtype=np.float64)
    n, mean = len(array), float(array.mean())
    if n == 1:
        return Interval(mean, -math.inf, math.inf, f"1 {units}", percent=True)
    half = student_quantile(n - 1) * float(array.std(ddof=1)) / math.sqrt(n)
    return Interval(mean, mean - half, mean + half, f"{n} {units}", percent=True)


def share_interval(values: np.ndarray, *, units: str) -> Interval:
    """The mean of numbers in 0…1, one a unit; it has a width where all are alike.

    >>> mean = share_interval(np.ones(64), units="images")
    >>> f"{mean.value:.2f} {mean.low:.2f} {mean.high:.2f} over {mean.over}"
    '1.00 0.93 1.00 over 64 images'
    """
    return Interval(*mean_share(values), f"{len(values)} {units}", percent=True)


def change_interval(before: np.ndarray, after: np.ndarray, *, units: str) -> Interval:
    """The mean change of numbers in 0…1, one a unit, of the same units before and after."""
    return Interval(*mean_share_difference(before, after), f"{len(after)} {units}", percent=True)


def in_points(change: Interval) -> str:
    """A change for a sentence; one of a single unit has no interval, and says so.

    >>> in_points(mean_interval([0.01, 0.03], units="seeds"))
    '+2.0 points [-10.7, +14.7] over 2 seeds'
    >>> in_points(mean_interval([0.01], units="seeds"))
    '+1.0 points (1 seed, so no interval)'
    """
    told = f"{100 * change.value:+.1f} points"
    if not math.isfinite(change.low):
        return f"{told} ({change.over.removesuffix('s')}, so no interval)"
    return f"{told} [{100 * change.low:+.1f}, {100 * change.high:+.1f}] over {change.over}"
