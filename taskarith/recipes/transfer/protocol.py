"""What predicts transfer: numbers of two tasks' vectors and gradients, and how well they rank it.

Pure: knows vectors and matrices. Rows are the task that teaches, columns the task that is asked.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from taskarith.core import TaskVector, Terms, cosine_matrix, sign_conflicts
from taskarith.evaluation.intervals import student_quantile
from taskarith.recipes.interval import Interval

__all__ = [
    "COSINE",
    "DOWNHILL",
    "GRADIENTS",
    "SIGNS",
    "RankCorrelation",
    "predictors",
    "rank_correlation",
    "spearman",
]

COSINE = "cosine of vectors"
SIGNS = "sign agreement of vectors"
GRADIENTS = "cosine of gradients at θ₀"
DOWNHILL = "vector against gradient, −cos(τ_i, g_j)"

PERMUTATIONS = 999
SEED = 0
LEAST_TASKS = 3


def predictors(
    vectors: Mapping[str, TaskVector], gradients: Mapping[str, TaskVector]
) -> dict[str, np.ndarray]:
    """Every predictor of what vector i does to task j, float64 [K, K], by what it is called.

    Gradients are taken over the parameters of the vectors, which are the same for all tasks.

    >>> import torch
    >>> a, b = (TaskVector({"w": torch.tensor(x)}) for x in ([1.0, 0.0], [1.0, 1.0]))
    >>> found = predictors({"a": a, "b": b}, {"a": -1 * a, "b": -1 * b})
    >>> round(float(found[COSINE][0, 1]), 2), round(float(found[DOWNHILL][0, 1]), 2)
    (0.71, 0.71)
    """
    names = list(next(iter(vectors.values())))
    steepest = {
        task: TaskVector({name: gradients[task][name].float() for name in names})
        for task in vectors
    }
    own = Terms(dict(vectors))
    both = Terms(
        {f"vector of {task}": vector for task, vector in vectors.items()}
        | {f"gradient of {task}": gradient for task, gradient in steepest.items()}
    )
    moved, uphill = (
        [both.names.index(f"{kind} of {task}") for task in vectors]  # terms have an order of theirs
        for kind in ("vector", "gradient")
    )
    place = [own.names.index(task) for task in vectors]
    cosines = cosine_matrix(both).nan_to_num().numpy()
    return {
        COSINE: cosines[np.ix_(moved, moved)],
        SIGNS: 1 - sign_conflicts(own).nan_to_num(0.5).numpy()[np.ix_(place, place)],
        GRADIENTS: cosines[np.ix_(uphill, uphill)],
        DOWNHILL: -cosines[np.ix_(moved, uphill)],
    }


def spearman(one: np.ndarray, two: np.ndarray) -> float:
    """Spearman's rank correlation, ties with their mean rank; 0 where one of them never changes.

    >>> spearman(np.array([1.0, 2.0, 3.0, 3.0]), np.array([10.0, 20.0, 30.0, 40.0])).__round__(2)
    0.95
    """
    return _correlation(_ranks(one), _ranks(two))


@dataclass(frozen=True)
class RankCorrelation:
    """How well a predictor ranks what was measured of ordered pairs of tasks.

    Attributes:
        value: Spearman's ρ with its interval, which is over tasks: pairs that share one err alike.
        lowest, highest: ρ when each task in turn is left out.
        null: the middle 95 % of ρ when the predictor's tasks are shuffled (Mantel's test).
    """

    value: Interval
    lowest: float
    highest: float
    null: tuple[float, float]

    @property
    def clear(self) -> bool:
        """Whether ρ lies outside of what shuffled tasks give."""
        return not self.null[0] <= self.value.value <= self.null[1]


def rank_correlation(
    predicted: np.ndarray, measured: np.ndarray, *, pairs: Sequence[tuple[int, int]]
) -> RankCorrelation:
    """Spearman's ρ of two matrices [K, K] over the ordered `pairs` (i, j) of different tasks.

    The interval is the jackknife's over tasks with Student's quantile: ρ ± t·s, where
    s² = (K−1)/K·Σ(ρ₍ₖ₎ − mean)² and ρ₍ₖ₎ leaves task k out with all its pairs. The null shuffles
    rows and columns of `predicted` together (Mantel 1967), 999 times, seeded.
    """
    count = len(predicted)
    rows, columns = (np.array([pair[end] for pair in pairs]) for end in (0, 1))
    truth = measured[rows, columns]
    value = spearman(predicted[rows, columns], truth)
    left = np.array(
        [
            spearman(predicted[rows[kept], columns[kept]], truth[kept])
            for kept in ((rows != k) & (columns != k) for k in range(count))
            if kept.sum() >= LEAST_TASKS
        ]
    )
    rng = np.random.default_rng(SEED)
    shuffled, true_ranks = [], _ranks(truth)
    for _ in range(PERMUTATIONS):
        order = rng.permutation(count)
        shuffled.append(_correlation(_ranks(predicted[order[rows], order[columns]]), true_ranks))
    ends = np.quantile(shuffled, [0.025, 0.975])
    if len(left) < LEAST_TASKS:
        low, high = -1.0, 1.0  # too few tasks to tell
        left = np.array([value])
    else:
        spread = np.sqrt((len(left) - 1) / len(left) * np.square(left - left.mean()).sum())
        half = student_quantile(len(left) - 1) * float(spread)
        low, high = max(-1.0, value - half), min(1.0, value + half)
    return RankCorrelation(
        Interval(value, low, high, f"{count} tasks"),
        float(left.min()),
        float(left.max()),
        (float(ends[0]), float(ends[1])),
    )


def _correlation(first: np.ndarray, second: np.ndarray) -> float:
    first, second = first - first.mean(), second - second.mean()
    length = float(np.sqrt((first @ first) * (second @ second)))
    return float(first @ second) / length if length else 0.0


def _ranks(values: np.ndarray) -> np.ndarray:
    _, place, counts = np.unique(values, return_inverse=True, return_counts=True)
    last = np.cumsum(counts)
    return (last - (counts - 1) / 2)[place]
