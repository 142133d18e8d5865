"""The methods recipe: every merge method on the same vectors, by the same protocol."""

from collections.abc import Iterator
from dataclasses import dataclass

from taskarith.recipes.lab import Lab
from taskarith.recipes.methods.entrants import Entrant
from taskarith.recipes.methods.protocol import (
    COARSE,
    SEEDS,
    Choice,
    Misfit,
    References,
    choose_method,
    fine_grid,
    measure_method,
    measure_references,
)
from taskarith.recipes.methods.result import MethodsResult

__all__ = ["MethodsRecipe"]


@dataclass(frozen=True)
class MethodsRecipe:
    """Merge the vectors of `tasks` by every entrant.

    Attributes:
        seeds: of a method that draws at random.
    """

    tasks: tuple[str, ...]
    control: str
    entrants: tuple[Entrant, ...]
    unseen_controls: tuple[str, ...] = ()
    seeds: int = SEEDS

    def evaluations(self) -> int:
        """The most evaluations that `run` takes; a merge counts as one."""
        return self._of_references() + sum(self._of(entrant) for entrant in self.entrants)

    def references(self, lab: Lab) -> References:
        """What the choices are compared with, on validation."""
        return measure_references(
            lab.score, tasks=self.tasks, controls=[self.control], split="validation"
        )

    def choose(self, lab: Lab, references: References) -> Iterator[Choice | Misfit]:
        """Every entrant in turn, on validation alone; what a page shows as it comes."""
        for entrant in self.entrants:
            yield choose_method(
                lab,
                entrant,
                tasks=self.tasks,
                controls=[self.control],
                references=references,
                seeds=self.seeds,
            )

    def run(self, lab: Lab) -> MethodsResult:
        """Choose every scale on validation, then measure everything once on test."""
        found = list(self.choose(lab, self.references(lab)))
        controls = [self.control, *self.unseen_controls]
        references = measure_references(
            lab.score, tasks=self.tasks, controls=controls, split="test"
        )
        return MethodsResult(
            tasks=self.tasks,
            control=self.control,
            unseen_controls=self.unseen_controls,
            references=references,
            choices=tuple(
                measure_method(
                    lab,
                    choice,
                    tasks=self.tasks,
                    controls=controls,
                    references=references,
                    seeds=self.seeds,
                )
                for choice in found
                if isinstance(choice, Choice)
            ),
            sample=lab.sample,
            misfits=tuple(one for one in found if isinstance(one, Misfit)),
        )

    def _of_references(self) -> int:
        return 4 * len(self.tasks) + 2 + len(self.unseen_controls)

    def _of(self, entrant: Entrant) -> int:
        drawn = self.seeds if entrant.method.seeded else 1
        scales = len(COARSE) + max(len(fine_grid(coarse)) for coarse in COARSE)
        tested = len(self.tasks) + 1 + len(self.unseen_controls)
        each = len(self.tasks) + 1
        return 2 * drawn + scales * len(self.tasks) + drawn * (each + tested)
