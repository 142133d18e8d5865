"""Estimates: a metric's value that says how sure it is, and differences between two edits.

Made of rows, one for each example in the order in which they are measured: of a share, the answers
(an integer each); of a mean, float32 [n, 2]: −log p of each text, and its tokens; of a rank
correlation, float32 [n, 2]: each score, and the right one. Intervals are pointwise and hold for
edits chosen beforehand. Nothing here knows where the rows come from.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from taskarith.evaluation.intervals import (
    loss_difference,
    loss_mean,
    paired_difference,
    paired_ratio,
    wilson_interval,
)
from taskarith.evaluation.rank import rank_correlation, rank_difference, rank_retained
from taskarith.tasks.metric import ACCURACY, METRICS, Metric

__all__ = ["Estimate", "PairedDifference", "retained"]


@dataclass(frozen=True)
class Estimate:
    """A metric's value on the first `n` of the `total` examples in `split`, with its 95 % interval.

    Raises ValueError unless low ≤ value ≤ high and 1 ≤ n ≤ total.

    >>> estimate = Estimate.share(correct=12, n=16, total=500, split="validation")
    >>> estimate.value, estimate.provisional
    (0.75, True)
    >>> Estimate.from_json(estimate.to_json()) == estimate
    True
    """

    value: float
    low: float
    high: float
    n: int
    total: int
    split: str
    metric: str = ACCURACY.name

    def __post_init__(self) -> None:
        if self.metric not in METRICS:
            raise ValueError(f"{self.metric!r:.40} is no metric; there are {', '.join(METRICS)}")
        if not (1 <= self.n <= self.total and self.low <= self.value <= self.high):
            raise ValueError(
                f"{self.value} in {self.low}…{self.high} on {self.n} of {self.total} examples "
                "is no estimate"
            )

    @classmethod
    def share(
        cls, *, correct: int, n: int, total: int, split: str, metric: str = ACCURACY.name
    ) -> "Estimate":
        """`correct` of the first `n` examples, with the Wilson interval."""
        low, high = wilson_interval(correct, n)
        return cls(correct / n, low, high, n, total, split, metric)

    @classmethod
    def of(
        cls, rows: np.ndarray, *, labels: np.ndarray, split: str, metric: Metric = ACCURACY
    ) -> "Estimate":
        """The estimate that rows over the first part of a split give; `labels` are the whole's.

        Of a mean: exp(Σv ÷ Σw), with the interval of a ratio over independent texts. Of a rank:
        Spearman's ρ, with the interval of a bootstrap over examples.

        >>> losses = np.array([[2.0, 2], [6.0, 4]], dtype=np.float32)
        >>> metric = METRICS["perplexity"]
        >>> told = Estimate.of(losses, labels=np.zeros(9), split="test", metric=metric)
        >>> f"{told.value:.3f} {told.n} of {told.total}"
        '3.794 2 of 9'
        """
        n, total = len(rows), len(labels)
        if metric.kind == "share":
            correct = int(np.count_nonzero(rows == labels[:n]))
            return cls.share(correct=correct, n=n, total=total, split=split, metric=metric.name)
        if metric.kind == "rank":
            return cls(*rank_correlation(rows.astype(np.float64)), n, total, split, metric.name)
        mean, low, high = loss_mean(*_columns(rows))
        value = max(metric.low, _exp(mean))  # a loss of nothing may round to below it
        ends = max(metric.low, _exp(low)), max(value, _exp(high))
        return cls(value, *ends, n, total, split, metric.name)

    @property
    def skill(self) -> float:
        """The value as something of which more is better (see `Metric.skill`)."""
        return METRICS[self.metric].skill(self.value)

    @property
    def skills(self) -> tuple[float, float]:
        """The interval's ends as skill, (low, high)."""
        metric = METRICS[self.metric]
        low, high = metric.skill(self.low), metric.skill(self.high)
        return (low, high) if metric.higher_is_better else (high, low)

    @property
    def interval(self) -> tuple[float, float]:
        """The 95 % interval, (low, high)."""
        return self.low, self.high

    @property
    def provisional(self) -> bool:
        """Whether examples of the split are still to be measured."""
        return self.n < self.total

    def shown(self) -> str:
        """For people: the value and its interval, in the metric's unit.

        >>> Estimate.share(correct=12, n=16, total=16, split="test").shown()
        '75.0 [50.5, 89.8]'
        """
        if METRICS[self.metric].unit == "%":
            return f"{100 * self.value:.1f} [{100 * self.low:.1f}, {100 * self.high:.1f}]"
        return f"{self.value:.3g} [{self.low:.3g}, {self.high:.3g}]"

    def to_json(self) -> dict[str, int | float | str | bool]:
        """Everything as plain JSON values."""
        return {
            "value": self.value,
            "low": self.low,
            "high": self.high,
            "n": self.n,
            "total": self.total,
            "split": self.split,
            "metric": self.metric,
            "provisional": self.provisional,
        }

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> "Estimate":
        """The estimate that `to_json` described; raises KeyError, TypeError or ValueError."""
        return cls(
            value=float(data["value"]),
            low=float(data["low"]),
            high=float(data["high"]),
            n=int(data["n"]),
            total=int(data["total"]),
            split=str(data["split"]),
            metric=str(data.get("metric", ACCURACY.name)),
        )


@dataclass(frozen=True)
class PairedDifference:
    """What an edit changed, measured on the same `n` examples before and after.

    Of a share: the share after minus the share before, and so of a rank correlation. Of a mean:
    perplexity retained minus 1, that is before ÷ after − 1, so that −0.05 is 5 % of the pretrained
    model's lost. All are better when they are higher.

    Attributes:
        gained, lost: of a share, the examples whose answer turned right, and wrong; else None.
    """

    difference: float
    low: float
    high: float
    n: int
    gained: int | None = None
    lost: int | None = None

    @classmethod
    def counted(cls, *, gained: int, lost: int, n: int) -> "PairedDifference":
        """The difference of two shares, from the examples whose answer turned.

        Only they carry information, as in McNemar's test. The 95 % interval is Tango's. Raises
        ValueError for counts that cannot be.

        >>> difference = PairedDifference.counted(gained=2, lost=30, n=200)
        >>> difference.difference, difference.clear
        (-0.14, True)
        """
        low, high = paired_difference(gained=gained, lost=lost, n=n)
        return cls((gained - lost) / n, low, high, n, gained, lost)

    @classmethod
    def of(
        cls,
        *,
        before: np.ndarray,
        after: np.ndarray,
        labels: np.ndarray,
        metric: Metric = ACCURACY,
    ) -> "PairedDifference":
        """The difference between two runs of rows, over the examples that all three cover.

        >>> PairedDifference.of(
        ...     before=np.array([0, 1, 1]), after=np.array([0, 0]), labels=np.array([0, 1, 1])
        ... ).lost
        1
        """
        n = min(len(before), len(after), len(labels))
        if metric.kind == "share":
            was_right, is_right = before[:n] == labels[:n], after[:n] == labels[:n]
            return cls.counted(
                gained=int(np.count_nonzero(is_right & ~was_right)),
                lost=int(np.count_nonzero(was_right & ~is_right)),
                n=n,
            )
        if metric.kind == "rank":
            return cls(*rank_difference(before[:n], after[:n]), n)
        values, weights = _columns(after[:n])
        mean, low, high = loss_difference(_columns(before[:n])[0], values, weights)
        return cls(_exp(-mean) - 1, _exp(-high) - 1, _exp(-low) - 1, n)

    @property
    def interval(self) -> tuple[float, float]:
        """The 95 % interval of the difference, (low, high)."""
        return self.low, self.high

    @property
    def clear(self) -> bool:
        """Whether the interval leaves out zero: it did change."""
        return self.low > 0 or self.high < 0

    def to_json(self) -> dict[str, int | float | bool | None]:
        """Everything as plain JSON values; the counts only of a share."""
        counts = {} if self.gained is None else {"gained": self.gained, "lost": self.lost}
        return {
            **counts,
            "n": self.n,
            "difference": self.difference,
            "low": self.low,
            "high": self.high,
            "clear": self.clear,
        }


def retained(
    *, before: np.ndarray, after: np.ndarray, labels: np.ndarray, metric: Metric = ACCURACY
) -> tuple[float, float]:
    """The 95 % interval of after ÷ before, the skill that is kept, on the examples that all cover.

    >>> same = np.zeros(64)
    >>> low, high = retained(before=same, after=same, labels=same)
    >>> f"{low:.3f} {high:.3f}"
    '0.943 1.060'
    """
    if metric.kind == "rank":
        n = min(len(before), len(after))
        return rank_retained(before[:n], after[:n])
    if metric.kind == "mean":
        change = PairedDifference.of(before=before, after=after, labels=labels, metric=metric)
        return 1 + change.low, 1 + change.high
    n = min(len(before), len(after), len(labels))
    was, now = before[:n] == labels[:n], after[:n] == labels[:n]
    return paired_ratio(
        both=int(np.count_nonzero(was & now)),
        gained=int(np.count_nonzero(now & ~was)),
        lost=int(np.count_nonzero(was & ~now)),
        n=n,
    )


def _columns(rows: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Values and weights, float64, of the rows of a mean."""
    values, weights = rows.astype(np.float64).T
    return values, weights


def _exp(value: float) -> float:
    """Exp without an overflow: a loss beyond all measure is a perplexity of infinity."""
    return math.exp(value) if value < 700 else math.inf
