"""The plane recipe: two coefficients at once, from coarse to fine, on validation alone.

A plane is looked at to choose from, so test is not opened for it.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from taskarith.core import checked_coefficient
from taskarith.errors import RecipeError
from taskarith.evaluation import Estimate
from taskarith.recipes.lab import Lab
from taskarith.recipes.plane.protocol import PlanePoint, between, coarse_to_fine
from taskarith.recipes.plane.result import PlaneResult
from taskarith.recipes.sample import Sample

__all__ = ["ENDS", "STEPS", "PlaneRecipe"]

STEPS = (4, 8, 16)  # of each side; a power of two halves again and again
ENDS = (-0.5, 1.0)


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
        for x, y, edit in self._edits():
            yield PlanePoint(x, y, edit, dict(self._asked(lab, edit)))

    def run(self, lab: Lab) -> PlaneResult:
        """The whole plane."""
        asked = [(*place, self._asked(lab, place[2])) for place in self._edits()]
        points = tuple(PlanePoint(x, y, edit, dict(measured)) for x, y, edit, measured in asked)
        return self.result(points, sample=lab.sample)

    def result(self, points: Sequence[PlanePoint], *, sample: Sample | None = None) -> PlaneResult:
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
            sample=sample or Sample(),
        )

    def _edits(self) -> Iterator[tuple[float, float, dict[str, float]]]:
        """Both λ and the edit of every point, from coarse to fine."""
        for column, row in coarse_to_fine(self.steps):
            x = between(self.x_ends, column / self.steps)
            y = between(self.y_ends, row / self.steps)
            yield x, y, {**self.others, self.x: x, self.y: y}

    def _asked(self, lab: Lab, edit: Mapping[str, float]) -> Mapping[str, Estimate]:
        return lab.score(edit, [*self.targets, self.control], split="validation")


def _either(numbers: Sequence[int]) -> str:
    return f"{', '.join(map(str, numbers[:-1]))} or {numbers[-1]}"
