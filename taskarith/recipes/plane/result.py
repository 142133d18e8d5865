"""A plane's result: every point on validation, and the front."""

from dataclasses import dataclass
from typing import ClassVar

from taskarith.recipes.plane.protocol import PlanePoint, front
from taskarith.recipes.result import Result, Row, Table
from taskarith.recipes.sample import Sample, mean_shown

__all__ = ["PlaneResult"]


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
    sample: Sample

    @property
    def front(self) -> tuple[PlanePoint, ...]:
        """The Pareto front of target against control."""
        return front(self.points, targets=self.targets, control=self.control, forget=self.forget)

    def protocol(self) -> str:
        """What was measured."""
        held = ", ".join(f"{name} {value:g}" for name, value in self.others.items())
        return (
            f"λ({self.x}) and λ({self.y}) on a square grid, {len(self.points)} edits"
            f"{f', beside {held}' if held else ''}; {self.sample.each} of validation, test stays "
            f"closed. On the front, no edit is better both on {' and '.join(self.targets)} "
            f"({'to be forgotten' if self.forget else 'to be learned'}) and on the "
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
            target = mean_shown(point.accuracies[task] for task in self.targets)
            lines.append(
                f"{what}: λ({self.x}) = {point.x:g}, λ({self.y}) = {point.y:g}, target {target}, "
                f"control {mean_shown([point.accuracies[self.control]])}"
            )
        edits = "1 edit is" if len(front) == 1 else f"{len(front)} edits are"
        return [*lines, f"of {len(self.points)}, {edits} on the front"]

    def chosen(self) -> list[tuple[str, dict[str, float]]]:
        """The two ends of the front."""
        front = self.front
        ends = {"best target": front[0], "best control": front[-1]}
        return [(what, point.coefficients) for what, point in ends.items()]

    def _row(self, point: PlanePoint) -> Row:
        return {f"λ({self.x})": point.x, f"λ({self.y})": point.y, **point.accuracies}
