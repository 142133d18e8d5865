"""Estimates: a metric's value that says how sure it is, and differences between two edits.

Made of rows, one for each example in the order in which they are measured: of a share, the answers
(an integer each); of a mean, float32 [n, 2]: −log p of each text, and its tokens. Intervals are
pointwise and hold for edits chosen beforehand. Nothing here knows where the rows come from.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from taskarith.tasks.metric import ACCURACY, METRICS, Metric

__all__ = ["Estimate", "PairedDifference", "wilson_interval"]

Z = 1.959963984540054  # the standard normal's 97.5 % quantile: two-sided 95 % intervals


def wilson_interval(correct: int, n: int) -> tuple[float, float]:
    """The 95 % Wilson score interval of correct ÷ n, as (low, high) in 0…1.

    (p̂ + z²/2n ± z·√(p̂(1−p̂)/n + z²/4n²)) ÷ (1 + z²/n), Wilson 1927,
    doi:10.1080/01621459.1927.10502953. Raises ValueError unless 0 ≤ correct ≤ n and n ≥ 1.

    >>> low, high = wilson_interval(8, 10)
    >>> f"{low:.3f} {high:.3f}"
    '0.490 0.943'
    """
    if not 0 <= correct <= n or n < 1:
        raise ValueError(f"{correct} of {n} is no share: it takes 0 ≤ correct ≤ n and n ≥ 1")
    share = correct / n
    center = share + Z * Z / (2 * n)
    half = Z * math.sqrt(share * (1 - share) / n + Z * Z / (4 * n * n))
    scale = 1 + Z * Z / n
    # At the ends the bound is 0 or 1 exactly, which rounding may miss by the last bit.
    low = 0.0 if correct == 0 else (center - half) / scale
    high = 1.0 if correct == n else (center + half) / scale
    return low, high


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

        Of a mean: exp(Σv ÷ Σw), with the interval of a ratio over independent texts.

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
        mean, half = _mean_and_half(*_columns(rows))
        low, high = _exp(mean - half), _exp(mean + half)
        value = max(metric.low, _exp(mean))  # a loss of nothing may round to below it
        return cls(value, max(metric.low, low), max(value, high), n, total, split, metric.name)

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

    Of a share: the share after minus the share before. Of a mean: perplexity retained minus 1, that
    is before ÷ after − 1, so that −0.05 is 5 % of the pretrained model's lost. Both are better when
    they are higher.

    Attributes:
        gained, lost: of a share, the examples whose answer turned right, and wrong; of a mean both
            are None.
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

        Only they carry information, as in McNemar's test. The 95 % interval is Agresti and Min's:
        half an example is added to each cell of the 2×2 table, then
        (g − l)/n ± z·√((g + l) − (g − l)²/n)/n. Statistics in Medicine 24, 2005,
        doi:10.1002/sim.2084. Raises ValueError for counts that cannot be.

        >>> difference = PairedDifference.counted(gained=2, lost=30, n=200)
        >>> difference.difference, difference.clear
        (-0.14, True)
        """
        if min(gained, lost) < 0 or gained + lost > n or n < 1:
            raise ValueError(f"{gained} gained and {lost} lost of {n} cannot be")
        smoothed, changed, net = n + 2, gained + lost + 1, gained - lost
        half = Z * math.sqrt(changed - net * net / smoothed) / smoothed
        low, high = max(-1.0, net / smoothed - half), min(1.0, net / smoothed + half)
        return cls(net / n, low, high, n, gained, lost)

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
        values, weights = _columns(after[:n])
        mean, half = _mean_and_half(values - _columns(before[:n])[0], weights)
        return cls(_exp(-mean) - 1, _exp(-mean - half) - 1, _exp(-mean + half) - 1, n)

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


def _columns(rows: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Values and weights, float64, of the rows of a mean."""
    values, weights = rows.astype(np.float64).T
    return values, weights


def _mean_and_half(values: np.ndarray, weights: np.ndarray) -> tuple[float, float]:
    """Σv ÷ Σw and half the width of its 95 % interval, over independent texts.

    The residuals v − m·w of a ratio estimator, Cochran 1977, "Sampling Techniques", section 2.11.
    """
    n, total = len(values), weights.sum()
    mean = float(values.sum() / total)
    if n < 2:
        return mean, math.inf
    residuals = values - mean * weights
    return mean, Z * math.sqrt(n / (n - 1) * float(residuals @ residuals)) / float(total)


def _exp(value: float) -> float:
    """Exp without an overflow: a loss beyond all measure is a perplexity of infinity."""
    return math.exp(value) if value < 700 else math.inf
