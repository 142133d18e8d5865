"""The ways recipe: every way of fine-tuning that the base can take, on one task, over seeds.

Rates and coefficients are chosen on validation for every way before test is opened.
"""

from dataclasses import dataclass

import numpy as np

from taskarith.errors import RecipeError, unknown_name
from taskarith.recipes.lab import Lab
from taskarith.recipes.learning_rates import RATES, Rated, choose_rate
from taskarith.recipes.shifted import ask_shifted
from taskarith.recipes.way_lab import MADE, RANDOM, Learned, Learning
from taskarith.recipes.ways.protocol import (
    ALPHAS,
    at,
    choose_added,
    choose_alpha,
    choose_negated,
    planned,
)
from taskarith.recipes.ways.result import Entrant, Shifted, Trial, WaysResult
from taskarith.training.ways.registry import find_way

__all__ = ["SEEDS", "STEPS", "WaysRecipe"]

SEEDS, STEPS = 3, 40
HALF = 0.5


@dataclass(frozen=True)
class WaysRecipe:
    """Learn `task` by each of `ways`, `seeds` times.

    Attributes:
        other: another task, whose vector of the suite's each is added to.
        shifts: under which the models are asked, too; none for texts.
    """

    task: str
    other: str
    control: str
    ways: tuple[str, ...]
    known: tuple[str, ...]
    shifts: tuple[str, ...] = ()
    seeds: int = SEEDS
    steps: int = STEPS

    def __post_init__(self) -> None:
        for name in self.ways:
            find_way(name.partition("+")[0])
            if name not in self.known:
                raise unknown_name("way for this suite", name, existing=self.known)
        if not self.ways or min(self.seeds, self.steps) < 1:
            raise RecipeError(
                "comparing ways needs at least 1 way, 1 seed and 1 step, got "
                f"{', '.join(self.ways) or 'none'}, {self.seeds} and {self.steps}"
            )

    def evaluations(self) -> int:
        """The most evaluations that `run` takes; a training counts as one."""
        rates = 2 * len(RATES)
        chosen = 1 + len(ALPHAS) + 3 * 2 + 5 + 5
        measured = 3 + 2 + len(ALPHAS) + 2 * len(self.shifts) + 2 + 2
        pretrained = 4 + len(self.shifts)
        return len(self.ways) * (rates + self.seeds * (chosen + measured)) + pretrained

    def learned(self) -> int:
        """How many examples all steps go through, at most; some ways go through each twice."""
        plans = [self._planned(name) for name in self.ways]
        passes = sum(
            (2 if one.sharpness else 1) * (2 if one.anchor or find_way(one.way).tangent else 1)
            for one in plans
        )
        return passes * (len(RATES) + self.seeds - 1) * self.steps * plans[0].batch

    def run(self, lab: Lab) -> WaysResult:
        """Choose every way's rate and coefficients on validation, then measure all on test."""
        refused = {name: lab.ways.refused(self._planned(name)) for name in self.ways}
        chosen = [self._chosen(lab, name) for name, why in refused.items() if why is None]
        if not chosen:
            raise RecipeError(f"none of the ways can be taken: {next(iter(refused.values()))}")
        entrants = tuple(self._measured(lab, one) for one in chosen)
        pretrained = lab.score({}, [self.task, self.control, self.other], split="test")
        return WaysResult(
            task=self.task,
            other=self.other,
            control=self.control,
            pretrained=dict(pretrained),
            other_alone=lab.score({self.other: 1.0}, [self.other], split="test")[self.other],
            shifted=self._shifted(lab, {}),
            entrants=entrants,
            refused={name: why for name, why in refused.items() if why is not None},
            seeds=self.seeds,
            steps=self.steps,
            batch=self._planned(self.ways[0]).batch,
            sample=lab.sample,
        )

    def _planned(self, name: str, *, faster: float = 1.0, seed: int = 0) -> Learning:
        return planned(name, task=self.task, steps=self.steps, faster=faster, seed=seed)

    # ---- on validation ------------------------------------------------------------------------

    def _chosen(self, lab: Lab, name: str) -> "_Chosen":
        rated = choose_rate(lab, self._planned(name))
        runs = []
        for seed in range(self.seeds):
            learned = lab.ways.learn(self._planned(name, faster=rated.faster, seed=seed))
            own = at(lab, learned)
            runs.append(
                _Run(
                    seed,
                    learned,
                    alpha=choose_alpha(own, self.task),
                    addition=choose_added(own, self.task, self.other),
                    negation=choose_negated(own, self.task, self.control),
                )
            )
        return _Chosen(name, rated, tuple(runs))

    # ---- on test ------------------------------------------------------------------------------

    def _measured(self, lab: Lab, chosen: "_Chosen") -> Entrant:
        first = chosen.runs[0].learned
        return Entrant(
            way=chosen.way,
            rated=chosen.rated,
            trials=tuple(self._trial(lab, run) for run in chosen.runs),
            moved=first.moved,
            total=first.total,
            size=first.size,
        )

    def _trial(self, lab: Lab, run: "_Run") -> Trial:
        own, task, both = at(lab, run.learned), self.task, [self.task, self.control]
        before, start = (one.answer({}, task, split="test") for one in (lab, own))
        added = {MADE: run.addition, self.other: run.addition}
        return Trial(
            seed=run.seed,
            seconds=run.learned.seconds,
            start=start.estimate,
            starts_alike=bool(np.array_equal(before.rows, start.rows)),
            moved=dict(own.score({MADE: 1.0}, both, split="test")),
            random=dict(own.score({RANDOM: 1.0}, both, split="test")),
            halfway=own.score({MADE: HALF}, [task], split="test")[task],
            alpha=run.alpha,
            interpolated=own.score({MADE: run.alpha}, [task], split="test")[task],
            shifted=self._shifted(own, {MADE: 1.0}),
            shifted_halfway=self._shifted(own, {MADE: HALF}),
            addition=run.addition,
            added=dict(own.score(added, [task, self.other], split="test")),
            negation=run.negation,
            negated=dict(own.score({MADE: run.negation}, both, split="test")),
        )

    def _shifted(self, lab: Lab, coefficients: dict[str, float]) -> Shifted | None:
        if not self.shifts:
            return None
        asked = ask_shifted(
            lab.answer, coefficients, task=self.task, shifts=self.shifts, split="test"
        )
        robust = asked.robustness
        return Shifted(robust.reference.value, robust.shifted)


@dataclass(frozen=True)
class _Run:
    """One training, and λ for each use as chosen on validation."""

    seed: int
    learned: Learned
    alpha: float
    addition: float
    negation: float


@dataclass(frozen=True)
class _Chosen:
    """A way at its best rate, trained with every seed."""

    way: str
    rated: Rated
    runs: tuple[_Run, ...]
