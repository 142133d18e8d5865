"""A search's result: what each seeker found, on test; every edit it measured; the Pareto front."""

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import fmean, stdev
from typing import ClassVar

from taskarith.core import METHODS
from taskarith.evaluation import Estimate
from taskarith.recipes.flattering import told_flattery
from taskarith.recipes.interval import Interval
from taskarith.recipes.ratios import normalized_and_gain
from taskarith.recipes.result import Result, Row, Table, about_unseen
from taskarith.recipes.sample import Sample, measured_by
from taskarith.recipes.score import mean_normalized
from taskarith.recipes.search.protocol import CONTROL_EXAMPLES, front
from taskarith.recipes.search.space import SUM, Trial

__all__ = ["CMA", "COMMON", "LENGTHS", "RANDOM", "SearchResult", "Tested"]

CMA, RANDOM, COMMON = "CMA-ES", "random search", "common λ"
LENGTHS = "from lengths (MetaGPT)"


@dataclass(frozen=True)
class Tested:
    """The best edit that one seeker found.

    Attributes:
        how, seed: who looked; seed 0 is one that draws nothing.
        trial: the edit on validation; None: it measured nothing.
        accuracies: estimates of the tasks and the controls on test.
        behind: mean normalized accuracy of CMA-ES (first seed) minus this one's, on the same
            test examples; None for itself, and where answers are not counted.
    """

    how: str
    seed: int
    trial: Trial | None
    accuracies: dict[str, Estimate]
    behind: Interval | None = None


@dataclass(frozen=True)
class SearchResult(Result):
    """What seekers of equal budget found.

    Attributes:
        names: what the numbers of a trial's point are: coefficients, then settings.
        method: the merge method whose settings were searched; "sum" has none.
        most: λ was searched from 0 to it.
        pretrained, finetuned: on test.
        searches: all trials of every seeker, in the order of `outcomes`.
        outcomes: the seekers' best edits; the last one measured nothing to choose.
        flattery: by how much the choice of CMA-ES is too good on validation; None where it is
            unknown.
    """

    name: ClassVar[str] = "search"
    title: ClassVar[str] = "Search: coefficients by CMA-ES"
    published: ClassVar[str] = (
        "Evolutionary merging searches coefficients by CMA-ES on examples of the tasks "
        "(arXiv 2403.13187): 7 B language models on MGSM-JA, 52.0 % merged in weights against 9.6 "
        "to 30.0 % of its three sources; no rival of equal budget is reported"
    )

    tasks: tuple[str, ...]
    names: tuple[str, ...]
    method: str
    most: float
    control: str
    unseen_controls: tuple[str, ...]
    floor: float
    budget: int
    pretrained: dict[str, Estimate]
    finetuned: dict[str, Estimate]
    searches: tuple[tuple[Trial, ...], ...]
    outcomes: tuple[Tested, ...]
    sample: Sample
    flattery: float | None = None

    @property
    def front(self) -> tuple[Trial, ...]:
        """The Pareto front of tasks against control among the first search's trials."""
        return front(self.searches[0])

    @property
    def measure(self) -> str:
        """What the tasks are counted by."""
        return measured_by(self.finetuned.values())

    def protocol(self) -> str:
        """How it was searched."""
        settings = len(self.names) - len(self.tasks)
        merged = (
            "Nothing else is free."
            if not settings
            else f"With it {', '.join(self.names[len(self.tasks) :])} of "
            f"{METHODS[self.method].title}, each within its bounds."
        )
        return (
            f"{len(self.tasks)} coefficients from 0 to {self.most:g}, one for each of "
            f"{', '.join(self.tasks)}. {merged} Each seeker may measure {self.budget} edits on "
            f"validation ({self.sample.each}; of the control {CONTROL_EXAMPLES} where it has as "
            f"many). The best is the one with the highest mean normalized {self.measure}"
            f"{self.sample.by} among those whose control ({self.control}) retains {self.floor:.0%} "
            "by the lower end of the paired 95 % interval; below that, a hundred times what is "
            "missing is taken off. CMA-ES starts from λ = 0.3 with a standard deviation of a fifth "
            "of the box. Its rivals: uniform draws from the same box; one common λ at as many "
            "evenly spaced values; λ from the vectors' lengths, which measures nothing. The "
            f"numbers in the first table are {self.sample.once}; differences are paired, over "
            f"{self.sample.examples}, with the fine-tuned models taken as known. The front is of "
            "validation and picked among many: it flatters." + about_unseen(self.unseen_controls)
        )

    def tables(self) -> list[Table]:
        """The seekers beside each other; what they chose; the front; every edit."""
        chosen: list[Row] = [
            {"found by": one.how, "seed": one.seed, **self._point(one.trial)}
            for one in self.outcomes
            if one.trial is not None
        ]
        searched = zip(self.outcomes, self.searches, strict=False)  # the last one has no trials
        every: list[Row] = [
            {"found by": one.how, "seed": one.seed, "edit": place, **self._row(trial)}
            for one, trials in searched
            for place, trial in enumerate(trials, start=1)
        ]
        return [
            Table("Seekers", [self._nothing(), *map(self._tested, self.outcomes)]),
            Table("What they chose", chosen),
            Table("Pareto front of CMA-ES, validation", [self._row(one) for one in self.front]),
            Table("Every edit", every, long=True),
        ]

    def findings(self) -> list[str]:
        """CMA-ES against each rival, over seeds and paired."""
        lines = []
        for how in (CMA, RANDOM, COMMON, LENGTHS):
            values = [self._normalized(one) for one in self.outcomes if one.how == how]
            spread = f" ± {stdev(values):.3f} over {len(values)} seeds" if len(values) > 1 else ""
            lines.append(f"{how}: normalized {fmean(values):.3f}{spread}")
        for how in (RANDOM, COMMON, LENGTHS):
            behind = next(one.behind for one in self.outcomes if one.how == how)
            if behind is not None:
                clear = "" if behind.low > 0 or behind.high < 0 else ": no clear difference"
                lines.append(
                    f"CMA-ES against {how}, first seeds: {100 * behind.value:+.1f} points of "
                    f"normalized {self.measure} [{100 * behind.low:+.1f}, "
                    f"{100 * behind.high:+.1f}]{clear}"
                )
        below = [
            f"{one.how}, seed {one.seed}"
            for one in self.outcomes
            if one.trial is not None and one.trial.kept < self.floor
        ]
        if below:
            lines.append(f"no edit kept the floor for {'; '.join(below)}")
        if self.flattery is not None:
            lines.append(told_flattery(self.flattery, self.sample))
        return lines

    def chosen(self) -> list[tuple[str, dict[str, float]]]:
        """The best sums of the first seed of each seeker, and the ends of the front."""
        if self.method != SUM:
            return []
        best = [
            (one.how, self._coefficients(one.trial.point))
            for one in self.outcomes
            if one.trial is not None and one.seed in (0, 1)
        ]
        ends = {"best control on the front": self.front[-1], "best tasks": self.front[0]}
        return best + [(what, self._coefficients(one.point)) for what, one in ends.items()]

    def _coefficients(self, point: Sequence[float]) -> dict[str, float]:
        return dict(zip(self.tasks, point[: len(self.tasks)], strict=True))

    def _normalized(self, outcome: Tested) -> float:
        own = {task: outcome.accuracies[task] for task in self.tasks}
        return mean_normalized(own, finetuned=self.finetuned)

    def _point(self, trial: Trial) -> dict[str, float]:
        return dict(zip(self.names, trial.point, strict=True))

    def _row(self, trial: Trial) -> Row:
        return {
            **self._point(trial),
            "normalized": trial.target,
            "control retained": trial.control,
            "at least": trial.kept,
            "quality": trial.quality,
        }

    def _tested(self, outcome: Tested) -> Row:
        normalized, gain = normalized_and_gain(
            {task: outcome.accuracies[task] for task in self.tasks},
            pretrained=self.pretrained,
            finetuned=self.finetuned,
            over=self.sample.examples,
        )
        trial = outcome.trial
        return {
            "found by": outcome.how,
            "seed": outcome.seed,
            "edits": 0 if trial is None else self.budget,
            "on validation": None if trial is None else trial.target,
            "normalized": normalized,
            "gain recovered": gain,
            "CMA-ES minus this": outcome.behind,
            **{name: outcome.accuracies[name] for name in self._controls()},
        }

    def _nothing(self) -> Row:
        before = {task: self.pretrained[task] for task in self.tasks}
        return {
            "found by": "doing nothing",
            "seed": 0,
            "edits": 0,
            "on validation": None,
            "normalized": mean_normalized(before, finetuned=self.finetuned),
            "gain recovered": 0.0,
            "CMA-ES minus this": None,
            **{name: self.pretrained[name] for name in self._controls()},
        }

    def _controls(self) -> list[str]:
        return [self.control, *self.unseen_controls]
