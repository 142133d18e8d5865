"""What each merge method makes of the same vectors."""

from dataclasses import dataclass
from statistics import fmean
from typing import ClassVar

from taskarith.recipes.flattering import told_flattery
from taskarith.recipes.interval import Interval
from taskarith.recipes.methods.protocol import (
    COARSE,
    Choice,
    Misfit,
    Outcome,
    References,
)
from taskarith.recipes.ratios import normalized_and_gain
from taskarith.recipes.result import Result, Row, Table, about_unseen
from taskarith.recipes.sample import Sample, measured_by
from taskarith.recipes.score import mean_normalized

__all__ = ["MethodsResult"]


@dataclass(frozen=True)
class MethodsResult(Result):
    """What each method makes of the same vectors.

    Attributes:
        choices: every method that fits, as it was entered; outcomes are on the split they say.
        misfits: the others, with the reason.
    """

    name: ClassVar[str] = "methods"
    title: ClassVar[str] = "Merge methods side by side"
    published: ClassVar[str] = (
        "FusionBench (docs/modelpool/clip_vit.md at 54c9e8c), CLIP ViT-B/32, mean of eight tasks: "
        "averaging 66.5 %, task arithmetic at λ = 0.3 68.0 %, TIES 72.2 %, RegMean 82.4 %, "
        "layer-wise AdaMerging 82.6 %, Iso-C 82.8 %; 90.3 % fine-tuned one by one"
    )

    tasks: tuple[str, ...]
    control: str
    unseen_controls: tuple[str, ...]
    references: References
    choices: tuple[Choice, ...]
    misfits: tuple[Misfit, ...]
    sample: Sample

    @property
    def measure(self) -> str:
        """What the tasks are counted by."""
        return measured_by(self.references.finetuned.values())

    @property
    def looks(self) -> str:
        """What methods that need data look at."""
        return f"unlabelled validation {self.sample.examples}"

    def protocol(self) -> str:
        """How it was measured."""
        return (
            f"The vectors of {len(self.tasks)} tasks ({', '.join(self.tasks)}) are merged with "
            "λ = 1 each, by every method with the settings shown, and the model is "
            "θ₀ + s·merge(τ). One rule chooses s for all: the best mean normalized "
            f"{self.measure} on validation ({self.sample.each}) over "
            f"{', '.join(f'{s:g}' for s in COARSE)}, then by walking from there in steps of "
            f"0.05{self.sample.by and ', the best' + self.sample.by}. "
            "Methods that draw at random are shown under the first seed, with the standard "
            f"deviation over seeds beside. Methods that look at {self.looks} say so: on that split "
            "they have seen what they are judged on. Brackets hold 95 % intervals, Fieller's over "
            f"{self.sample.examples} for ratios. The numbers in the tables are {self.sample.once}. "
            "Time is that of one merge on this machine; "
            f"buffers are model-sized, beside the vectors. The control is {self.control}."
            + about_unseen(self.unseen_controls)
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
        for looks, words in ((False, "without looking at examples"), (True, f"with {self.looks}")):
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
        told = [choice.flattery for choice in self.choices if choice.flattery is not None]
        if told:
            lines.append(told_flattery(fmean(told), self.sample))
        return lines

    def normalized_of_nothing(self) -> float:
        """Mean normalized skill of the pretrained model."""
        before = {task: self.references.pretrained[task] for task in self.tasks}
        return mean_normalized(before, finetuned=self.references.finetuned)

    def intervals(self, outcome: Outcome) -> tuple[Interval, Interval]:
        """`normalized` and `gain` of an outcome, with their intervals over examples."""
        return normalized_and_gain(
            {task: outcome.accuracies[task] for task in self.tasks},
            pretrained=self.references.pretrained,
            finetuned=self.references.finetuned,
            over=self.sample.examples,
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
            "looks at": f"no {self.sample.examples}",
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
            "looks at": self.looks if method.needs_data else f"no {self.sample.examples}",
        }
