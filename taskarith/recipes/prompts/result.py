"""The result about soft prompts: by length and first values, voted, elsewhere, and added."""

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import fmean
from typing import ClassVar

from taskarith.evaluation import Estimate
from taskarith.recipes.interval import Interval, in_points, mean_interval
from taskarith.recipes.learning_rates import Rated
from taskarith.recipes.model_size import OtherSize, fingerprints
from taskarith.recipes.prompts.protocol import OTHER_PROMPT, RANDOM_WORDS
from taskarith.recipes.result import Result, Row, Table
from taskarith.recipes.sample import Sample

__all__ = [
    "FULL",
    "PROMPT",
    "Crossed",
    "Form",
    "PromptTrial",
    "PromptsResult",
    "Rival",
    "Sized",
    "Summed",
]

PROMPT, FULL = "prompt", "full"


@dataclass(frozen=True)
class PromptTrial:
    """One prompt on test: on its task and on the control; the seconds that learning it took."""

    accuracy: Estimate
    control: Estimate
    seconds: float


@dataclass(frozen=True)
class Form:
    """Prompts of one length that begin alike.

    Attributes:
        moved: how many numbers were trained, of `total` that the base has.
        start: of the first seed's prompt before it learned.
        random: of a direction as long as the first seed's vector.
        best: of the seed that is best on validation; `voted` what most of the seeds' prompts say,
            `averaged` the mean of them, as one prompt.
    """

    length: int
    beginning: str
    rated: Rated
    moved: int
    total: int
    start: Estimate
    trials: tuple[PromptTrial, ...]
    random: Estimate
    best: Estimate
    voted: Estimate
    averaged: Estimate


@dataclass(frozen=True)
class Rival:
    """Full fine-tuning of as many steps, by seed on the task and the control."""

    rated: Rated
    moved: int
    estimates: tuple[dict[str, Estimate], ...]


@dataclass(frozen=True)
class Crossed:
    """What was learned on `source` in one of two ways, on every task."""

    way: str
    source: str
    seed: int
    estimates: dict[str, Estimate]


@dataclass(frozen=True)
class Summed:
    """Two prompts' vectors from one beginning at a common λ, on both tasks."""

    pair: tuple[str, str]
    seed: int
    coefficient: float
    estimates: dict[str, Estimate]


@dataclass(frozen=True)
class Sized:
    """Prompts from random words by length, and full fine-tuning, on a base of one size.

    Attributes:
        other: the suite that it is the base of; None for the suite that is studied.
    """

    other: OtherSize | None
    pretrained: Estimate
    forms: tuple[Form, ...]
    full: Rival

    @property
    def parameters(self) -> int:
        """How many numbers the base has."""
        return self.forms[0].total


@dataclass(frozen=True)
class PromptsResult(Result):
    """Soft prompts of one suite.

    Attributes:
        beginning: the task whose prompt others begin at.
        crossed: a prompt and full fine-tuning learned on each task, on all.
        crossing: the length of those prompts.
        sizes: bases of several sizes, smaller ones first; none where there is one.
    """

    name: ClassVar[str] = "prompts"
    title: ClassVar[str] = "Soft prompts"
    published: ClassVar[str] = (
        "Prompt tuning (arXiv 2104.08691), T5 of five sizes on SuperGLUE: it falls behind full "
        "fine-tuning in small models and meets it at 11 billion numbers, where length and first "
        "values matter little; label words and words of the vocabulary begin better than random "
        "numbers in smaller ones; from SQuAD to other domains prompts lose less than full "
        "fine-tuning; a vote of five prompts does better than their mean and than the best one. "
        "Added, vectors of prompts from one beginning work for several tasks (2408.01119). What "
        "can be compared is the order of lengths, of beginnings and of the two ways; numbers "
        "cannot: this model is some ten thousand times smaller, where the paper finds prompts weak"
    )

    task: str
    beginning: str
    tasks: tuple[str, ...]
    kin: tuple[tuple[str, str], ...]
    control: str
    pretrained: dict[str, Estimate]
    forms: tuple[Form, ...]
    full: Rival
    crossed: tuple[Crossed, ...]
    summed: tuple[Summed, ...]
    crossing: int
    seeds: int
    steps: int
    sample: Sample
    sizes: tuple[Sized, ...] = ()

    def of_suites(self) -> dict[str, str]:
        """The other suites that were measured, by name, and their fingerprints."""
        return fingerprints(one.other for one in self.sizes)

    def protocol(self) -> str:
        """How it was measured."""
        seeds = f"{self.seeds} seed{'s' if self.seeds > 1 else ''}"
        rates = self.forms[0].rated.grid
        return (
            f"Prompts of {self.task}, read before every text, learn {self.steps} steps of 32 on "
            f"the whole training split over {seeds}, beside full fine-tuning of as many steps; the "
            f"rate is {rates} times the way's own, whichever is best on validation "
            f"({self.sample.each}){self.sample.by}, with seed 0. They begin at the embeddings of "
            f"random words, of the label words, or at a prompt of {self.beginning}, which had as "
            "many steps before. A vote takes what most seeds' prompts say and costs a pass each; "
            "the average is one prompt, the mean of theirs (from random words they begin apart, "
            "from label words or another prompt together). Elsewhere: prompts of "
            f"{self.crossing} vectors from random words and full fine-tuning are learned on "
            f"{', '.join(self.tasks)} and asked about all; tasks of one kin ask for the same "
            "answers of texts of another domain. Sums: two prompts' vectors from the same random "
            "words at one λ of ½, ¾ or 1, chosen on validation for each seed. The numbers are "
            f"{self.sample.once}; intervals are Student's over seeds, or where said over tasks."
            f"{self._compared()}"
        )

    def _compared(self) -> str:
        if not self.sizes:
            return (
                " A figure against model size needs two sizes of one family that read prompts, and "
                "there is one."
            )
        return (
            f" Bases of {len(self.sizes)} sizes of one family learn prompts from random words "
            "and are fine-tuned alike, each at the rate that is best for it. One recipe of "
            "pre-training made them and may suit one better than another, so what differs is not "
            "size alone; two points would draw any line, and the paper's sizes are thousands of "
            "times these."
        )

    def tables(self) -> list[Table]:
        """Length and first values; votes; other domains; other tasks; sums; rates."""
        return [
            Table("Length and first values", [*map(self._row, self.forms), *self._others()]),
            Table("Votes and averages", [self._together(form) for form in self.forms]),
            *([Table("By the size of the base", self._by_size())] if self.sizes else []),
            Table("Another domain", self._domains()),
            Table("What a prompt does to other tasks", self._matrix()),
            Table("Two prompts added", self._sums()),
            Table("Rates tried", self._rates()),
        ]

    def findings(self) -> list[str]:
        """What length, first values, votes, domains and sums are worth."""
        best = max(self.forms, key=lambda form: self.accuracy(form).value)
        pretrained = self.pretrained[self.task]
        lines = [
            f"the best prompt, {best.length} vectors from {best.beginning}, reaches "
            f"{100 * self.accuracy(best).value:.1f} where the pretrained model has "
            f"{100 * pretrained.skill:.1f} and full fine-tuning "
            f"{100 * self.of_full().value:.1f}, with {best.moved:,} numbers of {best.total:,}",
            *(self._lengths(beginning) for beginning in self._beginnings()),
            *(
                self._against(beginning)
                for beginning in self._beginnings()
                if beginning != RANDOM_WORDS
            ),
            self._votes(),
            self._larger(),
            self._robustness(),
            self._kinship(),
        ]
        return [line for line in lines if line]

    # ---- numbers ------------------------------------------------------------------------------

    def accuracy(self, form: Form) -> Interval:
        """Of single prompts, over seeds."""
        return mean_interval([trial.accuracy.skill for trial in form.trials], units="seeds")

    def of_full(self, full: Rival | None = None) -> Interval:
        """Of full fine-tuning, over seeds; that of the suite's own base, or of `full`."""
        estimates = (full or self.full).estimates
        return mean_interval([one[self.task].skill for one in estimates], units="seeds")

    def of_length(self, beginning: str) -> list[Form]:
        """The forms that begin so, shortest first."""
        own = [form for form in self.forms if form.beginning == beginning]
        return sorted(own, key=lambda form: form.length)

    def on(self, way: str, source: str, target: str) -> list[float]:
        """What was learned on `source`, on `target`, by seed."""
        return [
            one.estimates[target].skill
            for one in self.crossed
            if (one.way, one.source) == (way, source)
        ]

    def directions(self) -> list[tuple[str, str]]:
        """Every pair of kin, either way."""
        return [*self.kin, *((two, one) for one, two in self.kin)]

    def lost(self, way: str, source: str, target: str) -> list[float]:
        """By seed, the gain over the pretrained model at home minus that in the other domain."""
        home = [value - self.pretrained[source].skill for value in self.on(way, source, source)]
        away = [value - self.pretrained[target].skill for value in self.on(way, source, target)]
        return [one - two for one, two in zip(home, away, strict=True)]

    def _beginnings(self) -> list[str]:
        return list(dict.fromkeys(form.beginning for form in self.forms))

    def _kept(self, estimate: Estimate) -> float:
        return estimate.skill / self.pretrained[self.control].skill

    # ---- tables -------------------------------------------------------------------------------

    def _row(self, form: Form) -> Row:
        return {
            "vectors": form.length,
            "begins at": form.beginning,
            "numbers": form.moved,
            "before": form.start,
            "accuracy": self.accuracy(form),
            "control retained": mean_interval(
                [self._kept(trial.control) for trial in form.trials], units="seeds"
            ),
            "random direction": form.random,
            "seconds": round(fmean(trial.seconds for trial in form.trials), 1),
        }

    def _others(self) -> list[Row]:
        full = [self._kept(one[self.control]) for one in self.full.estimates]
        pretrained = self.pretrained[self.task]
        empty: Row = dict.fromkeys(self._row(self.forms[0]))
        return [
            {
                **empty,
                "begins at": "full fine-tuning",
                "numbers": self.full.moved,
                "before": pretrained,
                "accuracy": self.of_full(),
                "control retained": mean_interval(full, units="seeds"),
            },
            {**empty, "begins at": "nothing: no prompt", "numbers": 0, "before": pretrained},
        ]

    def _together(self, form: Form) -> Row:
        return {
            "vectors": form.length,
            "begin at": form.beginning,
            "one, in the mean": self.accuracy(form),
            "best on validation": form.best,
            "vote": form.voted,
            "average": form.averaged,
        }

    def _by_size(self) -> list[Row]:
        return [
            {
                "base": one.other.suite if one.other is not None else "this suite's own",
                "parameters": one.parameters,
                "pretrained": one.pretrained,
                **{
                    f"prompt of {form.length}": self.accuracy(form)
                    for form in sorted(one.forms, key=lambda form: form.length)
                },
                "full fine-tuning": self.of_full(one.full),
            }
            for one in self.sizes
        ]

    def _domains(self) -> list[Row]:
        rows: list[Row] = []
        for source, target in self.directions():
            row: dict[str, str | Estimate | Interval] = {
                "learned on": source,
                "asked about": target,
                "pretrained there": self.pretrained[target],
            }
            for way in (PROMPT, FULL):
                home, away = (self.on(way, source, task) for task in (source, target))
                row[f"{way}, at home"] = mean_interval(home, units="seeds")
                row[f"{way}, there"] = mean_interval(away, units="seeds")
            rows.append(row)
        return rows

    def _matrix(self) -> list[Row]:
        return [
            {
                "prompt of": source,
                **{
                    target: mean_interval(
                        [
                            value - self.pretrained[target].skill
                            for value in self.on(PROMPT, source, target)
                        ],
                        units="seeds",
                    )
                    for target in self.tasks
                },
            }
            for source in self.tasks
        ]

    def _sums(self) -> list[Row]:
        rows: list[Row] = []
        for pair in self.kin:
            own = [one for one in self.summed if one.pair == pair]
            rows += [
                {
                    "prompts of": " + ".join(pair),
                    "asked about": task,
                    "pretrained": self.pretrained[task],
                    "its own alone": mean_interval(self.on(PROMPT, task, task), units="seeds"),
                    "both": mean_interval(
                        [one.estimates[task].skill for one in own], units="seeds"
                    ),
                    "at λ": float(f"{fmean(one.coefficient for one in own):.3g}"),
                }
                for task in pair
            ]
        return rows

    def _rates(self) -> list[Row]:
        rated = [(f"{form.length} from {form.beginning}", form.rated) for form in self.forms]
        return [
            {"prompt": name, **own.columns(), "taken": own.taken}
            for name, own in [*rated, ("full fine-tuning", self.full.rated)]
        ]

    # ---- findings -----------------------------------------------------------------------------

    def _lengths(self, beginning: str) -> str:
        told = [
            f"{form.length}: {100 * self.accuracy(form).value:.1f}"
            for form in self.of_length(beginning)
        ]
        return f"by length, from {beginning}: {', '.join(told)}"

    def _against(self, beginning: str) -> str:
        pairs = zip(self.of_length(beginning), self.of_length(RANDOM_WORDS), strict=True)
        changes = [self.accuracy(one).value - self.accuracy(two).value for one, two in pairs]
        extra = ", with twice the steps in all" if beginning == OTHER_PROMPT else ""
        change = mean_interval(changes, units="lengths")
        return f"{beginning} against random words: {in_points(change)}{extra}"

    def _votes(self) -> str:
        if self.seeds < 2:
            return ""
        votes = [form.voted.skill - self.accuracy(form).value for form in self.forms]
        means = [form.averaged.skill - self.accuracy(form).value for form in self.forms]
        vote, mean = (mean_interval(own, units="forms") for own in (votes, means))
        return (
            f"of {self.seeds} prompts, against one in the mean: a vote {in_points(vote)}; their "
            f"average as one prompt {in_points(mean)}"
        )

    def _larger(self) -> str:
        if len(self.sizes) < 2:
            return ""
        told = []
        for one in (self.sizes[0], self.sizes[-1]):
            best = max(self.accuracy(form).value for form in one.forms)
            behind = 100 * (self.of_full(one.full).value - best)
            told.append(f"{behind:.1f} points at {one.parameters:,} parameters")
        return f"the best length is behind full fine-tuning by {' and '.join(told)}"

    def _robustness(self) -> str:
        if not self.kin:
            return ""
        differences = [
            fmean(self.lost(PROMPT, *pair)) - fmean(self.lost(FULL, *pair))
            for pair in self.directions()
        ]
        lost = [
            100 * fmean(fmean(self.lost(way, *pair)) for pair in self.directions())
            for way in (PROMPT, FULL)
        ]
        change = mean_interval(differences, units="directions")
        return (
            f"of what was gained at home a prompt loses {lost[0]:.1f} points in the other domain "
            f"and full fine-tuning {lost[1]:.1f}: {in_points(change)}"
        )

    def _kinship(self) -> str:
        kin = set(self.directions())

        def mean(pairs: Sequence[tuple[str, str]]) -> float:
            return 100 * fmean(
                fmean(self.on(PROMPT, *pair)) - self.pretrained[pair[1]].skill for pair in pairs
            )

        strangers = [
            (one, two)
            for one in self.tasks
            for two in self.tasks
            if one != two and (one, two) not in kin
        ]
        if not kin or not strangers:
            return ""
        return (
            f"on tasks of its kin a prompt changes accuracy by {mean(sorted(kin)):+.1f} points in "
            f"the mean, on others by {mean(strangers):+.1f}"
        )
