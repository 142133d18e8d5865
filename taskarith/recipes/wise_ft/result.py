"""WiSE-FT's result: every α of a task, as it is and shifted, against usual models."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import ClassVar

from taskarith.evaluation import Estimate, PairedDifference
from taskarith.recipes.interval import Interval
from taskarith.recipes.result import Cell, Result, Table
from taskarith.recipes.sample import Sample, measured_by
from taskarith.recipes.shifted import Robustness
from taskarith.recipes.wise_ft.protocol import Line, effective

__all__ = ["WiseChoice", "WiseFt", "WiseFtResult"]


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
    published: ClassVar[str] = (
        "arXiv 2109.01903, CLIP ViT-L/14 on ImageNet: 75.5 % zero-shot, 85.5 % fine-tuned, 86.0 % "
        "at α = 0.75"
    )

    shifts: tuple[str, ...]
    control: str
    tasks: tuple[WiseFt, ...]
    sample: Sample

    @property
    def measure(self) -> str:
        """What the tasks are counted by."""
        return measured_by(one.test[0.0].reference for one in self.tasks)

    def chosen(self) -> list[tuple[str, dict[str, float]]]:
        """Each task at each choice of α."""
        return [
            (f"{one.task}, {choice.chosen_by}", {one.vector: choice.alpha})
            for one in self.tasks
            for choice in one.choices
        ]

    def protocol(self) -> str:
        """How α was chosen."""
        each = f", each{self.sample.by}" if self.sample.by else ""
        return (
            "(1−α)θ₀ + αθ_t, α from 0 to 1 in steps of 0.05; the task as it is (reference) and "
            f"the mean over {len(self.shifts)} shifted versions of the same {self.sample.examples} "
            f"({', '.join(self.shifts)}). α is chosen on validation ({self.sample.each}): by the "
            f"best reference {self.measure}, or by the best shifted mean{each}; half-way is chosen "
            f"by nobody. The whole curve, after that, is {self.sample.once}. Intervals of shifted "
            f"means are over {self.sample.examples}, differences are paired. The line is fitted on "
            "logit axes through models that nobody interpolated (pretrained and fine-tuned as they "
            "are): effective robustness is the distance above it, its interval that of the shifted "
            "mean."
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
                f"Along α ({self.sample.final})",
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


def _named(one: WiseFt) -> dict[str, float]:
    chosen = {choice.chosen_by: choice.alpha for choice in one.choices}
    return {"pretrained": 0.0, **chosen, "fine-tuned": 1.0}


def _row(start: Mapping[str, Cell], robustness: Robustness) -> dict[str, Cell]:
    return dict(start) | {"reference": robustness.reference, "shifted mean": robustness.shifted}


def _points(robustness: Robustness, line: Line | None) -> Interval | None:
    """Effective robustness with the interval of the shifted mean, the line being taken as it is."""
    value = effective(robustness, line)
    if value is None:
        return None
    shifted = robustness.shifted
    return replace(
        shifted,
        value=value,
        low=shifted.low - shifted.value + value,
        high=shifted.high - shifted.value + value,
    )
