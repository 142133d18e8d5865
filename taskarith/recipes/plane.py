"""A plane of edits: accuracy over two coefficients at once, from coarse to fine, and its front.

Everything is on validation: a plane is looked at to choose from, so test is not opened for it.
Knows the grid and which points are best; how an edit is measured stays behind the lab.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import product
from statistics import fmean
from typing import ClassVar

from taskarith.core import checked_coefficient
from taskarith.errors import RecipeError
from taskarith.evaluation import Estimate
from taskarith.recipes.lab import Lab
from taskarith.recipes.result import Result, Row, Table

__all__ = ["ENDS", "STEPS", "PlanePoint", "PlaneRecipe", "PlaneResult", "coarse_to_fine", "front"]

STEPS = (4, 8, 16)  # of each side; a power of two halves again and again
ENDS = (-0.5, 1.0)


@dataclass(frozen=True)
class PlanePoint:
    """One edit of the plane.

    Attributes:
        x, y: its coordinates, the coefficients of the two directions.
        coefficients: the whole edit.
        accuracies: of the targets and the control.
    """

    x: float
    y: float
    coefficients: dict[str, float]
    accuracies: dict[str, Estimate]

    def target(self, targets: Sequence[str]) -> float:
        """Mean accuracy of the targets."""
        return fmean(self.accuracies[task].value for task in targets)


@dataclass(frozen=True)
class PlaneResult(Result):
    """Every point of a plane, on validation.

    Attributes:
        points: in the order of measuring.
        forget: whether a target is the better the lower it is.
    """

    name: ClassVar[str] = "plane"
    title: ClassVar[str] = "A plane of edits"

    x: str
    y: str
    others: dict[str, float]
    targets: tuple[str, ...]
    control: str
    forget: bool
    points: tuple[PlanePoint, ...]

    @property
    def front(self) -> tuple[PlanePoint, ...]:
        """The Pareto front of target against control."""
        return front(self.points, targets=self.targets, control=self.control, forget=self.forget)

    def protocol(self) -> str:
        """What was measured."""
        held = ", ".join(f"{name} {value:g}" for name, value in self.others.items())
        return (
            f"λ({self.x}) and λ({self.y}) on a square grid, {len(self.points)} edits"
            f"{f', beside {held}' if held else ''}; all on validation, test stays closed. On the "
            f"front, no edit is better both on {' and '.join(self.targets)} "
            f"({'the lower the better' if self.forget else 'the higher the better'}) and on the "
            f"control {self.control}. It is picked among many: its points flatter."
        )

    def tables(self) -> list[Table]:
        """The front, from the best target on; every point."""
        return [
            Table("Pareto front", [self._row(point) for point in self.front]),
            Table("Every point", [self._row(point) for point in self.points], long=True),
        ]

    def findings(self) -> list[str]:
        """The two ends of the front, next to doing nothing."""
        front, lines = self.front, []
        for what, point in (("best target", front[0]), ("best control", front[-1])):
            kept = point.accuracies[self.control].value
            lines.append(
                f"{what}: λ({self.x}) = {point.x:g}, λ({self.y}) = {point.y:g}, target "
                f"{point.target(self.targets):.3f}, control {kept:.3f}"
            )
        return [*lines, f"{len(front)} of {len(self.points)} edits are on the front"]

    def _row(self, point: PlanePoint) -> Row:
        return {f"λ({self.x})": point.x, f"λ({self.y})": point.y, **point.accuracies}


@dataclass(frozen=True)
class PlaneRecipe:
    """Measure others + x·τ(x) + y·τ(y) for x and y on a grid.

    Attributes:
        others: what is held; its coefficients of `x` and `y` are not used.
        steps: of each side.
        x_ends, y_ends: the least and the largest coefficient of each.
    """

    x: str
    y: str
    targets: tuple[str, ...]
    control: str
    others: Mapping[str, float] = field(default_factory=dict)
    forget: bool = False
    steps: int = STEPS[1]
    x_ends: tuple[float, float] = ENDS
    y_ends: tuple[float, float] = ENDS

    def __post_init__(self) -> None:
        if self.x == self.y:
            raise RecipeError(f"a plane needs two directions, got {self.x} twice")
        if self.steps not in STEPS:
            raise RecipeError(f"a plane has {_either(STEPS)} steps a side, got {self.steps!r}")
        for name, (low, high) in ((self.x, self.x_ends), (self.y, self.y_ends)):
            checked_coefficient(low, name)
            checked_coefficient(high, name)
            if low >= high:
                raise RecipeError(f"λ({name}) goes from {low:g} to {high:g}: give rising ends")

    def evaluations(self) -> int:
        """How many evaluations `run` takes."""
        return (self.steps + 1) ** 2 * (len(self.targets) + 1)

    def measure(self, lab: Lab) -> Iterator[PlanePoint]:
        """Every point, from coarse to fine; what a page shows as it comes."""
        for column, row in coarse_to_fine(self.steps):
            x = _between(self.x_ends, column / self.steps)
            y = _between(self.y_ends, row / self.steps)
            edit = {**self.others, self.x: x, self.y: y}
            measured = lab.score(edit, [*self.targets, self.control], split="validation")
            yield PlanePoint(x, y, edit, dict(measured))

    def run(self, lab: Lab) -> PlaneResult:
        """The whole plane."""
        return self.result(tuple(self.measure(lab)))

    def result(self, points: Sequence[PlanePoint]) -> PlaneResult:
        """What the points are, so far or in the end."""
        held = {name: v for name, v in self.others.items() if name not in (self.x, self.y)}
        return PlaneResult(
            x=self.x,
            y=self.y,
            others=held,
            targets=self.targets,
            control=self.control,
            forget=self.forget,
            points=tuple(points),
        )


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
        return sign * point.target(targets), point.accuracies[control].value

    best, found = float("-inf"), []
    for point in sorted(points, key=merit, reverse=True):  # stable: of equals the first
        kept = merit(point)[1]
        if kept > best:
            best = kept
            found.append(point)
    return tuple(found)


def _between(ends: tuple[float, float], share: float) -> float:
    return round(ends[0] + share * (ends[1] - ends[0]), 4)


def _either(numbers: Sequence[int]) -> str:
    return f"{', '.join(map(str, numbers[:-1]))} or {numbers[-1]}"
