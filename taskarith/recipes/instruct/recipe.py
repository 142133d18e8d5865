"""The instruct recipe: one model on many tasks in words, against rivals of equal budget.

λ of the instruction vector is chosen on validation of tasks that were seen; what was not seen is
looked at on test alone.
"""

from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass

import numpy as np

from taskarith.evaluation import Estimate
from taskarith.recipes.instruct.protocol import (
    LEVELS,
    UNSEEN_EXAMPLE,
    UNTUNED,
    Trial,
    levels,
    mixture,
    of_sizes,
    taught,
    trials,
)
from taskarith.recipes.instruct.result import Beside, InstructResult, Model, Sized, Step
from taskarith.recipes.instruct.wording import INSTRUCTIONS, SHOWN, Item, asked, drawn
from taskarith.recipes.interval import Interval, change_interval, share_interval
from taskarith.recipes.lab import Lab
from taskarith.recipes.model_size import OtherSize
from taskarith.recipes.text_lab import Plan
from taskarith.tasks import SplitName
from taskarith.worlds.texts import TEXT_FAMILIES

__all__ = ["STEPS", "InstructRecipe"]

STEPS = 200
TRAINING = 600  # examples of a task
MOST = 200  # examples of a task that are asked where all are wanted
GRID = (-0.5, 0.25, 0.5, 0.75, 1.0)
SEED = 7


@dataclass(frozen=True)
class InstructRecipe:
    """Teach many tasks in words, but for `held_out` categories, and ask about all.

    Attributes:
        beside: tasks of the suite with vectors, which the instruction vector is added to and
            taken from.
        steps: of every model that is taught.
        sizes: suites whose bases are larger or smaller, and are taught alike.
    """

    held_out: tuple[str, ...]
    beside: tuple[str, ...] = ()
    steps: int = STEPS
    sizes: tuple[OtherSize, ...] = ()

    def evaluations(self) -> int:
        """The most evaluations that `run` takes; asking one model about one task is one."""
        tasks = sum(map(len, levels(self.held_out).values()))
        every = trials(self.held_out)
        taught_models = sum(trial.kind != UNTUNED for trial in every)
        curve = len(GRID) * tasks + tasks
        further = len(self.sizes) * len(of_sizes(self.held_out)) * (tasks + 1)
        return len(every) * tasks + taught_models + curve + 7 * len(self.beside) + further

    def learned(self) -> int:
        """How many examples all steps go through."""
        every = [*trials(self.held_out), *len(self.sizes) * of_sizes(self.held_out)]
        models = sum(trial.kind != UNTUNED for trial in every)
        return models * self.steps * Plan(self.steps).batch

    def run(self, lab: Lab) -> InstructResult:
        """Teach every model, choose λ on validation, then ask everything once on test."""
        every = trials(self.held_out)
        whole = max(trial.categories for trial in every)
        with ExitStack() as keep:
            edits = self._taught(lab, every, keep)
            (instructions,) = edits[Trial(INSTRUCTIONS, whole)]
            curve = self._curve(lab, instructions)
            best = max(curve, key=lambda step: step.levels[UNSEEN_EXAMPLE].low).coefficient
            beside = [self._beside(lab, instructions, best, task) for task in self.beside]
            models = self._models(lab, edits)
        return InstructResult(
            held_out=self.held_out,
            levels=levels(self.held_out),
            steps=self.steps,
            models=models,
            curve=curve,
            best=best,
            beside=tuple(beside),
            sample=lab.sample,
            sizes=self._sizes(lab, models),
        )

    def _taught(
        self, lab: Lab, every: Sequence[Trial], keep: ExitStack
    ) -> dict[Trial, dict[str, float]]:
        """The edit that each trial's model is; its vector lasts as long as `keep`."""
        whole = max(trial.categories for trial in every)
        train = {name: drawn(name, "train", TRAINING) for name in taught(self.held_out, whole)}
        edits: dict[Trial, dict[str, float]] = {}
        for trial in every:
            edits[trial] = {}
            if trial.kind == UNTUNED:
                continue
            own = {name: train[name] for name in taught(self.held_out, trial.categories)}
            plan = Plan(self.steps, seed=SEED)
            vector = keep.enter_context(
                lab.texts.teach({}, mixture(own, trial, seed=SEED), plan=plan)
            )
            edits[trial] = {vector: 1.0}
        return edits

    def _models(self, lab: Lab, edits: Mapping[Trial, Mapping[str, float]]) -> tuple[Model, ...]:
        """Every model on test."""
        right = {
            trial: self._right(lab, edit, trial, split="test") for trial, edit in edits.items()
        }
        untuned = {trial.shown: right[trial] for trial in edits if trial.kind == UNTUNED}
        at = levels(self.held_out)
        return tuple(_model(trial, own, untuned[trial.shown], at, lab)
                     for trial, own in right.items())  # fmt: skip

    def _sizes(self, lab: Lab, models: Sequence[Model]) -> tuple[Sized, ...]:
        """This base and those of `sizes`, smaller ones first; none where it is the only one."""
        if not self.sizes or lab.others is None or lab.size is None:
            return ()
        compared = of_sizes(self.held_out)
        ours = [
            model
            for model in models
            if Trial(model.kind, model.categories, model.shown) in compared
        ]
        found = [Sized(None, lab.size().parameters, tuple(ours))]
        for further in self.sizes:
            with lab.others(further.suite) as other, ExitStack() as keep:
                assert other.size is not None
                own = self._models(other, self._taught(other, compared, keep))
                found.append(Sized(further, other.size().parameters, own))
        return tuple(sorted(found, key=lambda one: one.parameters))

    def _curve(self, lab: Lab, vector: str) -> tuple[Step, ...]:
        steps = []
        for coefficient in sorted({0.0, *GRID}):
            trial = Trial(INSTRUCTIONS, 1)
            edit = {vector: coefficient} if coefficient else {}
            right = self._right(lab, edit, trial, split="validation")
            steps.append(Step(coefficient, _by_level(right, levels(self.held_out))))
        return tuple(steps)

    def _right(
        self, lab: Lab, edit: Mapping[str, float], trial: Trial, *, split: SplitName
    ) -> dict[str, np.ndarray]:
        """Which answers to each task are right, bool [n]."""
        size = (lab.sample.choosing if split == "validation" else lab.sample.n) or MOST
        opened = lab.sample.final if split == "test" else split
        found = {}
        for task in (task for tasks in levels(self.held_out).values() for task in tasks):
            labels = TEXT_FAMILIES[task].labels
            items = drawn(task, opened, min(size, MOST))
            questions = [
                asked(item, INSTRUCTIONS, _shown(task, n) if trial.shown else ())
                for n, item in enumerate(items)
            ]
            logits = lab.texts.ask(edit, questions, [label.lower() for label in labels])
            truth = np.array([labels.index(item.answer) for item in items])
            found[task] = logits.argmax(1) == truth
        return found

    def _beside(self, lab: Lab, vector: str, coefficient: float, task: str) -> Beside:
        """A task vector alone, with the instruction vector, and without what they share."""

        def measured(edit: Mapping[str, float]) -> Estimate:
            return lab.score(edit, [task], split="test")[task]

        answers = {
            sign: lab.answer({task: 1.0, vector: sign * coefficient}, task, split="test")
            for sign in (-1, 1)
        }
        alone = lab.answer({task: 1.0}, task, split="test")
        return Beside(
            task=task,
            pretrained=measured({}),
            instructed=measured({vector: coefficient}),
            alone=alone.estimate,
            added=answers[1].estimate,
            taken=answers[-1].estimate,
            change_added=answers[1].against(alone),
            change_taken=answers[-1].against(alone),
        )


def _shown(task: str, number: int) -> Sequence[Item]:
    """Demonstrations: training items, others for every question."""
    rng = np.random.default_rng([SEED, number])
    pool = drawn(task, "train", 64)
    return [pool[int(i)] for i in rng.permutation(len(pool))[:SHOWN]]


def _by_level(
    right: Mapping[str, np.ndarray], at: Mapping[str, Sequence[str]]
) -> dict[str, Interval]:
    return {
        level: share_interval(
            np.concatenate([right[task] for task in at[level]]).astype(float),
            units=f"texts of {len(at[level])} tasks",
        )
        for level in LEVELS
        if at[level]
    }


def _model(
    trial: Trial,
    right: Mapping[str, np.ndarray],
    untuned: Mapping[str, np.ndarray],
    at: Mapping[str, Sequence[str]],
    lab: Lab,
) -> Model:
    changes = {
        level: change_interval(
            np.concatenate([untuned[task] for task in tasks]).astype(float),
            np.concatenate([right[task] for task in tasks]).astype(float),
            units=f"texts of {len(tasks)} tasks",
        )
        for level, tasks in at.items()
        if tasks
    }
    return Model(
        kind=trial.kind,
        categories=trial.categories,
        shown=trial.shown,
        levels=_by_level(right, at),
        over_untuned=None if trial.kind == UNTUNED else changes,
        tasks={
            task: Estimate.share(
                correct=int(answers.sum()), n=len(answers), total=len(answers),
                split=lab.sample.final,
            )
            for task, answers in right.items()
        },
    )  # fmt: skip
