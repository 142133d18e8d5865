"""The prompts recipe: soft prompts by length and first values, on other domains and other tasks.

Rates and coefficients are chosen on validation before test is opened.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from taskarith.errors import RecipeError
from taskarith.evaluation import Estimate
from taskarith.recipes.choosing import best_on_grid
from taskarith.recipes.lab import Answers, Lab
from taskarith.recipes.learning_rates import RATES, Rated, choose_rate
from taskarith.recipes.model_size import OtherSize
from taskarith.recipes.prompts.protocol import (
    ADDED,
    BEGINNINGS,
    LENGTH,
    LENGTHS,
    OTHER_PROMPT,
    RANDOM_WORDS,
    averaged,
    prompt,
    voted,
)
from taskarith.recipes.prompts.result import (
    FULL,
    PROMPT,
    Crossed,
    Form,
    PromptsResult,
    PromptTrial,
    Rival,
    Sized,
    Summed,
)
from taskarith.recipes.way_lab import MADE, RANDOM, Learned, Learning
from taskarith.tasks import SplitName

__all__ = ["SEEDS", "STEPS", "PromptsRecipe"]

SEEDS, STEPS = 3, 40


@dataclass(frozen=True)
class PromptsRecipe:
    """Learn prompts of `task`, and of all `tasks` for what they do to each other.

    Attributes:
        kin: pairs of `tasks` that ask for the same answers of other texts.
        sizes: suites whose bases are larger or smaller, where prompts of `task` are learned, too.
    """

    task: str
    tasks: tuple[str, ...]
    kin: tuple[tuple[str, str], ...]
    control: str
    seeds: int = SEEDS
    steps: int = STEPS
    lengths: tuple[int, ...] = LENGTHS
    sizes: tuple[OtherSize, ...] = ()

    def __post_init__(self) -> None:
        if min(self.seeds, self.steps) < 1:
            raise RecipeError(
                f"prompts need at least 1 seed and 1 step, got {self.seeds} and {self.steps}"
            )

    @property
    def beginning(self) -> str:
        """The task whose prompt others begin at: the kin of the task, else any other."""
        for pair in self.kin:
            if self.task in pair:
                return pair[1 - pair.index(self.task)]
        return next(task for task in self.tasks if task != self.task)

    def evaluations(self) -> int:
        """The most evaluations that `run` takes; a training counts as one."""
        forms = len(self.lengths) * len(BEGINNINGS)
        learned = forms * (2 * len(RATES) + 3 * self.seeds + 5) + 2 * len(RATES)
        crossed = 2 * len(self.tasks) * self.seeds * (1 + len(self.tasks))
        summed = len(self.kin) * self.seeds * 2 * (len(ADDED) + 1)
        further = len(self.sizes) * (len(self.lengths) + 1) * (2 * len(RATES) + 3 * self.seeds)
        own = 2 * self.seeds + len(self.tasks) + 4 * len(self.lengths)
        return learned + crossed + summed + own + further

    def learned(self) -> int:
        """How many examples all steps go through, at most; what two parts ask for is made once."""
        each = len(RATES) + self.seeds - 1
        forms = len(self.lengths) * (len(BEGINNINGS) * each + 1)  # and the prompt that others take
        others = 2 * (len(self.tasks) - 1) * self.seeds
        batch = self._prompt(LENGTH, RANDOM_WORDS).batch
        further = len(self.sizes) * (len(self.lengths) + 1) * each
        return (forms + each + others + further) * self.steps * batch

    def run(self, lab: Lab) -> PromptsResult:
        """Choose on validation, then measure once on test."""
        refused = lab.ways.refused(self._prompt(LENGTH, RANDOM_WORDS))
        if refused is not None:
            raise RecipeError(f"no prompts here: {refused}")
        made = [
            self._made(lab, length, beginning)
            for length in self.lengths
            for beginning in BEGINNINGS
        ]
        full = choose_rate(lab, Learning(self.task, "full", self.steps))
        at = next(
            one.rated
            for one in made
            if (one.length, one.beginning) == (self._crossing, RANDOM_WORDS)
        )
        coefficients = {
            (pair, seed): self._added(lab, pair, seed, at.faster)
            for pair in self.kin
            for seed in range(self.seeds)
        }
        forms = tuple(self._form(lab, one) for one in made)
        rival = self._rival(lab, full)
        return PromptsResult(
            task=self.task,
            beginning=self.beginning,
            tasks=self.tasks,
            kin=self.kin,
            control=self.control,
            pretrained=dict(lab.score({}, [*self.tasks, self.control], split="test")),
            forms=forms,
            full=rival,
            crossed=(
                *self._crossed(lab, PROMPT, at.faster),
                *self._crossed(lab, FULL, full.faster),
            ),
            summed=tuple(
                self._summed(lab, pair, seed, at.faster, value)
                for (pair, seed), value in coefficients.items()
            ),
            crossing=self._crossing,
            seeds=self.seeds,
            steps=self.steps,
            sample=lab.sample,
            sizes=self._sizes(lab, forms, rival),
        )

    @property
    def _crossing(self) -> int:
        """The length of prompts that are asked about other tasks."""
        return LENGTH if LENGTH in self.lengths else self.lengths[0]

    def _prompt(
        self,
        length: int,
        beginning: str,
        *,
        task: str | None = None,
        seed: int = 0,
        faster: float = 1.0,
    ) -> Learning:
        other = prompt(self.beginning, length, RANDOM_WORDS, steps=self.steps)
        return prompt(
            task or self.task,
            length,
            beginning,
            steps=self.steps,
            seed=seed,
            faster=faster,
            other=other if beginning == OTHER_PROMPT else None,
        )

    # ---- on validation ------------------------------------------------------------------------

    def _made(self, lab: Lab, length: int, beginning: str) -> "_Made":
        rated = choose_rate(lab, self._prompt(length, beginning))
        trained = {
            f"seed {seed}": self._prompt(length, beginning, seed=seed, faster=rated.faster)
            for seed in range(self.seeds)
        }
        # All are asked where the first one was learned, each from its own beginning.
        first = lab.ways.learn(trained["seed 0"], beside=trained)
        skills = {
            name: first.answer({name: 1.0}, self.task, split="validation").estimate.skill
            for name in trained
        }
        ranked = sorted(trained, key=lambda name: -skills[name])
        return _Made(length, beginning, rated, trained, tuple(ranked), first)

    def _added(self, lab: Lab, pair: tuple[str, str], seed: int, faster: float) -> float:
        """The common λ at which two prompts' vectors are best on both tasks."""

        def quality(value: float) -> float:
            found = self._of_sum(lab, pair, seed, faster, value, split="validation")
            return sum(one.skills[0] for one in found.values())

        return best_on_grid(quality, grid=ADDED)

    def _of_sum(
        self,
        lab: Lab,
        pair: tuple[str, str],
        seed: int,
        faster: float,
        value: float,
        *,
        split: SplitName,
    ) -> dict[str, Estimate]:
        one, two = (
            self._prompt(self._crossing, RANDOM_WORDS, task=task, seed=seed, faster=faster)
            for task in pair
        )
        learned = lab.ways.learn(one, beside={"other": two})
        edit = {MADE: value, "other": value}
        return {task: learned.answer(edit, task, split=split).estimate for task in pair}

    # ---- on test ------------------------------------------------------------------------------

    def _form(self, lab: Lab, made: "_Made") -> Form:
        def asked(edit: Mapping[str, float], task: str = self.task) -> Answers:
            return made.first.answer(edit, task, split="test")

        answers = {name: asked({name: 1.0}) for name in made.trained}
        return Form(
            length=made.length,
            beginning=made.beginning,
            rated=made.rated,
            moved=made.first.moved,
            total=made.first.total,
            start=asked({}).estimate,
            trials=tuple(
                PromptTrial(
                    answers[name].estimate,
                    asked({name: 1.0}, self.control).estimate,
                    lab.ways.learn(learning).seconds,
                )
                for name, learning in made.trained.items()
            ),
            random=asked({RANDOM: 1.0}).estimate,
            best=answers[made.ranked[0]].estimate,
            voted=voted([answers[name] for name in made.ranked]).estimate,
            averaged=asked(averaged(made.ranked)).estimate,
        )

    def _rival(self, lab: Lab, rated: Rated) -> Rival:
        estimates = []
        for seed in range(self.seeds):
            learned = lab.ways.learn(
                Learning(self.task, "full", self.steps, faster=rated.faster, seed=seed)
            )
            estimates.append(
                {
                    task: learned.answer({MADE: 1.0}, task, split="test").estimate
                    for task in (self.task, self.control)
                }
            )
        return Rival(rated, learned.moved, tuple(estimates))

    def _sizes(self, lab: Lab, forms: Sequence[Form], full: Rival) -> tuple[Sized, ...]:
        """This base and those of `sizes`, smaller ones first; none where it is the only one."""
        if not self.sizes or lab.others is None:
            return ()
        plain = tuple(form for form in forms if form.beginning == RANDOM_WORDS)
        pretrained = lab.score({}, [self.task], split="test")[self.task]
        found = [Sized(None, pretrained, plain, full)]
        for further in self.sizes:
            with lab.others(further.suite) as other:
                found.append(self._of_size(other, further))
        return tuple(sorted(found, key=lambda one: one.parameters))

    def _of_size(self, lab: Lab, further: OtherSize) -> Sized:
        """Prompts from random words, by length, and full fine-tuning, on another base."""
        made = [self._made(lab, length, RANDOM_WORDS) for length in self.lengths]
        full = choose_rate(lab, Learning(self.task, "full", self.steps))
        return Sized(
            further,
            lab.score({}, [self.task], split="test")[self.task],
            tuple(self._form(lab, one) for one in made),
            self._rival(lab, full),
        )

    def _crossed(self, lab: Lab, way: str, faster: float) -> list[Crossed]:
        found = []
        for task in self.tasks:
            for seed in range(self.seeds):
                learning = self._prompt(
                    self._crossing, RANDOM_WORDS, task=task, seed=seed, faster=faster
                )
                if way == FULL:
                    learning = Learning(task, "full", self.steps, faster=faster, seed=seed)
                learned = lab.ways.learn(learning)
                found.append(
                    Crossed(
                        way,
                        task,
                        seed,
                        {
                            other: learned.answer({MADE: 1.0}, other, split="test").estimate
                            for other in self.tasks
                        },
                    )
                )
        return found

    def _summed(
        self, lab: Lab, pair: tuple[str, str], seed: int, faster: float, value: float
    ) -> Summed:
        found: Mapping[str, Estimate] = self._of_sum(lab, pair, seed, faster, value, split="test")
        return Summed(pair, seed, value, dict(found))


@dataclass(frozen=True, eq=False)
class _Made:
    """Prompts of one length and beginning; `ranked` by validation, all asked through `first`."""

    length: int
    beginning: str
    rated: Rated
    trained: dict[str, Learning]
    ranked: tuple[str, ...]
    first: Learned
