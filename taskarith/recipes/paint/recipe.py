"""The PAINT recipe: each task patched on its own, then all together."""

from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from functools import partial

from taskarith.recipes.interpolation import ALPHAS
from taskarith.recipes.lab import Lab
from taskarith.recipes.paint.protocol import (
    CRITERIA,
    ROUNDS,
    WAYS,
    Patched,
    patch_jointly,
    patch_one,
    patch_parallel,
    patch_sequentially,
)
from taskarith.recipes.paint.result import PaintResult, Patch

__all__ = ["PaintRecipe"]


@dataclass(frozen=True)
class PaintRecipe:
    """Patch each of `tasks` on its own, then all together.

    Attributes:
        supported: tasks that must not suffer; usually the control.
        neutral: by task under attack, the task with the same objects and no attack.
        onlookers: tasks that are not patched but measured for transfer.
        ways: how to patch beside "one"; () leaves it out. All but parallel fine-tune.
    """

    tasks: tuple[str, ...]
    supported: tuple[str, ...]
    unseen_controls: tuple[str, ...] = ()
    neutral: Mapping[str, str] = field(default_factory=dict)
    onlookers: tuple[str, ...] = ()
    ways: tuple[str, ...] = WAYS

    def evaluations(self) -> int:
        """The most evaluations that `run` takes."""
        count, criteria, together = len(self.tasks), len(CRITERIA), self._together()
        measured = count + len(self.supported)
        one = count * len(ALPHAS) * (1 + len(self.supported))
        common = len(ALPHAS) * measured
        search = ROUNDS * count * len(ALPHAS) * measured * criteria
        costs = {
            "alone": one + count * criteria,
            "parallel": common + search,
            "joint": common + criteria,
            "sequential": criteria * count * (common + 1) + measured,
        }
        patches = criteria * (count + len(together) + ("alone" in together) * (count - 1))
        return one + sum(costs[way] for way in together) + (patches + 1) * len(self._tested())

    def run(self, lab: Lab) -> PaintResult:
        """Choose every α on validation, then measure everything once on test."""
        with ExitStack() as keep:
            chosen = [
                patch_one(lab, task=task, supported=self.supported, criterion=criterion)
                for task in self.tasks
                for criterion in CRITERIA
            ]
            for way in self._together():
                groups = [(task,) for task in self.tasks] if way == "alone" else [self.tasks]
                chosen += [
                    self._patch(lab, way, tasks, criterion, keep)
                    for tasks in groups
                    for criterion in CRITERIA
                ]
            pretrained = {task: lab.answer({}, task, split="test") for task in self._tested()}
            patches = []
            for patched in chosen:
                after = {
                    task: lab.answer(patched.edit, task, split="test") for task in self._tested()
                }
                patches.append(
                    Patch(
                        patched=patched,
                        accuracies={task: answers.estimate for task, answers in after.items()},
                        changes={
                            task: answers.against(pretrained[task])
                            for task, answers in after.items()
                        },
                    )
                )
        return PaintResult(
            supported=self.supported,
            unseen_controls=self.unseen_controls,
            neutral=dict(self.neutral),
            pretrained={task: answers.estimate for task, answers in pretrained.items()},
            patches=tuple(patches),
            sample=lab.sample,
        )

    def _patch(
        self, lab: Lab, way: str, tasks: Sequence[str], criterion: str, keep: ExitStack
    ) -> Patched:
        patchers = {
            "alone": partial(patch_jointly, lab, keep=keep),
            "parallel": partial(patch_parallel, lab),
            "joint": partial(patch_jointly, lab, keep=keep),
            "sequential": partial(patch_sequentially, lab, keep=keep),
        }
        return patchers[way](tasks=tasks, supported=self.supported, criterion=criterion)

    def _together(self) -> tuple[str, ...]:
        return self.ways if len(self.tasks) > 1 else tuple(w for w in self.ways if w == "alone")

    def _tested(self) -> Sequence[str]:
        names = [*self.tasks, *self.supported, *self.unseen_controls]
        return list(dict.fromkeys([*names, *self.neutral.values(), *self.onlookers]))
