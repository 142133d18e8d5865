"""Rank correlation: Spearman's ρ of scores with the right ones, its intervals and differences.

Spearman 1904, doi:10.2307/1412159; intervals by the percentile bootstrap over examples (Efron and
Tibshirani 1993, chapter 13), which are drawn with a fixed seed. Knows numbers alone.
"""

from collections.abc import Callable

import numpy as np

__all__ = ["rank_correlation", "rank_difference", "rank_retained"]

RESAMPLES, SEED = 400, 0
FEWEST = 10  # examples: of fewer, a bootstrap knows too little to say anything
AT_ONCE = 2**21  # numbers held while resamples are ranked


def rank_correlation(rows: np.ndarray) -> tuple[float, float, float]:
    """Spearman's ρ of scores with right scores, [n, 2], and its 95 % interval: (ρ, low, high).

    Ties share their mean rank; a score that is no number comes last. Where all scores are the same
    nothing is ranked, and ρ is 0. Of fewer than ten examples the interval is −1 to 1.

    >>> rho, low, high = rank_correlation(np.array([[k, k + 3 * (k % 2)] for k in range(40)]))
    >>> f"{rho:.3f} {low:.3f} {high:.3f}"
    '0.992 0.980 0.994'
    """
    return _told(rows[:, :1], rows[:, 1], lambda rho: rho[0], (-1.0, 1.0))


def rank_difference(before: np.ndarray, after: np.ndarray) -> tuple[float, float, float]:
    """ρ after − ρ before on the same examples, both [n, 2], with its interval, in −2…2.

    >>> rows = np.array([[k, k] for k in range(20)], dtype=float)
    >>> rank_difference(rows, rows)
    (0.0, 0.0, 0.0)
    """
    return _told(_paired(before, after), after[:, 1], lambda rho: rho[1] - rho[0], (-2.0, 2.0))


def rank_retained(before: np.ndarray, after: np.ndarray) -> tuple[float, float]:
    """The interval of ρ after ÷ ρ before on the same examples, in 0…∞.

    Of a resample in which the scores before ranked nothing rightly, nothing is known: it counts as
    endless for the upper end, and as 0 for the lower.
    """
    ends = (0.0, np.inf)
    pairs = _paired(before, after)

    def ratio(otherwise: float) -> Callable[[np.ndarray], np.ndarray]:
        def of(rho: np.ndarray) -> np.ndarray:
            known = rho[0] > 0
            kept = np.maximum(rho[1], 0.0) / np.where(known, rho[0], 1.0)
            return np.where(known, kept, otherwise)

        return of

    low = _told(pairs, after[:, 1], ratio(0.0), ends)[1]
    return low, _told(pairs, after[:, 1], ratio(np.inf), ends)[2]


def _paired(before: np.ndarray, after: np.ndarray) -> np.ndarray:
    return np.stack([before[:, 0], after[:, 0]], axis=1)


def _told(
    scores: np.ndarray,
    right: np.ndarray,
    of: Callable[[np.ndarray], np.ndarray],
    ends: tuple[float, float],
) -> tuple[float, float, float]:
    """`of` the ρ of each column of `scores` [n, k], given as [k, resamples], and its interval."""
    n = len(right)
    columns = [*scores.T, right]
    value = float(of(_correlations(columns, np.ones((1, n))))[0])
    if n < FEWEST:
        return value, *ends
    random = np.random.default_rng(SEED)
    found, size = [], max(1, AT_ONCE // n)
    for start in range(0, RESAMPLES, size):
        count = min(size, RESAMPLES - start)
        drawn = random.integers(n, size=(count, n)) + n * np.arange(count)[:, None]
        times = np.bincount(drawn.ravel(), minlength=count * n).reshape(count, n)
        found.append(of(_correlations(columns, times.astype(np.float64))))
    low, high = np.quantile(np.concatenate(found), (0.025, 0.975), method="inverted_cdf")
    return value, min(float(low), value), max(float(high), value)


def _correlations(columns: list[np.ndarray], times: np.ndarray) -> np.ndarray:
    """ρ of every column but the last with the last, [columns − 1, r].

    `times` [r, n] says how often each example is in each resample.
    """
    *scores, right = (_centred(column, times) for column in columns)
    own = (times * right * right).sum(1)
    found = []
    for score in scores:
        spread = np.sqrt((times * score * score).sum(1) * own)
        shared = (times * score * right).sum(1)
        found.append(np.where(spread > 0, shared / np.where(spread > 0, spread, 1.0), 0.0))
    return np.clip(np.stack(found), -1.0, 1.0)


def _centred(values: np.ndarray, times: np.ndarray) -> np.ndarray:
    """The mean rank of each value within each resample, less the mean of all, [r, n]."""
    values = np.where(np.isnan(values), -np.inf, values)
    known, places = np.unique(values, return_inverse=True)
    order = np.argsort(places, kind="stable")
    starts = np.searchsorted(places[order], np.arange(len(known)))
    counts = np.add.reduceat(times[:, order], starts, axis=1)
    below = counts.cumsum(1) - counts / 2
    return below[:, places] - times.sum(1, keepdims=True) / 2
