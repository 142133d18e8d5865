"""The PAINT recipe: tasks patched one by one and together, and what that does to the others."""

from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from functools import partial
from typing import ClassVar

from taskarith.evaluation import Estimate, PairedDifference
from taskarith.recipes.interpolation import ALPHAS
from taskarith.recipes.lab import Lab
from taskarith.recipes.paint import (
    CRITERIA,
    ROUNDS,
    WAYS,
    Patched,
    patch_jointly,
    patch_one,
    patch_parallel,
    patch_sequentially,
)
from taskarith.recipes.result import Result, Row, Table, about_unseen

__all__ = ["PaintRecipe", "PaintResult", "Patch"]


@dataclass(frozen=True)
class Patch:
    """A patched model on test.

    Attributes:
        accuracies: on the patching tasks, the supported tasks, the unseen controls and neutral
            counterparts.
        changes: against the pretrained model on the same images, on the same tasks and on those
            that were not patched (does patching one help another?).
    """

    patched: Patched
    accuracies: dict[str, Estimate]
    changes: dict[str, PairedDifference]


@dataclass(frozen=True)
class PaintResult(Result):
    """All patches, one task at a time first."""

    name: ClassVar[str] = "paint"
    title: ClassVar[str] = "PAINT: patching by interpolation"

    supported: tuple[str, ...]
    unseen_controls: tuple[str, ...]
    neutral: dict[str, str]
    pretrained: dict[str, Estimate]
    patches: tuple[Patch, ...]

    def protocol(self) -> str:
        """How α was chosen."""
        supported = ", ".join(self.supported)
        return (
            "(1−α)θ₀ + αθ_t, α from 0 to 1 in steps of 0.05, chosen on validation in two ways. "
            f"Best mean: the best mean of patching and supported accuracy ({supported}). Within "
            "a point: the best patching accuracy whose supported accuracy is at most 1 point "
            "below the pretrained model's. One task: with the suite's own vector (one), which an "
            "anchor may have kept close to the pretrained model, so that α = 1 costs little; or "
            "fine-tuned here and now without one (alone). Several tasks: parallel adds the tasks' "
            f"own vectors (a common α, then each by coordinate search of at most {ROUNDS} rounds), "
            "joint fine-tunes once on all, sequential on one after the other from the model "
            "patched so far, both without an anchor. Accuracies and paired changes are on test, "
            "measured once." + about_unseen(self.unseen_controls)
        )

    def tables(self) -> list[Table]:
        """Patches with gains and costs; transfer; attacks; the α curves (validation)."""
        tables = [Table("Patches", [row for patch in self.patches for row in self._rows(patch)])]
        transfer = [row for patch in self.patches for row in self._transfer(patch)]
        if transfer:
            tables.append(Table("Does patching one task help another?", transfer))
        if self.neutral:
            tables.append(Table("The attack before any patch", self._attacks()))
        tables.append(Table("Along α (validation)", self._curves(), long=True))
        return tables

    def findings(self) -> list[str]:
        """Gain and cost of every patch in a sentence; what an attack costs, and what the patch is.

        A patch may teach the pictures and not the attack: then the neutral ones gain as well.
        """
        lines = []
        for patch in self.patches:
            tasks = patch.patched.tasks
            gain = sum(patch.changes[task].difference for task in tasks) / len(tasks)
            costs = ", ".join(
                f"{name} {100 * patch.changes[name].difference:+.1f}" for name in self.supported
            )
            alphas = ", ".join(f"{alpha:.2f}" for alpha in patch.patched.alphas.values())
            lines.append(
                f"{' + '.join(tasks)} ({patch.patched.way}, {patch.patched.criterion}, α "
                f"{alphas}): {100 * gain:+.1f} points, {costs}{self._side(patch)}"
            )
        for attacked, neutral in self.neutral.items():
            cost = self.pretrained[neutral].value - self.pretrained[attacked].value
            lines.append(
                f"{attacked} costs the pretrained model {100 * cost:.1f} points against {neutral}"
            )
        return lines

    def _side(self, patch: Patch) -> str:
        """What else a patch of one task did: to the same pictures without the attack, at worst."""
        if len(patch.patched.tasks) > 1:
            return ""
        (task,) = patch.patched.tasks
        aside = {task, *self.supported, *self.unseen_controls, self.neutral.get(task)}
        others = {name: one for name, one in patch.changes.items() if name not in aside}
        told = []
        if task in self.neutral:
            change = patch.changes[self.neutral[task]].difference
            told.append(f"{self.neutral[task]} {100 * change:+.1f}")
        if others:
            worst = min(others, key=lambda name: others[name].difference)
            told.append(f"at worst {worst} {100 * others[worst].difference:+.1f}")
        return "".join(f"; {one}" for one in told)

    def _rows(self, patch: Patch) -> list[Row]:
        chosen = patch.patched
        return [
            {
                "patched": " + ".join(chosen.tasks),
                "way": chosen.way,
                "α chosen by": chosen.criterion,
                "α": chosen.alphas.get(task, next(iter(chosen.alphas.values()))),
                "task": task,
                "pretrained": self.pretrained[task],
                "now": patch.accuracies[task],
                "change": patch.changes[task],
                **{
                    f"change of {name}": patch.changes[name]
                    for name in (*self.supported, *self.unseen_controls)
                },
            }
            for task in chosen.tasks
        ]

    def _transfer(self, patch: Patch) -> list[Row]:
        chosen = patch.patched
        aside = {*chosen.tasks, *self.supported, *self.unseen_controls}
        if len(chosen.tasks) > 1:
            return []
        return [
            {
                "patched": chosen.tasks[0],
                "way": chosen.way,
                "α chosen by": chosen.criterion,
                "other task": other,
                "pretrained": self.pretrained[other],
                "change": change,
            }
            for other, change in patch.changes.items()
            if other not in aside
        ]

    def _attacks(self) -> list[Row]:
        return [
            {
                "attack": attacked,
                "neutral": neutral,
                "under attack": self.pretrained[attacked],
                "without": self.pretrained[neutral],
            }
            for attacked, neutral in self.neutral.items()
        ]

    def _curves(self) -> list[Row]:
        first = next(iter(CRITERIA))
        return [
            {
                "patched": " + ".join(patch.patched.tasks),
                "way": patch.patched.way,
                "α": point.alpha,
                "task": task,
                "accuracy": estimate,
            }
            for patch in self.patches
            if patch.patched.criterion == first
            for point in patch.patched.curve
            for task, estimate in point.accuracies.items()
        ]


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
            "sequential": criteria * count * (common + 1) + len(self.supported),
        }
        patches = criteria * (count + len(together) + ("alone" in together) * (count - 1))
        return one + sum(costs[way] for way in together) + (patches + 1) * len(self._tested())

    def run(self, lab: Lab) -> PaintResult:
        """Choose every α on validation, then measure everything once on test."""
        with ExitStack() as keep:
            chosen = [
                patch_one(lab.score, task=task, supported=self.supported, criterion=criterion)
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
        )

    def _patch(
        self, lab: Lab, way: str, tasks: Sequence[str], criterion: str, keep: ExitStack
    ) -> Patched:
        patchers = {
            "alone": partial(patch_jointly, lab, keep=keep),
            "parallel": partial(patch_parallel, lab.score),
            "joint": partial(patch_jointly, lab, keep=keep),
            "sequential": partial(patch_sequentially, lab, keep=keep),
        }
        return patchers[way](tasks=tasks, supported=self.supported, criterion=criterion)

    def _together(self) -> tuple[str, ...]:
        return self.ways if len(self.tasks) > 1 else tuple(w for w in self.ways if w == "alone")

    def _tested(self) -> Sequence[str]:
        names = [*self.tasks, *self.supported, *self.unseen_controls]
        return list(dict.fromkeys([*names, *self.neutral.values(), *self.onlookers]))
