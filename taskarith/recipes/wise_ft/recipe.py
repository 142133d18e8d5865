"""The WiSE-FT recipe: more robust models between pretrained and fine-tuned (arXiv 2109.01903)."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from taskarith.recipes.interpolation import ALPHAS
from taskarith.recipes.lab import Lab
from taskarith.recipes.shifted import Robustness, ShiftedAnswers, ask_shifted
from taskarith.recipes.wise_ft.protocol import effective, robustness_line
from taskarith.recipes.wise_ft.result import WiseChoice, WiseFt, WiseFtResult

__all__ = ["CHOICES", "WiseFtRecipe"]

CHOICES = BY_REFERENCE, BY_SHIFTS, HALF = "best reference", "best shifted mean", "half-way"


@dataclass(frozen=True)
class WiseFtRecipe:
    """Interpolate towards a fine-tuned model of each task.

    Attributes:
        vectors: by task, the vector of that model.
        standard: by task, vectors of models that nobody interpolated, for the line.
    """

    vectors: Mapping[str, str]
    shifts: tuple[str, ...]
    control: str
    standard: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    def evaluations(self) -> int:
        """The most evaluations that `run` takes."""
        versions = 1 + len(self.shifts)
        standard = sum(len(self.standard.get(task, ())) for task in self.vectors)
        one = 2 * len(ALPHAS) * versions + len(CHOICES) + 2
        return one * len(self.vectors) + standard * versions

    def run(self, lab: Lab) -> WiseFtResult:
        """Measure the curves on validation and choose, then on test."""
        seen = {task: self._seen(lab, task) for task in self.vectors}
        return WiseFtResult(
            shifts=self.shifts,
            control=self.control,
            sample=lab.sample,
            tasks=tuple(self._tested(lab, task, curve) for task, curve in seen.items()),
        )

    def _seen(self, lab: Lab, task: str) -> dict[float, Robustness]:
        return {
            alpha: ask_shifted(
                lab.answer,
                {self.vectors[task]: alpha},
                task=task,
                shifts=self.shifts,
                split="validation",
            ).robustness
            for alpha in ALPHAS
        }

    def _tested(self, lab: Lab, task: str, seen: dict[float, Robustness]) -> WiseFt:
        def asked(vector: str, alpha: float) -> ShiftedAnswers:
            return ask_shifted(
                lab.answer, {vector: alpha}, task=task, shifts=self.shifts, split="test"
            )

        own = self.vectors[task]
        curve = {alpha: asked(own, alpha) for alpha in ALPHAS}
        standard = {"": curve[0.0].robustness, own: curve[1.0].robustness}
        for name in self.standard.get(task, ()):
            if name not in standard:
                standard[name] = asked(name, 1.0).robustness
        line = robustness_line(list(standard.values()))
        choices = {
            BY_REFERENCE: max(ALPHAS, key=lambda a: (seen[a].reference.low, -a)),
            BY_SHIFTS: max(ALPHAS, key=lambda a: (seen[a].shifted.low, -a)),
            HALF: 0.5,
        }
        return WiseFt(
            task=task,
            vector=own,
            validation=seen,
            test={alpha: answers.robustness for alpha, answers in curve.items()},
            choices=tuple(
                WiseChoice(
                    chosen_by=by,
                    alpha=alpha,
                    robustness=curve[alpha].robustness,
                    effective=effective(curve[alpha].robustness, line),
                    over_pretrained=curve[alpha].against(curve[0.0]),
                    over_finetuned=curve[alpha].against(curve[1.0]),
                )
                for by, alpha in choices.items()
            ),
            standard=standard,
            line=line,
            control={
                alpha: lab.score({own: alpha}, [self.control], split="test")[self.control]
                for alpha in sorted({0.0, 1.0, *choices.values()})
            },
        )
