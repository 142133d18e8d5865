"""The soup recipe: uniform, greedy and learned averages of several fine-tuned models of one task.

All choices are made on validation; how an edit is measured stays behind the lab.
"""

from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import dataclass

import numpy as np

from taskarith.errors import RecipeError
from taskarith.evaluation import Estimate
from taskarith.recipes.lab import Answers, Lab
from taskarith.recipes.shifted import ShiftedAnswers, ask_shifted
from taskarith.recipes.soup.protocol import average, greedy_soup, ranked
from taskarith.recipes.soup.result import (
    BEST,
    BY_LAYER,
    ENSEMBLE,
    GREEDY,
    LEARNED,
    UNIFORM,
    Ladle,
    SoupResult,
)
from taskarith.tasks.shifts import shifted_name

__all__ = ["LEAST", "SoupRecipe"]

LEAST = 2


@dataclass(frozen=True)
class SoupRecipe:
    """Make every soup of `ingredients`, vectors of models fine-tuned on `task`."""

    task: str
    ingredients: tuple[str, ...]
    shifts: tuple[str, ...]
    control: str

    def __post_init__(self) -> None:
        if len(set(self.ingredients)) < LEAST:
            raise RecipeError(
                f"a soup of {self.task!r} needs at least {LEAST} different ingredients, found "
                f"{len(set(self.ingredients))}; name vectors of models fine-tuned on that task"
            )

    def evaluations(self) -> int:
        """The most evaluations that `run` takes."""
        count, versions = len(self.ingredients), 1 + len(self.shifts)
        choosing = 2 * count + 2
        # The ingredients, four soups and one ensemble, for which every ingredient runs again.
        return choosing + (2 * count + 4) * versions + 5

    def run(self, lab: Lab) -> SoupResult:
        """Make the soups on validation, then measure everything once on test."""
        validation = ranked(lab.score, ingredients=self.ingredients, task=self.task)
        best = next(iter(validation))
        taken = greedy_soup(lab.score, order=list(validation), task=self.task)
        edits = {
            BEST: ({best: 1.0}, {"": {best: 1.0}}),
            UNIFORM: (average(self.ingredients), {"": average(self.ingredients)}),
            GREEDY: (average(taken), {"": average(taken)}),
        }
        with ExitStack() as keep:
            for kind, by_layer in ((LEARNED, False), (BY_LAYER, True)):
                mixture = keep.enter_context(
                    lab.mix(self.ingredients, self.task, by_layer=by_layer)
                )
                weights = {group: dict(own) for group, own in mixture.weights.items()}
                edits[kind] = dict(mixture.coefficients), weights
            return self._tested(lab, validation, edits)

    def _tested(
        self,
        lab: Lab,
        validation: dict[str, Estimate],
        edits: Mapping[str, tuple[dict[str, float], dict[str, dict[str, float]]]],
    ) -> SoupResult:
        alone = {name: self._ask(lab, {name: 1.0}) for name in validation}
        best = alone[next(iter(validation))]
        models = []
        for kind, (edit, weights) in edits.items():
            asked = self._ask(lab, edit)
            control = lab.score(edit, [self.control], split="test")[self.control]
            over_best = None if kind == BEST else asked.against(best)
            models.append(Ladle(kind, 1, weights, asked.robustness, over_best, control))
        ensemble = self._ensemble(lab, best)
        models.append(
            Ladle(
                kind=ENSEMBLE,
                passes=len(self.ingredients),
                weights={"": average(self.ingredients)},
                robustness=ensemble.robustness,
                over_best=ensemble.against(best),
                control=None,
            )
        )
        return SoupResult(
            task=self.task,
            control=self.control,
            shifts=self.shifts,
            validation=validation,
            ingredients={name: asked.robustness for name, asked in alone.items()},
            models=tuple(models),
            sample=lab.sample,
        )

    def _ask(self, lab: Lab, edit: Mapping[str, float]) -> ShiftedAnswers:
        return ask_shifted(lab.answer, edit, task=self.task, shifts=self.shifts, split="test")

    def _ensemble(self, lab: Lab, like: ShiftedAnswers) -> ShiftedAnswers:
        """The answers of the ingredients' mean logits."""

        def together(task: str, one: Answers) -> Answers:
            total = sum(lab.logits({name: 1.0}, task, split="test") for name in self.ingredients)
            predicted = np.argmax(total, axis=1).astype(np.int32)
            return Answers(predicted, one.labels, one.total, one.split, one.metric)

        return ShiftedAnswers(
            reference=together(self.task, like.reference),
            by_shift={
                shift: together(shifted_name(self.task, shift), one)
                for shift, one in like.by_shift.items()
            },
        )
