"""The efficiency recipe: a task learned from few and many labels, by few and many weights.

From the pretrained model, from the sum of the other tasks' vectors, from random vectors as long,
and from the pretrained model with shuffled labels. Everything is chosen on validation before test
is opened.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from taskarith.errors import RecipeError, unknown_name
from taskarith.evaluation import Estimate
from taskarith.recipes.choosing import best_on_grid
from taskarith.recipes.efficiency.measures import MEASURES, mean_per_class
from taskarith.recipes.efficiency.protocol import (
    ALL,
    EDIT,
    ORIGINS,
    PRETRAINED,
    PROBE,
    RANDOM_EDIT,
    RUNS,
    SHOTS,
    SHUFFLED,
    STARTS,
    TAKEN,
    Tuned,
    choose_origin,
    choose_settings,
    planned,
    summed,
)
from taskarith.recipes.efficiency.result import EfficiencyResult, Point, Run, Untrained
from taskarith.recipes.interval import change_interval
from taskarith.recipes.lab import Lab
from taskarith.recipes.way_lab import MADE, Learned, Learning

__all__ = ["SEEDS", "STEPS", "EfficiencyRecipe"]

SEEDS, STEPS = 3, 20


@dataclass(frozen=True)
class EfficiencyRecipe:
    """Learn `task` by each of `ways` from each number of `shots` a class, `seeds` times.

    Attributes:
        shots: 0: from all examples there are.
        others: the tasks whose vectors are summed to start from.
        measure: what the task is counted by, one of `MEASURES`.
        knowledge: a second sentence about each class; () where there is none, and `untold` why.
    """

    task: str
    others: tuple[str, ...]
    ways: tuple[str, ...] = TAKEN
    shots: tuple[int, ...] = (*SHOTS, ALL)
    seeds: int = SEEDS
    steps: int = STEPS
    measure: str = "accuracy"
    knowledge: tuple[str, ...] = ()
    untold: str = ""

    def __post_init__(self) -> None:
        for name in self.ways:
            if name not in TAKEN:
                raise unknown_name("way of this recipe", name, existing=TAKEN)
        if self.measure not in MEASURES:
            raise unknown_name("measure", self.measure, existing=MEASURES)
        if not self.ways or not self.shots or min(self.seeds, self.steps) < 1:
            raise RecipeError(
                "efficiency needs at least 1 way, 1 number of shots, 1 seed and 1 step, got "
                f"{len(self.ways)}, {len(self.shots)}, {self.seeds} and {self.steps}"
            )
        if min(self.shots) < 0:
            raise RecipeError(f"shots are counted from 1, or 0 for all; got {min(self.shots)}")

    def trainings(self) -> int:
        """The most trainings that `run` takes."""
        trained = len([way for way in self.ways if way != PROBE])
        again = self.seeds - 1
        each = 2 * (RUNS + again) + 2 * self.seeds  # of two starts, and of two nulls
        return (len(ORIGINS) if trained else 0) + trained * len(self.shots) * each

    def evaluations(self) -> int:
        """The most evaluations that `run` takes; a training counts as one."""
        learned = 2 * self.trainings()  # each is measured, too
        tested = len(self.ways) * len(self.shots) * (len(STARTS) + 1) * self.seeds
        return learned + tested + 2 * len(STARTS)

    def learned(self) -> int:
        """How many examples all steps go through, at most."""
        return self.trainings() * self.steps * self._planned("full", self.shots[0]).batch

    def run(self, lab: Lab) -> EfficiencyResult:
        """Choose the edit, rates and decays on validation, then measure all on test."""
        asked = {way: lab.ways.refused(self._planned(way, self.shots[0])) for way in self.ways}
        ways = [way for way, why in asked.items() if why is None]
        if not ways:
            raise RecipeError(f"none of the ways can be taken: {next(iter(asked.values()))}")
        origins = self._origins(lab, ways)
        value = best_on_grid(lambda one: origins[one].skills[0] if origins else -one, grid=ORIGINS)
        starts = {
            PRETRAINED: (),
            EDIT: tuple(summed(self.others, value).items()),
            RANDOM_EDIT: tuple(summed(self.others, value, random=True).items()),
        }
        chosen = [
            one for way in ways for shots in self.shots
            for one in self._chosen(lab, way, shots, starts)
        ]  # fmt: skip
        untrained = self._untrained(lab, starts)
        points = tuple(self._measured(one) for one in chosen)
        return EfficiencyResult(
            task=self.task,
            others=self.others,
            measure=self.measure,
            coefficient=value,
            origins={f"{one:g}": found for one, found in origins.items()},
            untrained=untrained,
            points=points,
            refused={way: why for way, why in asked.items() if why is not None},
            untold=self.untold,
            seeds=self.seeds,
            steps=self.steps,
            sample=lab.sample,
        )

    def _planned(self, way: str, shots: int, *, seed: int = 0) -> Learning:
        return planned(way, task=self.task, steps=self.steps, shots=shots, seed=seed)

    # ---- on validation ------------------------------------------------------------------------

    def _origins(self, lab: Lab, ways: Sequence[str]) -> dict[float, Estimate]:
        """By the way that moves most, from the fewest shots; none where none trains."""
        trained = [way for way in ways if way != PROBE]
        if not trained:
            return {}
        fewest = min(self.shots, key=lambda shots: shots or float("inf"))
        return choose_origin(lab, self._planned(trained[-1], fewest), self.others)

    def _chosen(
        self,
        lab: Lab,
        way: str,
        shots: int,
        starts: dict[str, tuple[tuple[str, float], ...]],
    ) -> list["_Chosen"]:
        found = []
        settings, tuned = self._planned(way, shots), None
        chosen: dict[str, Learning] = {}
        for start, origin in starts.items():
            settings = replace(settings, origin=origin)
            # Random vectors are learned from with what was chosen for the edit.
            if way != PROBE and start != RANDOM_EDIT:
                plain = replace(self._planned(way, shots), origin=origin)
                settings, tuned = choose_settings(lab, plain)
            chosen[start] = settings
            runs = self._runs(lab, settings, way=way)
            found.append(_Chosen(way, start, shots, tuned if start != RANDOM_EDIT else None, runs))
        # What labels are worth, with what was chosen for right ones.
        null = replace(chosen[PRETRAINED], shuffled=True)
        return [*found, _Chosen(way, SHUFFLED, shots, None, self._runs(lab, null, way=way))]

    def _runs(self, lab: Lab, settings: Learning, *, way: str) -> tuple[Learned, ...]:
        learn = lab.ways.began if way == PROBE else lab.ways.learn
        return tuple(learn(replace(settings, seed=seed)) for seed in range(self.seeds))

    # ---- on test ------------------------------------------------------------------------------

    def _measured(self, chosen: "_Chosen") -> Point:
        first = chosen.runs[0]
        edit = {} if chosen.way == PROBE else {MADE: 1.0}
        return Point(
            way=chosen.way,
            start=chosen.start,
            shots=chosen.shots,
            examples=first.examples,
            tuned=chosen.tuned,
            runs=tuple(self._run(seed, one, edit) for seed, one in enumerate(chosen.runs)),
            moved=first.moved + first.fitted,
            total=first.total,
        )

    def _run(self, seed: int, learned: Learned, edit: dict[str, float]) -> Run:
        answers = learned.answer(edit, self.task, split="test")
        counted, needs_logits = MEASURES[self.measure]
        rows = learned.logits(edit, self.task, split="test") if needs_logits else answers.rows
        return Run(
            seed=seed,
            accuracy=answers.estimate,
            value=counted(rows, answers.labels),
            per_class=mean_per_class(answers.rows, answers.labels),
            seconds=learned.seconds,
        )

    def _untrained(
        self, lab: Lab, starts: dict[str, tuple[tuple[str, float], ...]]
    ) -> tuple[Untrained, ...]:
        """Every start as it is, with plain prompts and with knowledge."""
        found = []
        for start, origin in starts.items():
            plain = lab.answer(dict(origin), self.task, split="test")
            own = Untrained(start, plain.estimate, mean_per_class(plain.rows, plain.labels))
            if self.knowledge:
                told = Learning(
                    self.task, "full", self.steps, origin=origin, knowledge=self.knowledge
                )
                answers = lab.ways.began(told).answer({}, self.task, split="test")
                change = change_interval(plain.right, answers.right, units=lab.sample.examples)
                own = replace(own, knowing=answers.estimate, change=change)
            found.append(own)
        return tuple(found)


@dataclass(frozen=True)
class _Chosen:
    """A way from one start and so many shots, learned with every seed."""

    way: str
    start: str
    shots: int
    tuned: Tuned | None
    runs: tuple[Learned, ...]
