"""The search recipe: CMA-ES over coefficients and settings, beside rivals of equal budget."""

from dataclasses import dataclass, replace

from taskarith.errors import RecipeError
from taskarith.evaluation import Estimate
from taskarith.recipes.flattering import choice_flatters
from taskarith.recipes.lab import Answers, Lab
from taskarith.recipes.search.protocol import (
    Judge,
    best_trial,
    edited,
    mean_difference,
    seek,
    sweep_common,
    unmeasured,
)
from taskarith.recipes.search.result import (
    CMA,
    COMMON,
    LENGTHS,
    RANDOM,
    SearchResult,
    Tested,
)
from taskarith.recipes.search.seekers import CmaSeeker, RandomSeeker
from taskarith.recipes.search.space import SUM, Space, Trial

__all__ = ["BUDGET", "FLOOR", "MOST_BUDGET", "SEEDS", "SearchRecipe"]

BUDGET = 100  # edits; with eight vectors, ten generations of CMA-ES
MOST_BUDGET = 10_000
SEEDS = 3  # a claim about a method that draws at random needs more than one
FLOOR = 0.95


@dataclass(frozen=True)
class SearchRecipe:
    """Search the edits of `space` on validation, and measure what each seeker found on test.

    Attributes:
        budget: edits that each seeker may measure.
        floor: what the control is to retain.
        seeds: of the seekers that draw at random.
    """

    space: Space
    control: str
    unseen_controls: tuple[str, ...] = ()
    budget: int = BUDGET
    floor: float = FLOOR
    seeds: int = SEEDS

    def __post_init__(self) -> None:
        if not 2 <= self.budget <= MOST_BUDGET:
            raise RecipeError(
                f"a search measures from 2 to {MOST_BUDGET:,} edits, got a budget of "
                f"{self.budget:,}"
            )
        if not 0 < self.floor <= 1:
            raise RecipeError(
                f"the floor is the control's share to keep, 0 < floor ≤ 1, got {self.floor}"
            )
        if self.seeds < 1:
            raise RecipeError(f"a search that draws at random needs a seed, got {self.seeds}")

    def evaluations(self) -> int:
        """The most evaluations that `run` takes; a merge counts as one."""
        tasks, controls = len(self.space.vectors), 1 + len(self.unseen_controls)
        merged = 0 if self.space.method == SUM else 1
        searches = 2 * self.seeds + 1
        trials = searches * self.budget * (tasks + 1 + merged)
        testing = (searches + 1) * (tasks + controls + 1) + 2 * tasks + controls
        return trials + testing + tasks + 1

    def run(self, lab: Lab) -> SearchResult:
        """Search on validation alone, then measure each seeker's best edit on test, once."""
        judge = Judge.of(lab, self.space, control=self.control, floor=self.floor)
        found: list[tuple[str, int, tuple[Trial, ...]]] = []
        for how, make in ((CMA, CmaSeeker), (RANDOM, RandomSeeker)):
            for seed in range(1, self.seeds + 1):
                seeker = make(self.space.start, seed=seed)
                found.append((how, seed, seek(lab, judge, seeker, budget=self.budget)))
        found.append((COMMON, 0, sweep_common(lab, judge, budget=self.budget)))
        flattery = None
        if self.space.method == SUM:  # a merged vector's answers are gone with it
            flattery = choice_flatters(
                lab,
                [self.space.coefficients(trial.point) for trial in found[0][2]],
                tasks=self.space.vectors,
                finetuned=judge.finetuned,
            )
        return self._tested(lab, found, flattery)

    def _tested(
        self, lab: Lab, found: list[tuple[str, int, tuple[Trial, ...]]], flattery: float | None
    ) -> SearchResult:
        tasks, controls = self.space.vectors, [self.control, *self.unseen_controls]
        pretrained = dict(lab.score({}, [*tasks, *controls], split="test"))
        finetuned = {name: lab.score({name: 1.0}, [name], split="test")[name] for name in tasks}
        answers: list[tuple[Answers, ...]] = []

        def tested(how: str, seed: int, trials: tuple[Trial, ...]) -> Tested:
            trial = best_trial(trials, floor=self.floor) if trials else None
            made = edited(lab, self.space, trial.point) if trial else unmeasured(lab, tasks)
            with made as edit:
                measured: dict[str, Estimate] = dict(
                    lab.score(edit, [*tasks, *controls], split="test")
                )
                answers.append(tuple(lab.answer(edit, name, split="test") for name in tasks))
            return Tested(how, seed, trial, measured)

        outcomes = [tested(how, seed, trials) for how, seed, trials in found]
        outcomes.append(tested(LENGTHS, 0, ()))
        own = [finetuned[name] for name in tasks]
        first = {how: index for index, (how, seed, _) in enumerate(found) if seed in (0, 1)}
        outcomes = [
            replace(
                outcome,
                behind=mean_difference(
                    answers[first[CMA]], answers[index], finetuned=own, over=lab.sample.examples
                )
                if index != first[CMA]
                else None,
            )
            for index, outcome in enumerate(outcomes)
        ]
        return SearchResult(
            tasks=tasks,
            names=self.space.names,
            method=self.space.method,
            most=self.space.most,
            control=self.control,
            unseen_controls=self.unseen_controls,
            floor=self.floor,
            budget=self.budget,
            pretrained=pretrained,
            finetuned=finetuned,
            searches=tuple(trials for _, _, trials in found),
            outcomes=tuple(outcomes),
            sample=lab.sample,
            flattery=flattery,
        )
