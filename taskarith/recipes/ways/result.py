"""The result of comparing ways: what each is worth on the task, and what its vector is good for."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from statistics import fmean
from typing import ClassVar

from taskarith.evaluation import Estimate
from taskarith.recipes.interval import Interval, in_points, mean_interval
from taskarith.recipes.learning_rates import Rated
from taskarith.recipes.result import Result, Row, Table
from taskarith.recipes.sample import Sample, to_keep

__all__ = ["Entrant", "Shifted", "Trial", "WaysResult"]

CLOSE = 0.02  # LoRA is expected within two points of full fine-tuning


@dataclass(frozen=True)
class Shifted:
    """Accuracy as it is, and the mean under all shifts, on the same pictures."""

    reference: float
    shifted: Interval


@dataclass(frozen=True)
class Trial:
    """One training of a way, on test.

    Attributes:
        start: on the task at λ = 0, with the way's head; `starts_alike` whether every answer is the
            pretrained model's.
        moved: on the task and the control at λ = 1, `random` of a direction as long.
        halfway: at λ = ½; `interpolated` at the λ `alpha`, chosen on validation.
        shifted, shifted_halfway: at λ = 1 and ½; None for texts.
        added: on both tasks, with the other task's vector at the common λ `addition`.
        negated: on the task and the control at the λ `negation`.
    """

    seed: int
    seconds: float
    start: Estimate
    starts_alike: bool
    moved: dict[str, Estimate]
    random: dict[str, Estimate]
    halfway: Estimate
    alpha: float
    interpolated: Estimate
    shifted: Shifted | None
    shifted_halfway: Shifted | None
    addition: float
    added: dict[str, Estimate]
    negation: float
    negated: dict[str, Estimate]


@dataclass(frozen=True)
class Entrant:
    """A way at its best rate.

    Attributes:
        moved: how many numbers were trained, of `total` that the base has.
        size: bytes of the vector, in half precision.
    """

    way: str
    rated: Rated
    trials: tuple[Trial, ...]
    moved: int
    total: int
    size: int

    def over_seeds(self, what: Callable[[Trial], float]) -> Interval:
        """The mean of a number over seeds, with Student's interval."""
        return mean_interval([what(trial) for trial in self.trials], units="seeds")


@dataclass(frozen=True)
class WaysResult(Result):
    """Every way of fine-tuning on one task.

    Attributes:
        pretrained: on the task, the control and the other task.
        other_alone: of the other task by its own vector of the suite.
        refused: the ways that the base cannot take, and why.
    """

    name: ClassVar[str] = "ways"
    title: ClassVar[str] = "Ways of fine-tuning"
    published: ClassVar[str] = (
        "T-Few on RAFT: 75.8 % in the mean of eleven tasks of 50 examples, above people and 6 "
        "points above what was best before, with (IA)³ alone moving (arXiv 2205.05638). Prompt "
        "tuning meets full fine-tuning at T5-XXL's 11 billion numbers and falls short below "
        "(2104.08691). LiT: a locked picture tower and an unlocked text tower do best of all "
        "pairs, 85.2 % on ImageNet and 82.5 on ObjectNet without training on either (2111.07991). "
        "CAR-FT: 78.5 % in the mean of DomainBed, above full fine-tuning in distribution and out "
        "of it (2211.16175). The order of ways can be set beside these, and what a way moves and "
        "keeps. Their numbers cannot: other tasks and shifts, models thousands of times as large; "
        "LiT there learns from captions of everything, here from the words of one task; RAFT's "
        "test labels are closed"
    )

    task: str
    other: str
    control: str
    pretrained: dict[str, Estimate]
    other_alone: Estimate
    shifted: Shifted | None
    entrants: tuple[Entrant, ...]
    refused: dict[str, str]
    seeds: int
    steps: int
    batch: int
    sample: Sample

    def protocol(self) -> str:
        """How it was measured."""
        seeds = f"{self.seeds} seed{'s' if self.seeds > 1 else ''}"
        tried = self.entrants[0].rated.grid
        shifts = " Shifted: the mean over all shifts, on the same examples." if self.shifted else ""
        return (
            f"{self.task} is learned by every way that the base can take, each {self.steps} steps "
            f"of {self.batch} on the whole training split, on one processor core, over {seeds}. A "
            f"way's learning rate is {tried} times its own, whichever is best on validation "
            f"({self.sample.each}){self.sample.by}, with seed 0; an anchor or sharpness-aware "
            "minimization (ρ = 0.05, two passes a step) is said beside the way, and all else is as "
            "the way has it. λ is chosen on validation for each seed: for interpolation from ¼ to "
            f"1, for the sum with the suite's vector of {self.other} from ½ to 1, common to both, "
            "for negation from 0 to −1, the least of the task at which the control "
            f"{to_keep(0.95, self.pretrained[self.control])}. The numbers are {self.sample.once}; "
            "intervals are Student's over seeds, which tell how much a training differs from the "
            "next and not how far the examples stand for others. Control retained is edited ÷ "
            "pretrained. Of a sum, kept is the mean over both tasks of accuracy in the sum ÷ alone."
            f"{shifts} (IA)³ scales and prompts are edits beside the model's own numbers, as "
            "sliders have them; what is linearized learned in the tangent space, and is measured "
            "in the network itself. Seconds hold CAR-FT's one pass over all training pictures. The "
            "nulls: λ = 0, and a direction at random whose every tensor is as long as that of the "
            "vector."
        )

    def tables(self) -> list[Table]:
        """What ways are worth; what their vectors do; nulls, rates and trainings."""
        tables = [
            Table("What each way is worth", [self._worth(one) for one in self.entrants]),
            Table("What its vector is good for", [self._use(one) for one in self.entrants]),
            Table("Doing nothing, and a random direction", self._nulls()),
            Table("Rates tried", [self._rates(one) for one in self.entrants]),
            Table(
                "Every training",
                [self._each(one, trial) for one in self.entrants for trial in one.trials],
                long=True,
            ),
        ]
        if self.refused:
            rows = [{"way": way, "why": why} for way, why in self.refused.items()]
            tables.insert(4, Table("Ways left out", rows))
        return tables

    def findings(self) -> list[str]:
        """What was expected of ways, and whether it came out."""
        return [
            line
            for line in (
                self._beaten(),
                self._lora(),
                self._scales(),
                *(self._robust(way) for way in ("car-ft", "full+anchor")),
                self._locked(),
                self._best_kept(),
                self._fastest(),
            )
            if line
        ]

    # ---- numbers ------------------------------------------------------------------------------

    def find(self, way: str) -> Entrant | None:
        """The entrant of that name, if it took part."""
        return next((one for one in self.entrants if one.way == way), None)

    def accuracy(self, entrant: Entrant) -> Interval:
        """On the task at λ = 1."""
        return entrant.over_seeds(lambda trial: trial.moved[self.task].skill)

    def retained(self, entrant: Entrant) -> Interval:
        """What the control keeps of its pretrained skill."""
        return entrant.over_seeds(lambda trial: self._kept(trial.moved))

    def kept_in_sum(self, entrant: Entrant) -> Interval:
        """The mean over both tasks of skill in the sum ÷ alone."""

        def kept(trial: Trial) -> float:
            alone = {self.task: trial.moved[self.task], self.other: self.other_alone}
            return fmean(_ratio(trial.added[task], alone[task]) for task in alone)

        return entrant.over_seeds(kept)

    def halfway(self, entrant: Entrant) -> Interval:
        """The share of the gain from λ = 0 to 1 that is there at ½."""

        def share(trial: Trial) -> float:
            gain = trial.moved[self.task].skill - trial.start.skill
            return (trial.halfway.skill - trial.start.skill) / gain if gain else 0.0

        return entrant.over_seeds(share)

    def negated(self, entrant: Entrant) -> Interval:
        """On the task, negated as far as the control holds."""
        return entrant.over_seeds(lambda trial: trial.negated[self.task].skill)

    def under_shifts(self, entrant: Entrant) -> Interval:
        """The mean under shifts at λ = 1; there are none of texts."""
        return entrant.over_seeds(lambda trial: _mean(trial.shifted))

    def _kept(self, found: dict[str, Estimate]) -> float:
        return _ratio(found[self.control], self.pretrained[self.control])

    # ---- tables -------------------------------------------------------------------------------

    def _worth(self, entrant: Entrant) -> Row:
        return {
            "way": entrant.way,
            "accuracy": self.accuracy(entrant),
            "gain": entrant.over_seeds(lambda t: t.moved[self.task].skill - self._before),
            "control retained": self.retained(entrant),
            "moved": entrant.moved,
            "of the base": f"{100 * entrant.moved / entrant.total:.3g} %",
            "bytes": entrant.size,
            "seconds": round(fmean(trial.seconds for trial in entrant.trials), 1),
            "rate": f"× {entrant.rated.faster:g}",
        }

    def _use(self, entrant: Entrant) -> Row:
        def mean(what: Callable[[Trial], float]) -> float:
            return float(f"{fmean(what(trial) for trial in entrant.trials):.3g}")

        shifts: dict[str, Interval] = {}
        if self.shifted is not None:
            shifts = {
                "shifted": self.under_shifts(entrant),
                "shifted half-way": entrant.over_seeds(lambda t: _mean(t.shifted_halfway)),
            }
        return {
            "way": entrant.way,
            "half-way, of the gain": self.halfway(entrant),
            "interpolated": entrant.over_seeds(lambda t: t.interpolated.skill),
            "at λ": mean(lambda t: t.alpha),
            **shifts,
            "kept in the sum": self.kept_in_sum(entrant),
            "sum at λ": mean(lambda t: t.addition),
            "negated": self.negated(entrant),
            "control then": entrant.over_seeds(lambda t: self._kept(t.negated)),
            "negated at λ": mean(lambda t: t.negation),
        }

    def _nulls(self) -> list[Row]:
        return [
            {
                "way": one.way,
                "λ = 0": one.over_seeds(lambda t: t.start.skill),
                "answers as pretrained": "all" if _alike(one) else "not all",
                "random": one.over_seeds(lambda t: t.random[self.task].skill),
                "control then": one.over_seeds(lambda t: self._kept(t.random)),
                "the vector over random": one.over_seeds(
                    lambda t: t.moved[self.task].skill - t.random[self.task].skill
                ),
            }
            for one in self.entrants
        ]

    def _rates(self, entrant: Entrant) -> Row:
        rated = entrant.rated
        return {"way": entrant.way, **rated.columns(), "taken": rated.taken}

    def _each(self, entrant: Entrant, trial: Trial) -> Row:
        return {
            "way": entrant.way,
            "seed": trial.seed,
            "task": trial.moved[self.task],
            "control": trial.moved[self.control],
            "λ = ½": trial.halfway,
            "sum: task": trial.added[self.task],
            "sum: other": trial.added[self.other],
            "negated": trial.negated[self.task],
            "negated: control": trial.negated[self.control],
            "seconds": round(trial.seconds, 2),
        }

    # ---- findings -----------------------------------------------------------------------------

    @property
    def _before(self) -> float:
        return self.pretrained[self.task].skill

    def _beaten(self) -> str:
        short = [
            f"{one.way} ({100 * self.accuracy(one).value:.1f})"
            for one in self.entrants
            if self.accuracy(one).value <= self._before
        ]
        whole = f"the pretrained model ({self.pretrained[self.task].shown()})"
        if short:
            return f"not above {whole} in the mean over seeds: {', '.join(short)}"
        return f"every way is above {whole} in the mean over seeds"

    def _lora(self) -> str | None:
        change = self._change("lora", "full", lambda trial: trial.moved[self.task].skill)
        if change is None:
            return None
        within = "within" if abs(change.value) <= CLOSE else "not within"
        return f"LoRA against full: {in_points(change)}, {within} two points in the mean"

    def _scales(self) -> str | None:
        one = self.find("ia3")
        if one is None:
            return None
        return f"(IA)³ moves {100 * one.moved / one.total:.2f} % of the base's numbers"

    def _robust(self, way: str) -> str | None:
        """The shifted mean beside full fine-tuning's at equal reference accuracy."""
        one, full = self.find(way), self.find("full")
        if one is None or full is None or self.shifted is None:
            return None
        start = self.shifted
        changes = []
        for mine, theirs in zip(one.trials, full.trials, strict=True):
            curves = [_curve(start, trial) for trial in (mine, theirs)]
            reference = min(max(x for x, _ in points) for points in curves)
            own, other = (_shifted_at(points, reference) for points in curves)
            changes.append(own - other)
        change = mean_interval(changes, units="seeds")
        return (
            f"{way} against full under shifts, at equal accuracy as it is (on the lines through "
            f"λ = 0, ½ and 1, where the weaker of the two ends): {in_points(change)}"
        )

    def _locked(self) -> str | None:
        one = self.find("lit")
        if one is None:
            return None
        alike = "every answer" if _alike(one) else "not every answer"
        return (
            f"the text tower alone moves the task from {100 * self._before:.1f} to "
            f"{100 * self.accuracy(one).value:.1f} without a picture's weight; at λ = 0 {alike} "
            "is the pretrained model's"
        )

    def _best_kept(self) -> str | None:
        if len(self.entrants) < 2:
            return None
        adds = max(self.entrants, key=lambda one: self.kept_in_sum(one).value)
        keeps = max(self.entrants, key=lambda one: self.retained(one).value)
        return (
            f"most is kept in the sum by {adds.way} ({100 * self.kept_in_sum(adds).value:.1f} %), "
            f"and of the control by {keeps.way} ({100 * self.retained(keeps).value:.1f} %)"
        )

    def _fastest(self) -> str | None:
        last = [e.way for e in self.entrants if e.rated.faster == max(map(float, e.rated.tried))]
        if not last:
            return None
        return (
            f"{len(last)} of {len(self.entrants)} ways take the fastest rate tried "
            f"({', '.join(last)}): faster ones, or more than {self.steps} steps, may do better"
        )

    def _change(self, one: str, other: str, what: Callable[[Trial], float]) -> Interval | None:
        mine, theirs = self.find(one), self.find(other)
        if mine is None or theirs is None:
            return None
        pairs = zip(mine.trials, theirs.trials, strict=True)
        return mean_interval([what(a) - what(b) for a, b in pairs], units="seeds")


def _ratio(one: Estimate, whole: Estimate) -> float:
    return one.skill / whole.skill if whole.skill else 0.0


def _alike(entrant: Entrant) -> bool:
    return all(trial.starts_alike for trial in entrant.trials)


def _mean(shifted: Shifted | None) -> float:
    assert shifted is not None
    return shifted.shifted.value


def _curve(start: Shifted, trial: Trial) -> list[tuple[float, float]]:
    """(reference, shifted) from the pretrained model to the fine-tuned one."""
    assert trial.shifted is not None
    assert trial.shifted_halfway is not None
    points = (start, trial.shifted_halfway, trial.shifted)
    return [(one.reference, one.shifted.value) for one in points]


def _shifted_at(points: Sequence[tuple[float, float]], reference: float) -> float:
    """The best shifted mean that the line through `points` has at a reference accuracy.

    >>> _shifted_at([(0.0, 0.0), (1.0, 0.5)], 0.5)
    0.25
    """
    found = []
    for (x, y), (end, top) in pairwise(points):
        if min(x, end) <= reference <= max(x, end):
            found.append(y + (top - y) * ((reference - x) / (end - x) if end != x else 1.0))
    return max(found)
