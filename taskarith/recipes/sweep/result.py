"""A sweep's result: every task at every λ of each vector, on validation."""

from dataclasses import dataclass
from typing import ClassVar

from taskarith.evaluation import Estimate
from taskarith.recipes.result import Result, Row, Table, shown
from taskarith.recipes.sample import Sample

__all__ = ["SweepResult", "Swept"]


@dataclass(frozen=True)
class Swept:
    """One vector.

    Attributes:
        task: what the vector is about.
        points: by λ, the estimate of every task.
    """

    vector: str
    task: str
    points: dict[float, dict[str, Estimate]]

    @property
    def best(self) -> float:
        """The λ at which the lower end of its task's interval is best; the smallest of equals."""
        return max(self.points, key=lambda step: (self.points[step][self.task].skills[0], -step))


@dataclass(frozen=True)
class SweepResult(Result):
    """The vectors, each on its own, and where they start: the pretrained model."""

    name: ClassVar[str] = "sweep"
    title: ClassVar[str] = "A sweep of λ"

    vectors: tuple[Swept, ...]
    pretrained: dict[str, Estimate]
    control: str
    sample: Sample

    def protocol(self) -> str:
        """What was measured."""
        steps = list(self.vectors[0].points)
        return (
            f"θ₀ + λ·τ for each vector alone, {len(steps)} λ from {steps[0]:g} to {steps[-1]:g} in "
            f"equal steps; {self.sample.each} of validation, test stays closed. What is best is "
            "picked among many, by the lower end of its 95 % interval: it flatters."
        )

    def tables(self) -> list[Table]:
        """One row for each λ of each vector."""
        rows: list[Row] = [
            {"vector": one.vector, "λ": step, **point}
            for one in self.vectors
            for step, point in one.points.items()
        ]
        return [Table("Along λ (validation)", rows)]

    def findings(self) -> list[str]:
        """Of each vector: where its own task is best, and how the control stands there."""
        lines = []
        for one in self.vectors:
            own, control = (one.points[one.best][name] for name in (one.task, self.control))
            before, unharmed = (self.pretrained[name] for name in (one.task, self.control))
            lines.append(
                f"{one.vector}: {one.task} is best at λ = {one.best:g}, {shown(own)} (pretrained "
                f"{shown(before)}); the control {self.control} is then {shown(control)} "
                f"(pretrained {shown(unharmed)})"
            )
        return lines

    def chosen(self) -> list[tuple[str, dict[str, float]]]:
        """Of each vector the best λ for its task."""
        return [
            (f"{one.vector}, best for {one.task}", {one.vector: one.best}) for one in self.vectors
        ]
