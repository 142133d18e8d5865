"""Analogy's result: every quadruple's rivals on D, and what the analogy adds to each."""

from collections.abc import Mapping
from dataclasses import dataclass
from statistics import fmean
from typing import ClassVar

from taskarith.evaluation import Estimate
from taskarith.recipes.analogy.protocol import (
    ANALOGY,
    AUXILIARY,
    BASELINES,
    BOTH,
    MISMATCHED,
    PAIR_GRID,
    SINGLE_GRID,
    Setting,
)
from taskarith.recipes.interval import Interval, mean_interval
from taskarith.recipes.result import Result, Row, Table
from taskarith.recipes.sample import Sample, measured_by
from taskarith.recipes.score import on_one_axis
from taskarith.suites.recipe_book import Quadruple

__all__ = ["PRETRAINED", "STARTS", "TRUE", "UNITS", "Analogy", "AnalogyResult"]

PRETRAINED, TRUE = "pretrained", "true τ_D"
STARTS = (PRETRAINED, AUXILIARY, BOTH, ANALOGY)  # where few-shot fine-tuning starts
UNITS = "sets of four tasks"


@dataclass(frozen=True)
class Analogy:
    """One quadruple, every rival measured on D's test examples.

    Attributes:
        settings: the chosen one of each rival; for the analogy the factors of the bracket and of
            τ_C.
        chosen_on: how many other quadruples they were chosen on; 0: none, they are all 1.
        edits, on_d: by rival; the pretrained model and the true vector are among them.
        tuned: by start, by number of examples, after few-shot fine-tuning.
    """

    quadruple: Quadruple
    settings: dict[str, Setting]
    chosen_on: int
    edits: dict[str, dict[str, float]]
    on_d: dict[str, Estimate]
    tuned: dict[str, dict[int, Estimate]]

    def standing(self, estimate: Estimate) -> float:
        """Where an estimate on D stands: a share as it is, a mean as what it retains."""
        return on_one_axis(estimate, pretrained=self.on_d[PRETRAINED])


@dataclass(frozen=True)
class AnalogyResult(Result):
    """Every quadruple."""

    name: ClassVar[str] = "analogy"
    title: ClassVar[str] = "Analogy: A is to B as C is to D"
    published: ClassVar[str] = (
        "arXiv 2212.04089, sub-populations without labels of the fourth: from 79.3 to 83.2 % "
        "(ViT-B/32), 82.0 to 85.8 % (B/16), 88.2 to 90.8 % (L/14)"
    )

    analogies: tuple[Analogy, ...]
    examples: tuple[int, ...]
    sample: Sample

    @property
    def measure(self) -> str:
        """What D is counted by."""
        return measured_by(one.on_d[PRETRAINED] for one in self.analogies)

    def chosen(self) -> list[tuple[str, dict[str, float]]]:
        """Each analogy's own edit."""
        return [(one.quadruple.d, one.edits[ANALOGY]) for one in self.analogies]

    def protocol(self) -> str:
        """How the coefficients were chosen."""
        few, called = " and ".join(map(str, self.examples)), self.sample.examples
        return (
            f"{self.measure.capitalize()} on D, {self.sample.once}. No coefficient was chosen on a "
            f"label of D: each rival takes, of {len(SINGLE_GRID)} settings (one vector: λ from 0 "
            f"to 1) or {len(PAIR_GRID)} (two coefficients, each from 0 to 1 in steps of 0.25), the "
            f"one with the best mean normalized {self.measure} on validation ({self.sample.each}) "
            f"of the other quadruples, of those that none of D's {called} is in (leave one out). "
            "The mismatched null takes A and B from a quadruple of another relation. "
            + (
                f"Few-shot fine-tuning starts from the edit, on {few} validation {called} of D, "
                "with the same fixed steps for every start. "
                if self.examples
                else ""
            )
            + "Gains are means over quadruples of the same four tasks first, which share their "
            "vectors, then over such sets, with Student's 95 % intervals."
        )

    def tables(self) -> list[Table]:
        """What D comes to by quadruple and rival; differences over quadruples; few-shot."""
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
        tables = [
            Table(f"{self.measure.capitalize()} on D", rows),
            Table("Gains over quadruples", self._gains()),
        ]
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
        """The analogy minus `rival` on one axis, over sets of four tasks (of a kind)."""
        return _over_sets(
            {
                one.quadruple: one.standing(one.on_d[ANALOGY]) - one.standing(one.on_d[rival])
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
                one.quadruple: one.standing(one.tuned[start][count] if count else one.on_d[start])
                for one in self.analogies
            }
        )


def _over_sets(values: Mapping[Quadruple, float]) -> Interval:
    """The mean over sets of four tasks of the means within each."""
    sets: dict[frozenset[str], list[float]] = {}
    for quadruple, value in values.items():
        sets.setdefault(frozenset(quadruple.tasks), []).append(value)
    return mean_interval([fmean(each) for each in sets.values()], units=UNITS)
