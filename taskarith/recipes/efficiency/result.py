"""Efficiency's result: accuracy against labels and against weights, from each start."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from statistics import fmean
from typing import ClassVar

from taskarith.evaluation import Estimate
from taskarith.recipes.efficiency.protocol import (
    ALL,
    DECAY,
    EDIT,
    ORIGINS,
    PRETRAINED,
    RANDOM_EDIT,
    RUNS,
    SHUFFLED,
    Tuned,
)  # fmt: skip
from taskarith.recipes.efficiency.twenty import TWENTY
from taskarith.recipes.interval import Interval, in_points, mean_interval
from taskarith.recipes.result import NONE, Cell, Result, Row, Table
from taskarith.recipes.sample import Sample

__all__ = ["EfficiencyResult", "Point", "Run", "Untrained", "reaches"]

TITLES = {"probe": "linear probe", "ia3": "(IA)³", "lora": "LoRA", "lp-ft": "LP-FT", "full": "full"}
SAID = {
    "accuracy": "accuracy", "mean-per-class": "mean accuracy per class",
    "map": "11-point mean average precision", "roc-auc": "ROC AUC",
}  # fmt: skip


@dataclass(frozen=True)
class Run:
    """One training, on test.

    Attributes:
        value: of the task's measure.
        per_class: mean accuracy per class.
    """

    seed: int
    accuracy: Estimate
    value: float
    per_class: float
    seconds: float


@dataclass(frozen=True)
class Point:
    """A way from a start and so many shots a class (0: all there are), over seeds.

    Attributes:
        examples: how many there were to learn from.
        tuned: what was chosen; None where nothing is (a probe), or where the edit's is taken.
        moved: numbers that were fitted, the head's with them, of `total` that the base has.
    """

    way: str
    start: str
    shots: int
    examples: int
    tuned: Tuned | None
    runs: tuple[Run, ...]
    moved: int
    total: int

    @property
    def mean(self) -> Interval:
        """The measure's mean over seeds."""
        return mean_interval([run.value for run in self.runs], units="seeds")


@dataclass(frozen=True)
class Untrained:
    """A start as it is, before any label.

    Attributes:
        knowing: with a second sentence about each class; `change` by that, on the same examples.
    """

    start: str
    plain: Estimate
    per_class: float
    knowing: Estimate | None = None
    change: Interval | None = None


@dataclass(frozen=True)
class EfficiencyResult(Result):
    """How many labels and how many weights a task takes.

    Attributes:
        coefficient: λ of the edit that training starts from; `origins` what each λ gave.
        refused: ways that the base cannot take, and why.
        untold: why there are no prompts with knowledge; "" where there are.
    """

    name: ClassVar[str] = "efficiency"
    title: ClassVar[str] = "Labels and weights"
    published: ClassVar[str] = (
        "ELEVATER compares models by how they adapt to twenty sets of pictures: zero-shot, from 5, "
        "20 and 50 examples a class and from all, over three seeds, by linear probe and full "
        "fine-tuning with heads begun from words, with hyperparameters searched automatically and "
        "prompts that carry outside knowledge of a class (arXiv 2204.08790; knowledge: "
        "2204.09222). No figure of its tables is at hand to stand beside these, which are of one "
        "small task; the shape can be compared"
    )

    task: str
    others: tuple[str, ...]
    measure: str
    coefficient: float
    origins: dict[str, Estimate]
    untrained: tuple[Untrained, ...]
    points: tuple[Point, ...]
    refused: dict[str, str]
    untold: str
    seeds: int
    steps: int
    sample: Sample

    def protocol(self) -> str:
        """How it was measured."""
        seeds = f"{self.seeds} seed{'s' if self.seeds > 1 else ''}"
        tried = ", ".join(f"{value:g}" for value in ORIGINS)
        edit = (
            f"λ = {self.coefficient:g}, of {tried} the best on validation after the way that moves "
            "most has learned from the fewest shots"
            if self.origins
            else f"λ = {self.coefficient:g}, the least of {tried}: nothing here trains, so nothing "
            "chose it"
        )
        return (
            f"{self.task} is learned from so many examples of each class, drawn by the seed from "
            f"the training split, each time {self.steps} steps of at most 32, over {seeds}. It "
            f"starts from the pretrained model; from an edit, the sum of the vectors of "
            f"{', '.join(self.others)} at one λ ({edit}); and from the null, random vectors whose "
            f"every tensor is as long, at that λ.{self._null()} A linear probe is ridge regression "
            "on the start's embeddings, its penalty chosen by leaving one out; LP-FT moves every "
            "weight under such a head; the others move under the task's own head, which stays. The "
            f"budget of each way, number of shots and start is {RUNS} trainings with seed 0: three "
            f"learning rates, then weight decay {DECAY:g} at the best, chosen by accuracy on "
            f"validation ({self.sample.each}){self.sample.by}, as many for the edit as for the "
            "pretrained model; the null takes what was chosen for the edit. Validation holds more "
            "labels than few shots do: what is chosen on it helps every start alike. "
            f"{self._counted()} "
            f"{self.sample.once}; intervals are Student's over seeds. Share of weights: numbers "
            "that are fitted ÷ numbers of the base, with those of a head that is fitted."
            f"{self._prompts()}"
        )

    def tables(self) -> list[Table]:
        """By way and shots; from the edit; nothing learned; what was chosen; the twenty sets."""
        tables = [
            Table("From the pretrained model, by shots a class", self._by_shots(PRETRAINED)),
            Table("From the edit: change by it", self._changes(EDIT)),
            Table("From random vectors as long: change by them", self._changes(RANDOM_EDIT)),
            Table("The null: shuffled labels, from the pretrained model", self._by_shots(SHUFFLED)),
            Table("Zero-shot", [self._zero(one) for one in self.untrained]),
            Table("Chosen on validation", self._settings()),
            Table("Every training", [r for one in self.points for r in _runs(one)], long=True),
            Table(
                "ELEVATER's twenty sets, as a public script over its toolkit lists them", _twenty()
            ),
        ]
        if self.refused:
            rows = [{"way": TITLES[way], "why": why} for way, why in self.refused.items()]
            tables.insert(6, Table("Ways left out", rows))
        return [table for table in tables if table.rows]

    def findings(self) -> list[str]:
        """Whether an edit saves labels, few weights suffice, and knowledge helps."""
        lines = [self._saved(EDIT), self._saved(RANDOM_EDIT), self._against_null(), self._worth()]
        lines += [self._learned_by_labels()]
        lines += [self._weights(), self._knowledge(), self._ends()]
        return [line for line in lines if line]

    def chosen(self) -> list[tuple[str, dict[str, float]]]:
        """The edit that training starts from, where something chose it."""
        if not self.origins:
            return []
        told = f"what {self.task} is best learned from: the other tasks' vectors"
        return [(told, dict.fromkeys(self.others, self.coefficient))]

    # ---- numbers ------------------------------------------------------------------------------

    @property
    def _has_null(self) -> bool:
        """Whether labels were shuffled, too: older results have no such null."""
        return any(one.start == SHUFFLED for one in self.points)

    @property
    def said(self) -> str:
        """The measure for people."""
        return SAID[self.measure]

    @property
    def shots(self) -> tuple[int, ...]:
        """Numbers of shots, all there are last."""
        there = dict.fromkeys(one.shots for one in self.points)
        return tuple(sorted(there, key=lambda shots: shots or math.inf))

    @property
    def ways(self) -> tuple[str, ...]:
        """Ways that took part."""
        return tuple(dict.fromkeys(one.way for one in self.points))

    def find(self, way: str, start: str, shots: int) -> Point | None:
        """The point, if it was measured."""
        sought = (way, start, shots)
        return next((p for p in self.points if (p.way, p.start, p.shots) == sought), None)

    def change(self, way: str, start: str, shots: int) -> Interval | None:
        """What a start gives over the pretrained one, seed by seed."""
        before, after = (self.find(way, one, shots) for one in (PRETRAINED, start))
        return None if before is None or after is None else _paired(before, after)

    def mean_change(self, start: str, shots: int, *, over: str = PRETRAINED) -> Interval:
        """The same in the mean over ways."""
        values = []
        for seed in range(self.seeds):
            ends = [
                [p.runs[seed].value for p in self.points if (p.start, p.shots) == (one, shots)]
                for one in (over, start)
            ]
            values.append(fmean(ends[1]) - fmean(ends[0]))
        return mean_interval(values, units="seeds")

    # ---- tables -------------------------------------------------------------------------------

    def _by_shots(self, start: str) -> list[Row]:
        rows: list[Row] = []
        for way in self.ways:
            points = {shots: self.find(way, start, shots) for shots in self.shots}
            there = [point for point in points.values() if point is not None]
            if not there:
                continue
            row: dict[str, Cell] = {
                "way": TITLES[way],
                "share of weights": f"{100 * there[0].moved / there[0].total:.3g} %",
            }
            row |= {
                _shots(shots, point): None if point is None else point.mean
                for shots, point in points.items()
            }
            rows.append(row)
        return rows

    def _changes(self, start: str) -> list[Row]:
        rows: list[Row] = []
        for way in self.ways:
            cells = {
                _shots(shots, self.find(way, start, shots)): self.change(way, start, shots)
                for shots in self.shots
            }
            rows.append({"way": TITLES[way], **cells})
        means = {
            _shots(s, self.find(self.ways[0], start, s)): self.mean_change(start, s)
            for s in self.shots
        }
        return [*rows, {"way": "mean of ways", **means}]

    def _zero(self, one: Untrained) -> Row:
        row: dict[str, Cell] = {
            "start": one.start,
            "plain prompts": one.plain,
            "mean per class": f"{100 * one.per_class:.1f}",
        }
        if not self.untold:
            row |= {"with knowledge": one.knowing, "change": one.change}
        return row

    def _settings(self) -> list[Row]:
        rows: list[Row] = []
        for one in self.points:
            if one.tuned is None:
                continue
            tuned = one.tuned
            rows.append(
                {
                    "way": TITLES[one.way],
                    "start": one.start,
                    "shots": one.shots or "all",
                    **tuned.rated.columns(),
                    f"decay {DECAY:g}": tuned.decayed,
                    "taken": f"{tuned.rated.taken}; decay {tuned.weight_decay:g}",
                }
            )
        return rows

    # ---- findings -----------------------------------------------------------------------------

    def _saved(self, start: str) -> str:
        called = "an edit of related vectors" if start == EDIT else "random vectors as long"
        told = "; ".join(
            f"{_shots(shots, None)}: {in_points(self.mean_change(start, shots))}"
            for shots in self.shots
        )
        return f"starting from {called}, in the mean of {len(self.ways)} ways: {told}"

    def _against_null(self) -> str:
        fewest = self.shots[0]
        change = self.mean_change(EDIT, fewest, over=RANDOM_EDIT)
        return f"the edit over random vectors, {_shots(fewest, None)}: {in_points(change)}"

    def _worth(self) -> str | None:
        """How many examples from the pretrained model reach what the edit has from the fewest."""
        curve = [(self._examples(shots), self._level(PRETRAINED, shots)) for shots in self.shots]
        if len(curve) < 2:
            return None
        reached = reaches(curve, self._level(EDIT, self.shots[0]))
        few = f"{curve[0][0]:,} examples from the edit"
        if not self.mean_change(EDIT, self.shots[0]).low > 0:
            return f"{few} are not surely worth more than as many from the pretrained model"
        if reached is None:
            return f"{few} are worth more than all {curve[-1][0]:,} from the pretrained model"
        if reached <= curve[0][0]:
            return f"{few} are worth no more than as many from the pretrained model"
        return (
            f"{few} are worth about {reached:,.0f} from the pretrained model (between measured "
            "numbers on a straight line over their logarithms, in the mean of ways)"
        )

    def _learned_by_labels(self) -> str | None:
        """What right labels give over shuffled ones, seed by seed."""
        if not self._has_null:
            return None
        over = {s: self.mean_change(PRETRAINED, s, over=SHUFFLED) for s in self.shots}
        told = "; ".join(f"{_shots(s, None)}: {in_points(change)}" for s, change in over.items())
        return f"right labels over shuffled ones, in the mean of {len(self.ways)} ways: {told}"

    def _weights(self) -> str | None:
        """What the ways of few weights leave to full fine-tuning, at both ends of the shots."""
        lines = []
        for way in self.ways:
            told = []
            for shots in dict.fromkeys((self.shots[0], self.shots[-1])):
                full, own = (self.find(one, PRETRAINED, shots) for one in ("full", way))
                if full is None or own is None or way == "full":
                    continue
                told.append(f"{in_points(_paired(full, own))}, {_shots(shots, None)}")
                share = f"{100 * own.moved / own.total:.3g} %"
            if told:
                lines.append(f"{TITLES[way]} ({share}): {'; '.join(told)}")
        return f"against full fine-tuning: {' – '.join(lines)}" if lines else None

    def _knowledge(self) -> str:
        changes = [(one.start, one.change) for one in self.untrained if one.change is not None]
        if not changes:
            return f"no prompts with knowledge: {self.untold}"
        told = "; ".join(f"{start}: {in_points(change)}" for start, change in changes)
        return f"a second sentence about each class, zero-shot: {told}"

    def _ends(self) -> str | None:
        chosen = [one.tuned for one in self.points if one.tuned is not None]
        if not chosen:
            return None
        ends = [
            sum(one.rated.faster == end(map(float, one.rated.tried)) for one in chosen)
            for end in (min, max)
        ]
        decayed = sum(one.weight_decay > 0 for one in chosen)
        return (
            f"of {len(chosen)} choices {ends[0]} take the slowest rate tried, {ends[1]} the "
            f"fastest, and {decayed} weight decay; where the end of a grid is taken, beyond it may "
            "be better"
        )

    # ---- words --------------------------------------------------------------------------------

    def _null(self) -> str:
        if not self._has_null:
            return ""
        return (
            " The null of labels learns from the pretrained model, as was chosen for it, with each "
            "other's labels."
        )

    def _counted(self) -> str:
        if self.measure == "accuracy":
            return "Numbers are accuracy, with the mean per class in the table of every training,"
        return f"Numbers are {SAID[self.measure]}, with accuracy in the table of every training,"

    def _prompts(self) -> str:
        if self.untold:
            return f" There are no prompts with knowledge: {self.untold}."
        return (
            " Knowledge: each prompt ends with a second sentence about its class, written by hand "
            "before anything was measured; it is asked zero-shot, and trainings have plain prompts."
        )

    def _level(self, start: str, shots: int) -> float:
        return fmean(p.mean.value for p in self.points if (p.start, p.shots) == (start, shots))

    def _examples(self, shots: int) -> int:
        return next(p.examples for p in self.points if p.shots == shots)


def reaches(curve: Sequence[tuple[int, float]], level: float) -> float | None:
    """The fewest examples at which a curve has `level`; None where it never has.

    >>> reaches([(10, 0.2), (1000, 0.6)], 0.4)
    100.0
    """
    if curve[0][1] >= level:
        return float(curve[0][0])
    for (few, low), (many, high) in pairwise(curve):
        if low < level <= high:
            share = (level - low) / (high - low)
            return round(few * (many / few) ** share, 6)
    return None


def _paired(before: Point, after: Point) -> Interval:
    changes = [b.value - a.value for a, b in zip(before.runs, after.runs, strict=True)]
    return mean_interval(changes, units="seeds")


def _shots(shots: int, point: Point | None) -> str:
    """A number of shots for people."""
    if shots == ALL:
        return "all" if point is None else f"all {point.examples:,}"
    return f"{shots} shots"


def _runs(point: Point) -> list[Row]:
    return [
        {
            "way": point.way,
            "start": point.start,
            "shots": point.shots or "all",
            "examples": point.examples,
            "seed": run.seed,
            "measure": run.value,
            "accuracy": run.accuracy,
            "mean per class": run.per_class,
            "seconds": round(run.seconds, 2),
        }
        for run in point.runs
    ]


def _twenty() -> list[Row]:
    return [
        {
            "set": one.name,
            "counted by (not checked)": SAID[one.measure],
            "shared task here": one.here or NONE,
        }
        for one in TWENTY
    ]
