"""PAINT's result: tasks patched one by one and together, and what that does to the others."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar

from taskarith.evaluation import Estimate, PairedDifference
from taskarith.recipes.paint.protocol import CONTROL_EXAMPLES, CRITERIA, ROUNDS, Patched
from taskarith.recipes.result import Result, Row, Table, about_unseen
from taskarith.recipes.sample import Sample, measured_by
from taskarith.tasks.metric import METRICS

__all__ = ["PaintResult", "Patch"]


@dataclass(frozen=True)
class Patch:
    """A patched model on test.

    Attributes:
        accuracies: on the patching tasks, the supported tasks, the unseen controls and neutral
            counterparts.
        changes: against the pretrained model on the same examples, on the same tasks and on those
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
    published: ClassVar[str] = (
        "arXiv 2208.05592, abstract: 15 to 60 points gained on patching tasks, ImageNet within 1 "
        "point"
    )

    supported: tuple[str, ...]
    unseen_controls: tuple[str, ...]
    neutral: dict[str, str]
    pretrained: dict[str, Estimate]
    patches: tuple[Patch, ...]
    sample: Sample

    @property
    def measure(self) -> str:
        """What the patched tasks are counted by."""
        return measured_by(
            self.pretrained[task] for patch in self.patches for task in patch.patched.tasks
        )

    def chosen(self) -> list[tuple[str, dict[str, float]]]:
        """Every patch."""
        return [
            (f"{' + '.join(one.patched.tasks)}, {one.patched.criterion}", one.patched.edit)
            for one in self.patches
        ]

    def protocol(self) -> str:
        """How α was chosen."""
        supported = ", ".join(self.supported)
        few = self.sample.n is not None and self.sample.n < CONTROL_EXAMPLES
        enough = f", {CONTROL_EXAMPLES:,} where there are as many" if few else ""
        paired = (
            f" by the lower end of the paired interval (the same {self.sample.examples}{enough})"
        )
        kept = paired if self.sample.surely else ""
        return (
            "(1−α)θ₀ + αθ_t, α from 0 to 1 in steps of 0.05, chosen on validation "
            f"({self.sample.each}) in two ways"
            f"{self.sample.by and ', the best' + self.sample.by}. Best mean: the best mean of "
            f"patching and supported {self.measure} ({supported})"
            f"{_retained(self.pretrained, self.supported)}. Within a point: the best patching "
            f"{self.measure} whose supported one is at most 1 point below the pretrained model's"
            f"{kept}. One task: with the suite's own "
            "vector (one), which an anchor may have kept close to the pretrained model, so that "
            "α = 1 costs little; or "
            "fine-tuned here and now without one (alone). Several tasks: parallel adds the tasks' "
            f"own vectors (a common α, then each by coordinate search of at most {ROUNDS} rounds), "
            "joint fine-tunes once on all, sequential on one after the other from the model "
            "patched so far, both without an anchor. Values and paired changes are "
            f"{self.sample.once}." + about_unseen(self.unseen_controls)
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
            cost = self.pretrained[neutral].skill - self.pretrained[attacked].skill
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
        every = [
            estimate
            for patch in self.patches
            for point in patch.patched.curve
            for estimate in point.accuracies.values()
        ]
        return [
            {
                "patched": " + ".join(patch.patched.tasks),
                "way": patch.patched.way,
                "α": point.alpha,
                "task": task,
                measured_by(every): estimate,
            }
            for patch in self.patches
            if patch.patched.criterion == first
            for point in patch.patched.curve
            for task, estimate in point.accuracies.items()
        ]


def _retained(pretrained: Mapping[str, Estimate], supported: Sequence[str]) -> str:
    """What a supported mean is read as, where there is one."""
    means = any(METRICS[pretrained[task].metric].kind == "mean" for task in supported)
    return ", of a perplexity what is retained" if means else ""
