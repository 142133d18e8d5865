"""Accuracies that say how sure they are, and differences between two edits on the same images.

Intervals are pointwise and hold for edits chosen beforehand. Nothing here knows where the counts
come from.
"""

import math
from dataclasses import dataclass

import numpy as np

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
        raise ValueError(f"{correct} of {n} is no accuracy: it takes 0 ≤ correct ≤ n and n ≥ 1")
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
    """An accuracy: `correct` of the first `n` images of the `total` in `split`.

    Raises ValueError unless 0 ≤ correct ≤ n ≤ total and n ≥ 1.

    >>> estimate = Estimate(correct=12, n=16, total=500, split="validation")
    >>> estimate.accuracy, estimate.provisional
    (0.75, True)
    >>> Estimate.from_json(estimate.to_json()) == estimate
    True
    """

    correct: int
    n: int
    total: int
    split: str

    def __post_init__(self) -> None:
        if not (0 <= self.correct <= self.n <= self.total and self.n >= 1):
            raise ValueError(f"{self.correct} of {self.n} of {self.total} images is no accuracy")

    @property
    def accuracy(self) -> float:
        """The share of right answers, correct ÷ n, in 0…1."""
        return self.correct / self.n

    @property
    def interval(self) -> tuple[float, float]:
        """The 95 % Wilson interval, (low, high) in 0…1."""
        return wilson_interval(self.correct, self.n)

    @property
    def low(self) -> float:
        """The interval's lower end."""
        return self.interval[0]

    @property
    def high(self) -> float:
        """The interval's upper end."""
        return self.interval[1]

    @property
    def provisional(self) -> bool:
        """Whether images of the split are still to be measured."""
        return self.n < self.total

    def to_json(self) -> dict[str, int | float | str | bool]:
        """The counts, and for readers what follows from them, as plain JSON values."""
        return {
            "correct": self.correct,
            "n": self.n,
            "total": self.total,
            "split": self.split,
            "accuracy": self.accuracy,
            "low": self.low,
            "high": self.high,
            "provisional": self.provisional,
        }

    @classmethod
    def from_json(cls, data: dict[str, int | float | str | bool]) -> "Estimate":
        """The estimate that `to_json` described; only the counts are read."""
        return cls(
            correct=int(data["correct"]),
            n=int(data["n"]),
            total=int(data["total"]),
            split=str(data["split"]),
        )


@dataclass(frozen=True)
class PairedDifference:
    """Accuracy after minus accuracy before, on the same `n` images.

    Only the images whose answer turned right (`gained`) or wrong (`lost`) carry information, as in
    McNemar's test. The 95 % interval is Agresti and Min's: half an image is added to each cell of
    the 2×2 table, then (g − l)/n ± z·√((g + l) − (g − l)²/n)/n. Statistics in Medicine 24, 2005,
    doi:10.1002/sim.2084. Raises ValueError for counts that cannot be.

    >>> difference = PairedDifference(gained=2, lost=30, n=200)
    >>> difference.difference, difference.clear
    (-0.14, True)
    """

    gained: int
    lost: int
    n: int

    def __post_init__(self) -> None:
        if min(self.gained, self.lost) < 0 or self.gained + self.lost > self.n or self.n < 1:
            raise ValueError(f"{self.gained} gained and {self.lost} lost of {self.n} cannot be")

    @classmethod
    def of(cls, *, before: np.ndarray, after: np.ndarray, labels: np.ndarray) -> "PairedDifference":
        """The difference between two runs of answers, over the images that all three cover.

        >>> PairedDifference.of(
        ...     before=np.array([0, 1, 1]), after=np.array([0, 0]), labels=np.array([0, 1, 1])
        ... )
        PairedDifference(gained=0, lost=1, n=2)
        """
        n = min(len(before), len(after), len(labels))
        was_right, is_right = before[:n] == labels[:n], after[:n] == labels[:n]
        return cls(
            gained=int(np.count_nonzero(is_right & ~was_right)),
            lost=int(np.count_nonzero(was_right & ~is_right)),
            n=n,
        )

    @property
    def difference(self) -> float:
        """(gained − lost) ÷ n, in −1…1."""
        return (self.gained - self.lost) / self.n

    @property
    def interval(self) -> tuple[float, float]:
        """The 95 % interval of the difference, (low, high) in −1…1."""
        n, changed, net = self.n + 2, self.gained + self.lost + 1, self.gained - self.lost
        half = Z * math.sqrt(changed - net * net / n) / n
        return max(-1.0, net / n - half), min(1.0, net / n + half)

    @property
    def low(self) -> float:
        """The interval's lower end."""
        return self.interval[0]

    @property
    def high(self) -> float:
        """The interval's upper end."""
        return self.interval[1]

    @property
    def clear(self) -> bool:
        """Whether the interval leaves out zero: it did change."""
        return self.low > 0 or self.high < 0

    def to_json(self) -> dict[str, int | float | bool]:
        """The counts, and for readers what follows from them, as plain JSON values."""
        return {
            "gained": self.gained,
            "lost": self.lost,
            "n": self.n,
            "difference": self.difference,
            "low": self.low,
            "high": self.high,
            "clear": self.clear,
        }
