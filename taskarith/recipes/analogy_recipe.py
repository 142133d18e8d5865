"""The analogy recipe: all quadruples of a suite, each against its rivals.

Quadruples of the same four tasks, whichever of them is D, share their vectors: they are one unit of
the statistics.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache, partial
from statistics import fmean
from typing import ClassVar

from taskarith.evaluation import Estimate
from taskarith.recipes.analogy import (
    ANALOGY,
    AUXILIARY,
    BASELINES,
    BOTH,
    MISMATCHED,
    PAIR_GRID,
    RIVALS,
    SINGLE_GRID,
    Pictures,
    Setting,
    choose_without,
    mismatched,
    others,
)
from taskarith.recipes.interval import Interval, mean_interval
from taskarith.recipes.lab import Lab
from taskarith.recipes.result import Result, Row, Table
from taskarith.recipes.score import normalized_accuracy
from taskarith.suites.recipe_book import Quadruple

__all__ = ["Analogy", "AnalogyRecipe", "AnalogyResult"]

PRETRAINED, TRUE = "pretrained", "true τ_D"
FEW = (8, 64)  # images of D to fine-tune on, beside none
STARTS = (PRETRAINED, AUXILIARY, BOTH, ANALOGY)  # where few-shot fine-tuning starts
UNITS = "sets of four tasks"


@dataclass(frozen=True)
class Analogy:
    """One quadruple, every rival measured on D's test images.

    Attributes:
        settings: the chosen one of each rival; for the analogy the factors of the bracket and of
            τ_C.
        chosen_on: how many other quadruples they were chosen on; 0: none, they are all 1.
        edits, on_d: by rival; the pretrained model and the true vector are among them.
        tuned: by start, by number of images, after few-shot fine-tuning.
    """

    quadruple: Quadruple
    settings: dict[str, Setting]
    chosen_on: int
    edits: dict[str, dict[str, float]]
    on_d: dict[str, Estimate]
    tuned: dict[str, dict[int, Estimate]]


@dataclass(frozen=True)
class AnalogyResult(Result):
    """Every quadruple."""

    name: ClassVar[str] = "analogy"
    title: ClassVar[str] = "Analogy: A is to B as C is to D"

    analogies: tuple[Analogy, ...]
    examples: tuple[int, ...]

    def protocol(self) -> str:
        """How the coefficients were chosen."""
        few = " and ".join(map(str, self.examples))
        return (
            "Accuracy on D's test images, measured once. No coefficient was chosen on a label of "
            f"D: each rival takes, of {len(SINGLE_GRID)} settings (one vector: λ from 0 to 1) or "
            f"{len(PAIR_GRID)} (two coefficients, each from 0 to 1 in steps of 0.25), the one "
            "with the best mean normalized accuracy on the validation images of the other "
            "quadruples, of those that no picture of D is in (leave one out). The mismatched null "
            "takes A and B from a quadruple of another relation. "
            + (
                f"Few-shot fine-tuning starts from the edit, on {few} validation images of D, "
                "with the same fixed steps for every start. "
                if self.examples
                else ""
            )
            + "Gains are means over quadruples of the same four tasks first, which share their "
            "vectors, then over such sets, with Student's 95 % intervals."
        )

    def tables(self) -> list[Table]:
        """Accuracy on D by quadruple and rival; differences over quadruples; few-shot."""
        rows: list[Row] = [
            {
                "A : B :: C : D": one.quadruple.text(),
                "kind": one.quadruple.kind,
                **one.on_d,
                "bracket": one.settings[ANALOGY][0],
                "own": one.settings[ANALOGY][1],
            }
            for one in self.analogies
        ]
        tables = [Table("Accuracy on D", rows), Table("Gains over quadruples", self._gains())]
        if self.examples:
            tables.append(Table("With target examples", self._tuned()))
        return tables

    def findings(self) -> list[str]:
        """What the analogy adds to each rival, in points."""
        lines = []
        for rival in (PRETRAINED, *BASELINES, MISMATCHED):
            gain = self.gain_over(rival)
            lines.append(
                f"the analogy against {rival}: {100 * gain.value:+.1f} points "
                f"[{100 * gain.low:+.1f}, {100 * gain.high:+.1f}] over {gain.over}"
                + ("" if gain.low > 0 or gain.high < 0 else ", which may be chance")
            )
        return lines

    def gain_over(self, rival: str, *, kind: str | None = None) -> Interval:
        """Accuracy of the analogy minus that of `rival`, over sets of four tasks (of a kind)."""
        return _over_sets(
            {
                one.quadruple: one.on_d[ANALOGY].value - one.on_d[rival].value
                for one in self.analogies
                if kind in (None, one.quadruple.kind)
            }
        )

    def _gains(self) -> list[Row]:
        kinds = list(dict.fromkeys(one.quadruple.kind for one in self.analogies))
        every = [None, *(kinds if len(kinds) > 1 else [])]
        return [
            {
                "analogy minus": rival,
                **{kind or "all": self.gain_over(rival, kind=kind) for kind in every},
            }
            for rival in (PRETRAINED, *BASELINES, MISMATCHED, TRUE)
        ]

    def _tuned(self) -> list[Row]:
        rows: list[Row] = []
        for start in STARTS:
            row: dict[str, Interval | str] = {"start": start, "0": self._mean(start, 0)}
            row |= {str(count): self._mean(start, count) for count in self.examples}
            rows.append(row)
        return rows

    def _mean(self, start: str, count: int) -> Interval:
        return _over_sets(
            {
                one.quadruple: (one.tuned[start][count] if count else one.on_d[start]).value
                for one in self.analogies
            }
        )


def _over_sets(values: Mapping[Quadruple, float]) -> Interval:
    """The mean over sets of four tasks of the means within each."""
    sets: dict[frozenset[str], list[float]] = {}
    for quadruple, value in values.items():
        sets.setdefault(frozenset(quadruple.tasks), []).append(value)
    return mean_interval([fmean(each) for each in sets.values()], units=UNITS)


@dataclass(frozen=True)
class AnalogyRecipe:
    """Measure every quadruple against its rivals.

    Attributes:
        pictures: by task, where its pictures come from: tasks that share them share labels.
        examples: how many images of D few-shot fine-tuning gets; () leaves it out.
    """

    quadruples: tuple[Quadruple, ...]
    pictures: Pictures = field(default_factory=dict)
    examples: tuple[int, ...] = FEW

    def evaluations(self) -> int:
        """The most evaluations that `run` takes."""
        count = len(self.quadruples)
        settings = sum(len(grid) for _, grid in RIVALS.values())
        # A few-shot model is one fine-tuning and one evaluation.
        few = 2 * len(STARTS) * len(self.examples)
        return count * (settings + 1) + count * (len(RIVALS) + 2 + few)

    def run(self, lab: Lab) -> AnalogyResult:
        """Choose each quadruple's coefficients on the others, then measure on D's test images."""

        @cache
        def finetuned(task: str) -> float:
            return lab.score({task: 1.0}, [task], split="validation")[task].value

        @cache
        def quality(rival: str, other: Quadruple, setting: Setting) -> float:
            measured = lab.score(self._edit(rival, other, setting), [other.d], split="validation")[
                other.d
            ]
            return normalized_accuracy(measured.value, finetuned(other.d))

        def choose(quadruple: Quadruple, rival: str) -> Setting:
            grid = RIVALS[rival][1]
            setting = choose_without(
                partial(quality, rival), basis=self._others(quadruple), settings=grid
            )
            return setting or (1.0,) * len(grid[0])

        chosen = {one: {rival: choose(one, rival) for rival in RIVALS} for one in self.quadruples}
        return AnalogyResult(
            analogies=tuple(self._tested(lab, one, chosen[one]) for one in self.quadruples),
            examples=self.examples,
        )

    def _tested(
        self,
        lab: Lab,
        quadruple: Quadruple,
        settings: dict[str, Setting],
    ) -> Analogy:
        d = quadruple.d
        edits: dict[str, dict[str, float]] = {PRETRAINED: {}}
        for rival in RIVALS:
            edits[rival] = self._edit(rival, quadruple, settings[rival])
        edits[TRUE] = {d: 1.0}
        tuned: dict[str, dict[int, Estimate]] = {start: {} for start in STARTS}
        for start in STARTS if self.examples else ():
            for count in self.examples:
                with lab.tune(edits[start], [d], split="validation", examples=count) as vector:
                    measured = lab.score({**edits[start], vector: 1.0}, [d], split="test")
                    tuned[start][count] = measured[d]
        return Analogy(
            quadruple=quadruple,
            settings=settings,
            chosen_on=len(self._others(quadruple)),
            edits=edits,
            on_d={name: lab.score(edit, [d], split="test")[d] for name, edit in edits.items()},
            tuned=tuned,
        )

    def _edit(self, rival: str, quadruple: Quadruple, setting: Setting) -> dict[str, float]:
        if rival == MISMATCHED:
            quadruple = mismatched(quadruple, self.quadruples, pictures=self.pictures)
        return RIVALS[rival][0](quadruple, setting)

    def _others(self, quadruple: Quadruple) -> list[Quadruple]:
        return others(quadruple, self.quadruples, pictures=self.pictures)
