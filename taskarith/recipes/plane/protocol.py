"""A plane of edits from coarse to fine, and which of its points no other is better than."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import product
from statistics import fmean

from taskarith.evaluation import Estimate
from taskarith.recipes.pareto import pareto_front

__all__ = ["PlanePoint", "between", "coarse_to_fine", "front"]


@dataclass(frozen=True)
class PlanePoint:
    """One edit of the plane.

    Attributes:
        x, y: its coordinates, the coefficients of the two directions.
        coefficients: the whole edit.
        accuracies: estimates of the targets and the control.
    """

    x: float
    y: float
    coefficients: dict[str, float]
    accuracies: dict[str, Estimate]

    def target(self, targets: Sequence[str]) -> float:
        """Mean skill of the targets."""
        return fmean(self.accuracies[task].skill for task in targets)


def coarse_to_fine(steps: int) -> Iterator[tuple[int, int]]:
    """Every (column, row) from 0 to `steps`, a power of two, once: corners first.

    >>> list(coarse_to_fine(2))
    [(0, 0), (0, 2), (2, 0), (2, 2), (0, 1), (1, 0), (1, 1), (1, 2), (2, 1)]
    """
    seen: set[tuple[int, int]] = set()
    stride = steps
    while stride:
        side = range(0, steps + 1, stride)
        for place in product(side, side):
            if place not in seen:
                seen.add(place)
                yield place
        stride //= 2


def front(
    points: Sequence[PlanePoint], *, targets: Sequence[str], control: str, forget: bool = False
) -> tuple[PlanePoint, ...]:
    """The points than which none is better on target and control, from the best target on.

    Of points that are equal in both, the first.
    """
    sign = -1 if forget else 1

    def merit(point: PlanePoint) -> tuple[float, float]:
        return sign * point.target(targets), point.accuracies[control].skill

    return pareto_front(points, merit)


def between(ends: tuple[float, float], share: float) -> float:
    """The coefficient at a share of the way from one end to the other."""
    return round(ends[0] + share * (ends[1] - ends[0]), 4)
