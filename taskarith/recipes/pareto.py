"""Pareto fronts: which points no other is better than in both of two merits."""

from collections.abc import Callable, Sequence
from typing import TypeVar

__all__ = ["pareto_front"]

Point = TypeVar("Point")


def pareto_front(
    points: Sequence[Point], merit: Callable[[Point], tuple[float, float]]
) -> tuple[Point, ...]:
    """The points than which none is better in both merits, from the best first merit on.

    Of points that are equal in both, the first.

    >>> pareto_front([(1, 3), (2, 2), (1, 1), (3, 0)], lambda point: point)
    ((3, 0), (2, 2), (1, 3))
    """
    best, found = float("-inf"), []
    for point in sorted(points, key=merit, reverse=True):  # stable: of equals the first
        kept = merit(point)[1]
        if kept > best:
            best = kept
            found.append(point)
    return tuple(found)
