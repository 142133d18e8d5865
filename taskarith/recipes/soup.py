"""Model soups: averages of several fine-tuned models of one task (arXiv 2203.05482).

Knows how a soup is made of its ingredients: uniform, greedy, or learned by the lab's `mix`. All
choices are made on validation; how an edit is measured stays behind the lab.
"""

from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from taskarith.errors import RecipeError
from taskarith.evaluation import Estimate, PairedDifference
from taskarith.recipes.interval import Interval
from taskarith.recipes.lab import Answers, Lab
from taskarith.recipes.result import Result, Row, Table
from taskarith.recipes.score import Score
from taskarith.recipes.shifted import Robustness, ShiftedAnswers, ask_shifted
from taskarith.tasks.shifts import shifted_name

__all__ = ["Ladle", "SoupRecipe", "SoupResult", "average", "greedy_soup", "ranked"]

BEST, UNIFORM, GREEDY = "best single", "uniform soup", "greedy soup"
LEARNED, BY_LAYER, ENSEMBLE = "learned soup", "learned soup by layer", "logit ensemble"
LEAST = 2


def average(vectors: Sequence[str]) -> dict[str, float]:
    """The edit that is the mean of the models θ₀ + τ_k.

    >>> average(["a", "b"])
    {'a': 0.5, 'b': 0.5}
    """
    return dict.fromkeys(vectors, 1 / len(vectors))


def ranked(score: Score, *, ingredients: Sequence[str], task: str) -> dict[str, Estimate]:
    """The ingredients with their validation accuracies, the best first; ties keep their order."""
    accuracies = {
        name: score({name: 1.0}, [task], split="validation")[task] for name in ingredients
    }
    order = sorted(accuracies, key=lambda name: -accuracies[name].value)
    return {name: accuracies[name] for name in order}


def greedy_soup(score: Score, *, order: Sequence[str], task: str) -> tuple[str, ...]:
    """Take each ingredient in `order` that does not make the average worse on validation.

    The paper's recipe 1: start with the best one; keep the next if the accuracy of the average
    with it is at least that without it.
    """
    taken: tuple[str, ...] = ()
    best = -1.0
    for name in order:
        trial = (*taken, name)
        right = score(average(trial), [task], split="validation")[task].value
        if right >= best:
            taken, best = trial, right
    return taken


@dataclass(frozen=True)
class Ladle:
    """One model made of the ingredients, on test.

    Attributes:
        passes: how many forward passes an image costs.
        weights: of each ingredient, by layer group ("" is the whole model).
        over_best: paired differences to the best single model, on the task as it is and in the
            mean over shifts; None for itself.
    """

    kind: str
    passes: int
    weights: dict[str, dict[str, float]]
    robustness: Robustness
    over_best: tuple[PairedDifference, Interval] | None
    control: Estimate | None


@dataclass(frozen=True)
class SoupResult(Result):
    """Every soup of one task's ingredients.

    Attributes:
        validation: accuracy of each ingredient on validation, the best first.
        ingredients: robustness of each on test.
    """

    name: ClassVar[str] = "soup"
    title: ClassVar[str] = "Model soups"

    task: str
    control: str
    shifts: tuple[str, ...]
    validation: dict[str, Estimate]
    ingredients: dict[str, Robustness]
    models: tuple[Ladle, ...]

    def protocol(self) -> str:
        """How the soups were made."""
        return (
            f"{len(self.validation)} ingredients: models fine-tuned for one task from the same "
            f"base, chosen and measured on the pictures of {self.task}. Uniform: their mean. "
            "Greedy: in the order of validation accuracy, each is kept "
            "if the mean with it is at least as accurate on validation. Learned: weights that add "
            "up to 1, fitted to the validation images' cross-entropy, one set for the model or "
            "one a layer. The ensemble averages the logits of all ingredients and costs a forward "
            "pass for each. Test is measured once, as it is and under "
            f"{len(self.shifts)} shifts ({', '.join(self.shifts)}); differences are paired, "
            "intervals of shifted means are over images. The best single model is selected on "
            "validation."
        )

    def tables(self) -> list[Table]:
        """The soups; their weights; the ingredients."""
        return [
            Table("Soups", [self._row(model) for model in self.models]),
            Table(
                "Weights",
                [
                    {"model": model.kind, "layers": group or "all", **_every(weights, self)}
                    for model in self.models
                    for group, weights in model.weights.items()
                ],
            ),
            Table(
                "Ingredients",
                [
                    {
                        "ingredient": name,
                        "validation": estimate,
                        "test": self.ingredients[name].reference,
                        "shifted mean": self.ingredients[name].shifted,
                    }
                    for name, estimate in self.validation.items()
                ],
            ),
        ]

    def findings(self) -> list[str]:
        """Each model against the best single one."""
        lines = []
        for model in self.models:
            if model.over_best is None:
                continue
            reference, shifted = model.over_best
            # Differences of half a point: one decimal would hide which side of it they are on.
            lines.append(
                f"{model.kind}: {100 * reference.difference:+.2f} points "
                f"[{100 * reference.low:+.2f}, {100 * reference.high:+.2f}] against the best "
                f"single model, {100 * shifted.value:+.2f} [{100 * shifted.low:+.2f}, "
                f"{100 * shifted.high:+.2f}] in the mean over shifts"
            )
        return lines

    def _row(self, model: Ladle) -> Row:
        reference, shifted = model.over_best or (None, None)
        return {
            "model": model.kind,
            "passes": model.passes,
            "test": model.robustness.reference,
            "over best single": reference,
            "shifted mean": model.robustness.shifted,
            "shifted over best single": shifted,
            self.control: model.control,
        }


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
        )

    def _ask(self, lab: Lab, edit: Mapping[str, float]) -> ShiftedAnswers:
        return ask_shifted(lab.answer, edit, task=self.task, shifts=self.shifts, split="test")

    def _ensemble(self, lab: Lab, like: ShiftedAnswers) -> ShiftedAnswers:
        """The answers of the ingredients' mean logits."""

        def together(task: str, one: Answers) -> Answers:
            total = sum(lab.logits({name: 1.0}, task, split="test") for name in self.ingredients)
            predicted = np.argmax(total, axis=1).astype(np.int32)
            return Answers(predicted, one.labels, one.total, one.split)

        return ShiftedAnswers(
            reference=together(self.task, like.reference),
            by_shift={
                shift: together(shifted_name(self.task, shift), one)
                for shift, one in like.by_shift.items()
            },
        )


def _every(weights: Mapping[str, float], result: SoupResult) -> dict[str, float]:
    return {name: weights.get(name, 0.0) for name in result.validation}
