"""WiSE-FT: more robust models lie between pretrained and fine-tuned (arXiv 2109.01903).

Measures (1−α)θ₀ + αθ_t on a task as it is and under shifts, against the line on which models that
nobody interpolated lie. How an edit is measured stays behind the lab.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from statistics import linear_regression
from typing import ClassVar

from taskarith.evaluation import Estimate, PairedDifference
from taskarith.recipes.interpolation import ALPHAS
from taskarith.recipes.interval import Interval
from taskarith.recipes.lab import Lab
from taskarith.recipes.result import Cell, Result, Table
from taskarith.recipes.shifted import Robustness, ShiftedAnswers, ask_shifted

__all__ = ["Line", "WiseChoice", "WiseFt", "WiseFtRecipe", "WiseFtResult", "robustness_line"]

CHOICES = BY_REFERENCE, BY_SHIFTS, HALF = "best reference", "best shifted mean", "half-way"


@dataclass(frozen=True)
class Line:
    """logit(shifted) = intercept + slope·logit(reference): what to expect of a usual model.

    >>> Line(intercept=0.0, slope=1.0, models=2).expected(0.9)
    0.9
    """

    intercept: float
    slope: float
    models: int

    def expected(self, reference: float) -> float:
        """The shifted accuracy on the line, for a reference accuracy strictly in 0…1."""
        return 1 / (1 + math.exp(-(self.intercept + self.slope * _logit(reference))))


def robustness_line(models: Sequence[Robustness]) -> Line | None:
    """The least-squares line through models on logit axes; None where they share one reference.

    Accuracies of 0 and 1 count as half an image away, where the axes end.
    """
    points = [
        (_inside(model.reference.value, model), _inside(model.shifted.value, model))
        for model in models
    ]
    if len({reference for reference, _ in points}) < 2:
        return None
    fit = linear_regression(*zip(*((_logit(x), _logit(y)) for x, y in points), strict=True))
    return Line(intercept=fit.intercept, slope=fit.slope, models=len(models))


@dataclass(frozen=True)
class WiseChoice:
    """One α, however chosen, on test.

    Attributes:
        effective: shifted mean minus what the line expects at this reference accuracy; None
            without a line.
        over_pretrained, over_finetuned: paired differences on the reference and in the mean over
            shifts.
    """

    chosen_by: str
    alpha: float
    robustness: Robustness
    effective: float | None
    over_pretrained: tuple[PairedDifference, Interval]
    over_finetuned: tuple[PairedDifference, Interval]


@dataclass(frozen=True)
class WiseFt:
    """One task.

    Attributes:
        vector: of the fine-tuned model.
        validation, test: robustness by α.
        standard: test robustness of models that nobody interpolated, by vector ("" pretrained).
        control: at the chosen α and at both ends.
    """

    task: str
    vector: str
    validation: dict[float, Robustness]
    test: dict[float, Robustness]
    choices: tuple[WiseChoice, ...]
    standard: dict[str, Robustness]
    line: Line | None
    control: dict[float, Estimate]


@dataclass(frozen=True)
class WiseFtResult(Result):
    """The tasks, each on its own."""

    name: ClassVar[str] = "wise-ft"
    title: ClassVar[str] = "WiSE-FT: robust fine-tuning by interpolation"

    shifts: tuple[str, ...]
    control: str
    tasks: tuple[WiseFt, ...]

    def protocol(self) -> str:
        """How α was chosen."""
        return (
            "(1−α)θ₀ + αθ_t, α from 0 to 1 in steps of 0.05; the task as it is (reference) and "
            f"the mean over {len(self.shifts)} shifted versions of the same images "
            f"({', '.join(self.shifts)}). α is chosen on validation: by the best reference "
            "accuracy, or by the best shifted mean; half-way is chosen by nobody. The whole curve "
            "is measured on test once, after that. Intervals of shifted means are over images, "
            "differences are paired. The line is fitted on logit axes through models that nobody "
            "interpolated (pretrained and fine-tuned as they are): effective robustness is the "
            "distance above it, its interval that of the shifted mean."
        )

    def tables(self) -> list[Table]:
        """Chosen α and the two ends; the curve; each shift; the models of the line."""
        return [
            Table(
                "Chosen α and the ends",
                [
                    _row({"task": one.task, "model": name, "α": alpha}, one.test[alpha])
                    | {
                        "effective robustness, points": _points(one.test[alpha], one.line),
                        self.control: one.control[alpha],
                    }
                    for one in self.tasks
                    for name, alpha in _named(one).items()
                ],
            ),
            Table(
                "Along α (test)",
                [
                    _row({"task": one.task, "α": alpha}, robustness)
                    for one in self.tasks
                    for alpha, robustness in one.test.items()
                ],
            ),
            Table(
                "By shift",
                [
                    {"task": one.task, "model": name, "α": alpha, **one.test[alpha].by_shift}
                    for one in self.tasks
                    for name, alpha in _named(one).items()
                ],
            ),
            Table(
                "Models that nobody interpolated",
                [
                    _row({"task": one.task, "model": name or "pretrained"}, robustness)
                    for one in self.tasks
                    for name, robustness in one.standard.items()
                ],
            ),
        ]

    def findings(self) -> list[str]:
        """What each choice gains over both ends; and what the best end nobody interpolated has.

        A weak fine-tuned model is easy to improve on: the strongest one known stands beside it.
        """
        lines = []
        for one in self.tasks:
            for choice in one.choices:
                reference, shifted = choice.over_finetuned
                lines.append(
                    f"{one.task}, {choice.chosen_by} (α = {choice.alpha:.2f}): shifted mean "
                    f"{100 * shifted.value:+.1f} points [{100 * shifted.low:+.1f}, "
                    f"{100 * shifted.high:+.1f}] over fine-tuning and "
                    f"{100 * choice.over_pretrained[1].value:+.1f} over pretrained; reference "
                    f"{100 * reference.difference:+.1f} [{100 * reference.low:+.1f}, "
                    f"{100 * reference.high:+.1f}] against fine-tuning"
                )
            others = {name: one.standard[name] for name in one.standard if name != one.vector}
            if others:
                best = max(others, key=lambda name: others[name].shifted.value)
                lines.append(
                    f"{one.task}: fine-tuned is {one.vector}; of the others that nobody "
                    f"interpolated, {best or 'pretrained'} is the most robust: shifted mean "
                    f"{100 * others[best].shifted.value:.1f}, reference "
                    f"{100 * others[best].reference.value:.1f}"
                )
            if one.line is not None:
                lines.append(
                    f"{one.task}: the line through {one.line.models} models is logit(shifted) = "
                    f"{one.line.intercept:.2f} + {one.line.slope:.2f}·logit(reference)"
                )
        return lines


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
            BY_REFERENCE: max(ALPHAS, key=lambda a: (seen[a].reference.value, -a)),
            BY_SHIFTS: max(ALPHAS, key=lambda a: (seen[a].shifted.value, -a)),
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
                    effective=_effective(curve[alpha].robustness, line),
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


def _named(one: WiseFt) -> dict[str, float]:
    chosen = {choice.chosen_by: choice.alpha for choice in one.choices}
    return {"pretrained": 0.0, **chosen, "fine-tuned": 1.0}


def _row(start: Mapping[str, Cell], robustness: Robustness) -> dict[str, Cell]:
    return dict(start) | {"reference": robustness.reference, "shifted mean": robustness.shifted}


def _effective(robustness: Robustness, line: Line | None) -> float | None:
    if line is None:
        return None
    reference = _inside(robustness.reference.value, robustness)
    return robustness.shifted.value - line.expected(reference)


def _points(robustness: Robustness, line: Line | None) -> Interval | None:
    """Effective robustness with the interval of the shifted mean, the line being taken as it is."""
    effective = _effective(robustness, line)
    if effective is None:
        return None
    shifted = robustness.shifted
    return replace(
        shifted,
        value=effective,
        low=shifted.low - shifted.value + effective,
        high=shifted.high - shifted.value + effective,
    )


def _inside(share: float, model: Robustness) -> float:
    edge = 0.5 / model.reference.n
    return min(max(share, edge), 1 - edge)


def _logit(share: float) -> float:
    return math.log(share / (1 - share))
