"""The sweep recipe: λ of a vector in equal steps, the others at 0, on validation alone.

A sweep is looked at to choose from, so test is not opened for it.
"""

from dataclasses import dataclass

from taskarith.core import checked_coefficient
from taskarith.errors import RecipeError
from taskarith.recipes.lab import Lab
from taskarith.recipes.sweep.result import SweepResult, Swept

__all__ = ["ENDS", "MOST_POINTS", "POINTS", "SweepRecipe"]

ENDS = (-1.0, 1.0)
POINTS, MOST_POINTS = 21, 401


@dataclass(frozen=True)
class SweepRecipe:
    """Measure λ·τ for λ from the first to the last of equal steps, one vector after the other.

    Attributes:
        vectors: each with the task that it is about.
        tasks: what is measured at every λ, the control among them.
        ends: the first and the last λ.
    """

    vectors: dict[str, str]
    tasks: tuple[str, ...]
    control: str
    ends: tuple[float, float] = ENDS
    points: int = POINTS

    def __post_init__(self) -> None:
        first, last = (checked_coefficient(end, "sweep") for end in self.ends)
        if first >= last:
            raise RecipeError(f"λ goes from {first:g} to {last:g}: give rising ends")
        if not 2 <= self.points <= MOST_POINTS:
            raise RecipeError(f"a sweep has 2 to {MOST_POINTS} points, got {self.points}")

    @property
    def steps(self) -> tuple[float, ...]:
        """Every λ, as an edit rounds it.

        >>> SweepRecipe({"a": "a"}, ("a", "c"), control="c", ends=(0, 1), points=4).steps
        (0.0, 0.3333, 0.6667, 1.0)
        """
        first, last = self.ends
        return tuple(
            round(first + (last - first) * step / (self.points - 1), 4)
            for step in range(self.points)
        )

    def evaluations(self) -> int:
        """How many evaluations `run` takes; the pretrained model's among them."""
        return (1 + len(self.vectors) * len(self.steps)) * len(self.tasks)

    def run(self, lab: Lab) -> SweepResult:
        """The pretrained model, then every point."""
        pretrained = lab.score({}, self.tasks, split="validation")
        return SweepResult(
            vectors=tuple(
                Swept(
                    vector,
                    task,
                    {
                        step: dict(lab.score({vector: step}, self.tasks, split="validation"))
                        for step in self.steps
                    },
                )
                for vector, task in self.vectors.items()
            ),
            pretrained=dict(pretrained),
            control=self.control,
            sample=lab.sample,
        )
