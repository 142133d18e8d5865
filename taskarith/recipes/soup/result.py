"""Soups' result: every soup of one task's ingredients, against the best single model."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

from taskarith.evaluation import Estimate, PairedDifference
from taskarith.recipes.interval import Interval
from taskarith.recipes.result import Result, Row, Table
from taskarith.recipes.sample import Sample, measured_by
from taskarith.recipes.shifted import Robustness

__all__ = ["BEST", "BY_LAYER", "ENSEMBLE", "GREEDY", "LEARNED", "UNIFORM", "Ladle", "SoupResult"]

BEST, UNIFORM, GREEDY = "best single", "uniform soup", "greedy soup"
LEARNED, BY_LAYER, ENSEMBLE = "learned soup", "learned soup by layer", "logit ensemble"


@dataclass(frozen=True)
class Ladle:
    """One model made of the ingredients, on test.

    Attributes:
        passes: how many forward passes an example costs.
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
        validation: estimate of each ingredient on validation, the best first.
        ingredients: robustness of each on test.
    """

    name: ClassVar[str] = "soup"
    title: ClassVar[str] = "Model soups"
    published: ClassVar[str] = (
        "arXiv 2203.05482, CLIP ViT-B/32 on ImageNet and the mean of five shifts: best single "
        "model 80.39 and 47.97 %, uniform soup 79.97 and 51.58 %, greedy soup 81.03 and 50.86 %"
    )

    task: str
    control: str
    shifts: tuple[str, ...]
    validation: dict[str, Estimate]
    ingredients: dict[str, Robustness]
    models: tuple[Ladle, ...]
    sample: Sample

    def chosen(self) -> list[tuple[str, dict[str, float]]]:
        """Every soup that is one average of the whole model."""
        return [(model.kind, dict(model.weights.get("", {}))) for model in self.models]

    @property
    def measure(self) -> str:
        """What the task is counted by."""
        return measured_by(self.validation.values())

    def protocol(self) -> str:
        """How the soups were made."""
        return (
            f"{len(self.validation)} ingredients: models fine-tuned for one task from the same "
            f"base, chosen and measured on the {self.sample.examples} of {self.task}. Uniform: "
            f"their mean. Greedy: in the order of validation {self.measure} ({self.sample.each}), "
            "each is kept if the mean with it does at least as well on validation. Learned: "
            f"weights that add up to 1, fitted to the cross-entropy of all validation "
            f"{self.sample.examples}, one set for the model or one a layer. The ensemble averages "
            "the logits of all ingredients and costs a forward pass for each. The task as it is "
            f"and under {len(self.shifts)} shifts ({', '.join(self.shifts)}) is "
            f"{self.sample.once}; differences are paired, intervals of shifted means are over "
            f"{self.sample.examples}. "
            "The best single model is selected on validation."
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
                        "chosen on": estimate,
                        self.sample.final: self.ingredients[name].reference,
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
            self.sample.final: model.robustness.reference,
            "over best single": reference,
            "shifted mean": model.robustness.shifted,
            "shifted over best single": shifted,
            self.control: model.control,
        }


def _every(weights: Mapping[str, float], result: SoupResult) -> dict[str, float]:
    return {name: weights.get(name, 0.0) for name in result.validation}
