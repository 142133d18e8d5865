"""Spearman's ρ: the library's value, ties and all, and intervals that cover."""

import numpy as np
import pytest
from scipy.stats import spearmanr

from taskarith.evaluation.estimate import Estimate, PairedDifference, retained
from taskarith.evaluation.rank import rank_correlation, rank_difference
from taskarith.tasks.metric import METRICS

SPEARMAN = METRICS["spearman"]


def drawn(random: np.random.Generator, n: int, noise: float) -> np.ndarray:
    """Scores in steps of a fifth, as T5 writes them, so that many are tied."""
    right = random.uniform(0, 5, n)
    return np.stack([np.round(5 * (right + noise * random.normal(size=n))) / 5, right], axis=1)


@pytest.mark.parametrize("n", [2, 9, 30, 300])
def test_the_value_is_the_librarys(n: int) -> None:
    rows = drawn(np.random.default_rng(n), n, 1.5)
    told = Estimate.of(rows.astype(np.float32), labels=np.zeros(n), split="test", metric=SPEARMAN)
    theirs = spearmanr(*rows.astype(np.float32).T).statistic
    assert told.value == pytest.approx(theirs, abs=1e-12)
    assert told.metric == "spearman"
    assert (told.interval == (-1, 1)) is (n < 10)  # so few tell nothing
    assert Estimate.from_json(told.to_json()) == told


def test_intervals_cover_the_truth_about_as_often_as_they_say() -> None:
    random = np.random.default_rng(0)
    truth = spearmanr(*drawn(random, 100_000, 1.5).T).statistic
    inside = []
    for _ in range(200):
        _, low, high = rank_correlation(drawn(random, 60, 1.5))
        inside.append(low <= truth <= high)
    assert 0.90 <= np.mean(inside) <= 0.99


def test_differences_are_paired() -> None:
    random = np.random.default_rng(1)
    before = drawn(random, 200, 1.0)
    after = before + [[1.0, 0.0]] * random.normal(scale=0.2, size=(200, 1))
    change = PairedDifference.of(before=before, after=after, labels=np.zeros(200), metric=SPEARMAN)
    apart = rank_correlation(after)[0] - rank_correlation(before)[0]
    assert change.difference == pytest.approx(apart)
    assert change.gained is None
    # Far narrower than the two intervals side by side.
    _, low, high = rank_correlation(before)
    assert change.high - change.low < (high - low) / 2
    kept = retained(before=before, after=after, labels=np.zeros(200), metric=SPEARMAN)
    assert kept[0] < 1 + change.difference / rank_correlation(before)[0] < kept[1]
    assert rank_difference(before, before * [[-1.0, 1.0]])[0] < -1


def test_what_ranks_nothing() -> None:
    right = np.arange(40.0)
    flat = np.stack([np.ones(40), right], axis=1)
    broken = np.stack([np.full(40, np.nan), right], axis=1)
    assert rank_correlation(flat) == rank_correlation(broken) == (0, 0, 0)
    straight = np.stack([right, right], axis=1)
    metric = SPEARMAN
    assert retained(before=flat, after=straight, labels=right, metric=metric) == (0, np.inf)
    assert retained(before=straight, after=flat, labels=right, metric=metric) == (0, 0)
