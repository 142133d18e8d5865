from collections.abc import Mapping
from itertools import product

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from taskarith.recipes.choosing import best_on_grid, coordinate_search, flattery, walk

GRID = tuple(round(0.1 * step, 1) for step in range(11))
summits = st.floats(0, 1)


@given(summits)
def test_walking_finds_what_the_whole_grid_has(summit: float) -> None:
    def quality(value: float) -> float:
        return -abs(value - summit)

    found, best = walk(quality, grid=GRID, start=0.5), best_on_grid(quality, grid=GRID)
    assert quality(found) == pytest.approx(quality(best))


def test_walking_measures_less_than_the_grid() -> None:
    seen = []

    def quality(value: float) -> float:
        seen.append(value)
        return -abs(value - 0.7)

    assert walk(quality, grid=GRID, start=0.6) == 0.7
    assert sorted(seen) == [0.5, 0.6, 0.7, 0.8]


@pytest.mark.parametrize("start", [0.0, 0.4, 1.0])
def test_where_all_is_equal_the_walk_stays_and_the_grid_moves_least(start: float) -> None:
    assert walk(lambda value: 1.0, grid=GRID, start=start) == start
    assert best_on_grid(lambda value: 1.0, grid=(-0.5, 0.0, 0.5)) == 0.0


@given(summits, summits)
def test_coordinate_search_is_brute_force_where_the_coordinates_do_not_mix(
    one: float, two: float
) -> None:
    def quality(at: Mapping[str, float]) -> float:
        return -((at["a"] - one) ** 2) - (at["b"] - two) ** 2

    found = coordinate_search(quality, start={"a": 0.5, "b": 0.5}, grid=GRID, rounds=3)
    best = max(quality({"a": a, "b": b}) for a, b in product(GRID, GRID))
    assert quality(found) == pytest.approx(best)


@given(summits, summits, st.floats(-2, 2))
def test_coordinate_search_is_never_worse_than_its_start(
    one: float, two: float, together: float
) -> None:
    def quality(at: Mapping[str, float]) -> float:
        return -((at["a"] - one) ** 2) - (at["b"] - two) ** 2 + together * at["a"] * at["b"]

    start = {"a": 0.3, "b": 0.8}
    assert quality(coordinate_search(quality, start=start, grid=GRID, rounds=2)) >= quality(start)


@pytest.mark.parametrize("n", [16, 64, 256])
@pytest.mark.parametrize("curve", ["flat", "a summit", "a slope"])
def test_flattery_is_told_as_large_as_it_is(curve: str, n: int) -> None:
    """21 edits on the same images: seven tenths of the answers hang on the image alone."""
    rng = np.random.default_rng(n)
    place = np.linspace(0, 1, 21)
    truth = {"flat": 0.7 + 0 * place, "a summit": 0.9 - 0.5 * (place - 0.6) ** 2,
             "a slope": 0.6 + 0.3 * place}[curve]  # fmt: skip
    real, told = [], []
    for _ in range(300):
        hard = np.where(rng.random((n, 21)) < 0.3, rng.random((n, 21)), rng.random((n, 1)))
        right = (hard < truth).T.astype(float)
        best = right.mean(1).argmax()
        real.append(right[best].mean() - truth[best])
        told.append(flattery(right))
    assert np.mean(told) == pytest.approx(np.mean(real), rel=0.3, abs=0.004)


def test_one_edit_and_one_image_flatter_nobody() -> None:
    assert flattery(np.array([[1.0, 0.0, 1.0, 1.0]])) == pytest.approx(0, abs=1e-12)
    assert flattery(np.ones((5, 1))) == 0
    assert flattery(np.ones((5, 40)), np.ones((5, 1))) == 0
    assert flattery(np.ones((5, 40))) == pytest.approx(0, abs=1e-12)


def test_flattery_of_a_mean_over_tasks_is_told_as_large_as_it_is() -> None:
    rng = np.random.default_rng(5)
    truth, told = [], []
    for _ in range(200):
        tasks = [rng.normal(size=(15, n)) for n in (40, 60)]
        truth.append(np.mean([task.mean(1) for task in tasks], axis=0).max())  # of a true 0
        told.append(flattery(*tasks))
    assert np.mean(told) == pytest.approx(np.mean(truth), abs=0.02)
    assert np.mean(truth) > 0.15
