"""Choosing coefficients: on a grid, by walking along it, and one coordinate after the other.

Pure: a quality is a function of coefficients, and nothing here knows what it measures. Where two
coefficients are equally good, the smaller movement wins. What was chosen looks better on the
examples it was chosen on than on others: `flattery` says by how much.
"""

from collections.abc import Callable, Mapping, Sequence
from functools import cache

import numpy as np

__all__ = ["best_on_grid", "coordinate_search", "flattery", "walk"]

Quality = Callable[[float], float]

FOLDS, REPEATS = 10, 5  # of the cross-validation that tells by how much a choice flatters


def best_on_grid(quality: Quality, *, grid: Sequence[float]) -> float:
    """The value of `grid` with the highest quality.

    >>> best_on_grid(lambda value: -(value - 0.4) ** 2, grid=(0, 0.25, 0.5))
    0.5
    """
    return max(grid, key=lambda value: (quality(value), -abs(value)))


def walk(quality: Quality, *, grid: Sequence[float], start: float) -> float:
    """From the value of `grid` nearest to `start`, on to better neighbours while there are any.

    A few measurements instead of the whole grid, and the same answer where quality rises to one
    summit. `grid` is sorted.

    >>> walk(lambda value: -(value - 0.4) ** 2, grid=(0, 0.25, 0.5, 0.75, 1), start=1)
    0.5
    """
    known = cache(quality)
    here = min(range(len(grid)), key=lambda index: abs(grid[index] - start))
    while True:
        near = range(max(0, here - 1), min(len(grid), here + 2))
        best = best_on_grid(known, grid=[grid[index] for index in near])
        if known(best) <= known(grid[here]):
            return grid[here]
        here = grid.index(best)


def coordinate_search(
    quality: Callable[[Mapping[str, float]], float],
    *,
    start: Mapping[str, float],
    grid: Sequence[float],
    rounds: int,
) -> dict[str, float]:
    """Each coefficient in turn walks to its best, the others held; until a round changes nothing.

    At most `rounds` rounds. Never worse than `start` by the quality it is given.
    """
    chosen = dict(start)
    for _ in range(rounds):
        before = dict(chosen)
        for name in chosen:

            def along(value: float, name: str = name) -> float:
                return quality({**chosen, name: value})

            chosen[name] = walk(along, grid=grid, start=chosen[name])
        if chosen == before:
            break
    return chosen


def flattery(*values: np.ndarray, seed: int = 0) -> float:
    """By how much the mean of the best edit is too good, on the examples that it is the best on.

    `values` are [edits, examples] of each task that the edits are compared on, more is better; the
    best edit has the best mean over tasks. Cross-validation: the best edit on nine tenths of the
    examples, there less on the tenth; the mean over folds and a few random cuts. Right on average,
    and itself uncertain for one set of examples.

    >>> noise = np.random.default_rng(0).normal(size=(20, 100))
    >>> f"{noise.mean(1).max():.2f}, by luck {flattery(noise):.2f}"
    '0.15, by luck 0.19'
    """
    rng = np.random.default_rng(seed)
    folds = min(FOLDS, *(task.shape[1] for task in values))
    if folds < 2:
        return 0.0
    total = 0.0
    for _ in range(REPEATS):
        means = [_in_folds(task, rng.permutation(task.shape[1]) % folds) for task in values]
        inside, outside = np.mean(means, axis=0)
        best = inside.argmax(0), np.arange(folds)
        total += float((inside[best] - outside[best]).mean())
    return total / REPEATS


def _in_folds(values: np.ndarray, fold: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The means of `values` [edits, examples] without each fold, and in it: [edits, folds]."""
    member = np.eye(fold.max() + 1)[fold]  # [examples, folds]
    sizes, sums = member.sum(0), values @ member
    return (values.sum(1, keepdims=True) - sums) / (values.shape[1] - sizes), sums / sizes
