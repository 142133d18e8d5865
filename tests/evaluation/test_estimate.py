import json
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from taskarith.evaluation.estimate import Estimate, PairedDifference
from taskarith.evaluation.intervals import wilson_interval


@st.composite
def counts(draw: st.DrawFn) -> tuple[int, int]:
    n = draw(st.integers(1, 5000))
    return draw(st.integers(0, n)), n


@pytest.mark.parametrize(
    ("correct", "n", "low", "high"),
    [(8, 10, 0.490162, 0.943318), (0, 10, 0.0, 0.277533), (10, 10, 0.722467, 1.0)],
)
def test_wilson_agrees_with_published_values(correct: int, n: int, low: float, high: float) -> None:
    assert wilson_interval(correct, n) == pytest.approx((low, high), abs=1e-6)


@given(counts())
def test_wilson_solves_the_score_equation(case: tuple[int, int]) -> None:
    """Each end p is where the observed share is 1.96 standard errors *of p* away."""
    correct, n = case
    low, high = wilson_interval(correct, n)
    assert 0 <= low <= correct / n <= high <= 1
    for end in (low, high):
        if 0 < end < 1:
            distance = abs(correct / n - end) / math.sqrt(end * (1 - end) / n)
            assert distance == pytest.approx(1.959964, abs=1e-4)


@given(counts())
def test_wilson_is_symmetric(case: tuple[int, int]) -> None:
    correct, n = case
    low, high = wilson_interval(correct, n)
    assert wilson_interval(n - correct, n) == pytest.approx((1 - high, 1 - low), abs=1e-12)


def test_wilson_covers_the_truth_about_as_often_as_it_says() -> None:
    hits = np.random.default_rng(0).binomial(100, 0.7, size=4000)
    inside = [low <= 0.7 <= high for low, high in (wilson_interval(int(h), 100) for h in hits)]
    assert 0.93 <= np.mean(inside) <= 0.97


@pytest.mark.parametrize(
    ("correct", "n", "total"), [(-1, 5, 5), (6, 5, 5), (0, 0, 5), (5, 6, 5), (1, 0, 0)]
)
def test_impossible_counts_are_refused(correct: int, n: int, total: int) -> None:
    with pytest.raises(ValueError, match=r"is no (share|estimate)"):
        Estimate.share(correct=correct, n=n, total=total, split="validation")


def test_an_estimate_says_what_it_is() -> None:
    estimate = Estimate.share(correct=12, n=16, total=16, split="test")
    assert estimate.value == 0.75
    assert (estimate.low, estimate.high) == wilson_interval(12, 16)
    assert not estimate.provisional
    data = json.loads(json.dumps(estimate.to_json(), allow_nan=False))
    assert data["low"] == estimate.low
    assert Estimate.from_json(data) == estimate


@st.composite
def changes(draw: st.DrawFn) -> PairedDifference:
    n = draw(st.integers(1, 2000))
    gained = draw(st.integers(0, n))
    return PairedDifference.counted(gained=gained, lost=draw(st.integers(0, n - gained)), n=n)


@given(changes())
def test_a_paired_interval_holds_its_difference(change: PairedDifference) -> None:
    assert -1 <= change.low <= change.difference <= change.high <= 1
    back = PairedDifference.counted(gained=change.lost, lost=change.gained, n=change.n)
    assert (back.low, back.high) == pytest.approx((-change.high, -change.low))


def test_a_paired_interval_covers_the_truth_about_as_often_as_it_says() -> None:
    rng = np.random.default_rng(1)
    tables = rng.multinomial(100, [0.10, 0.20, 0.70], size=4000)
    inside = [
        change.low <= -0.10 <= change.high
        for change in (
            PairedDifference.counted(gained=int(g), lost=int(v), n=100) for g, v, _ in tables
        )
    ]
    assert 0.93 <= np.mean(inside) <= 0.975


def test_pairing_sees_what_separate_intervals_do_not() -> None:
    before = Estimate.share(correct=150, n=200, total=200, split="validation")
    after = Estimate.share(correct=142, n=200, total=200, split="validation")
    assert after.high > before.low  # the two intervals overlap
    assert PairedDifference.counted(gained=0, lost=8, n=200).clear
    assert not PairedDifference.counted(gained=20, lost=28, n=200).clear


def test_a_paired_difference_counts_over_the_images_all_have() -> None:
    labels = np.array([0, 1, 2, 3, 4])
    before, after = np.array([0, 1, 0, 0, 4]), np.array([0, 0, 2, 3])
    change = PairedDifference.of(before=before, after=after, labels=labels)
    assert change == PairedDifference.counted(gained=2, lost=1, n=4)
    assert change.to_json()["difference"] == 0.25


@pytest.mark.parametrize(("gained", "lost", "n"), [(-1, 0, 5), (3, 3, 5), (0, 0, 0)])
def test_impossible_changes_are_refused(gained: int, lost: int, n: int) -> None:
    with pytest.raises(ValueError, match="cannot be"):
        PairedDifference.counted(gained=gained, lost=lost, n=n)
