"""The methods recipe: every merge method on the same vectors, by the same protocol."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

from taskarith.recipes.addition import mean_normalized
from taskarith.recipes.entrants import Entrant
from taskarith.recipes.interval import Interval
from taskarith.recipes.lab import Lab
from taskarith.recipes.methods import (
    COARSE,
    SEEDS,
    Choice,
    Misfit,
    Outcome,
    References,
    choose_method,
    fine_grid,
    measure_method,
    measure_references,
)
from taskarith.recipes.ratios import normalized_and_gain
from taskarith.recipes.result import Result, Row, Table, about_unseen

__all__ = ["MethodsRecipe", "MethodsResult"]

LOOKS = "unlabelled validation images"
NO_DATA = "no images"


@dataclass(frozen=True)
class MethodsResult(Result):
    """What each method makes of the same vectors.

    Attributes:
        choices: every method that fits, as it was entered; outcomes are on the split they say.
        misfits: the others, with the reason.
    """

    name: ClassVar[str] = "methods"
    title: ClassVar[str] = "Merge methods side by side"

    tasks: tuple[str, ...]
    control: str
    unseen_controls: tuple[str, ...]
    references: References
    choices: tuple[Choice, ...]
    misfits: tuple[Misfit, ...]

    def protocol(self) -> str:
        """How it was measured."""
        return (
            f"The vectors of {len(self.tasks)} tasks ({', '.join(self.tasks)}) are merged with "
            "λ = 1 each, by every method with the settings shown, and the model is "
            "θ₀ + s·merge(τ). One rule chooses s for all: the best mean normalized accuracy on "
            f"validation over {', '.join(f'{s:g}' for s in COARSE)}, then by walking from there "
            "in steps of 0.05. Methods that draw at random are shown under the first seed, with "
            "the standard deviation over seeds beside. Methods that look "
            f"at {LOOKS} say so: on that split they have seen what they are judged on. Brackets "
            "hold 95 % intervals, Fieller's over images for ratios. Time is that of one merge "
            "on this machine; buffers are model-sized, beside the vectors. The control is "
            f"{self.control}." + about_unseen(self.unseen_controls)
        )

    def tables(self) -> list[Table]:
        """The methods beside each other; task by task; those that do not fit."""
        rows = [self._row(choice) for choice in self.choices]
        tables = [Table("Methods", [self._nothing(), *rows])]
        nothing = {task: self.references.pretrained[task] for task in self.tasks}
        by_task: list[Row] = [{"method": "nothing", **nothing}]
        by_task.append({"method": "each its own", **self.references.finetuned})
        for choice in self.choices:
            measured = choice.outcomes[0].accuracies
            own = {task: measured[task] for task in self.tasks}
            by_task.append({"method": choice.entrant.label(), **own})
        tables.append(Table("Task by task", by_task))
        if self.misfits:
            left_out: list[Row] = [
                {"method": misfit.entrant.label(), "why not": misfit.reason}
                for misfit in self.misfits
            ]
            tables.append(Table("Left out", left_out))
        return tables

    def findings(self) -> list[str]:
        """The best with and without data, next to plain task arithmetic."""
        lines = []
        for looks, words in ((False, "without images"), (True, f"with {LOOKS}")):
            those = [c for c in self.choices if c.entrant.method.needs_data is looks]
            if those:
                best = max(those, key=lambda choice: choice.normalized)
                lines.append(
                    f"the best {words} is {best.entrant.label()}: normalized "
                    f"{best.normalized:.3f}, gain recovered {best.outcomes[0].gain:.3f}"
                )
        plain = [c for c in self.choices if c.entrant.name == "sum"]
        lines += [f"task arithmetic: normalized {c.normalized:.3f}" for c in plain]
        lines.append(f"doing nothing: normalized {self.normalized_of_nothing():.3f}, gain 0")
        return lines

    def normalized_of_nothing(self) -> float:
        """Mean normalized accuracy of the pretrained model."""
        before = {task: self.references.pretrained[task] for task in self.tasks}
        return mean_normalized(before, finetuned=self.references.finetuned)

    def intervals(self, outcome: Outcome) -> tuple[Interval, Interval]:
        """`normalized` and `gain` of an outcome, with their intervals over images."""
        return normalized_and_gain(
            {task: outcome.accuracies[task] for task in self.tasks},
            pretrained=self.references.pretrained,
            finetuned=self.references.finetuned,
        )

    def _controls(self) -> list[str]:
        return [self.control, *self.unseen_controls]

    def _nothing(self) -> Row:
        controls = {name: self.references.pretrained[name] for name in self._controls()}
        return {
            "method": "nothing",
            "s": 0.0,
            "normalized": self.normalized_of_nothing(),
            "gain recovered": 0.0,
            **controls,
            "± over seeds": None,
            "s = 1, validation": None,
            "seconds": None,
            "buffers": None,
            "looks at": NO_DATA,
        }

    def _row(self, choice: Choice) -> Row:
        first = choice.outcomes[0]
        normalized, gain = self.intervals(first)
        method = choice.entrant.method
        return {
            "method": choice.entrant.label(),
            "s": choice.scale,
            "normalized": normalized,
            "gain recovered": gain,
            **{name: first.accuracies[name] for name in self._controls()},
            "± over seeds": choice.spread,
            "s = 1, validation": choice.at_one,
            "seconds": choice.seconds,
            "buffers": method.buffers,
            "looks at": LOOKS if method.needs_data else NO_DATA,
        }


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
