"""Negation's result: the tasks forgotten, beside fine-tuning, gradient ascent and nulls."""

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import fmean
from typing import ClassVar

from taskarith.evaluation import Estimate, PairedDifference
from taskarith.recipes.class_changes import Confusion
from taskarith.recipes.negation.protocol import CONTROL_EXAMPLES, NEGATION_GRID, Negation
from taskarith.recipes.result import NONE, Result, Row, Table, about_unseen
from taskarith.recipes.sample import Sample, lowest, mean_shown, measured_by, to_keep

__all__ = [
    "ASCENT",
    "FINETUNED",
    "NEGATED",
    "OPPOSITE",
    "PRETRAINED",
    "Forgotten",
    "NegationResult",
]

PRETRAINED, FINETUNED, ASCENT = "pretrained", "fine-tuned", "gradient ascent"
NEGATED, OPPOSITE = "negated", "fine-tuned on the opposite"


@dataclass(frozen=True)
class Forgotten:
    """One task forgotten, and everything that stands beside it; all on test.

    Attributes:
        models: by what they are: pretrained, fine-tuned, gradient ascent and the opposite
            (where the suite has them), negated, and the nulls.
        change, control_change: negated against pretrained, on the same examples.
        others: the same on tasks that were not to be forgotten.
        flattery: by how much the target at the chosen λ is too low on the validation examples that
            it was chosen on, by cross-validation; None where examples are not counted.
        probe_before, probe_after: accuracy of a linear probe on the embeddings of the pretrained
            and of the negated model: are the features gone, or only the answer? None where nothing
            is embedded or there are no classes.
        classnames: of the task, in the order of the rows and columns of the confusions.
        confusion_before, confusion_after: rows are true classes, columns are answers.
        taken_for: the wrong answers that became more frequent, most first.
    """

    task: str
    models: dict[str, Negation]
    change: PairedDifference
    control_change: PairedDifference
    others: dict[str, PairedDifference]
    flattery: float | None
    probe_before: Estimate | None
    probe_after: Estimate | None
    classnames: tuple[str, ...]
    confusion_before: tuple[tuple[int, ...], ...]
    confusion_after: tuple[tuple[int, ...], ...]
    taken_for: tuple[Confusion, ...]


@dataclass(frozen=True)
class NegationResult(Result):
    """The tasks forgotten, each on its own."""

    name: ClassVar[str] = "negation"
    title: ClassVar[str] = "Negation: forgetting"
    published: ClassVar[str] = (
        "arXiv 2212.04089, CLIP ViT-B/32, mean of eight tasks: target 48.3 % pretrained, 24.0 % "
        "negated, 45.7 % with a random vector, 2.7 % by gradient ascent; control (ImageNet) 63.4, "
        "60.9, 61.5 and 0.3 %. GPT-2 Large: toxic continuations 4.8 % pretrained, 0.8 % with "
        "toxic speech negated, 1.8 % fine-tuned on speech that is not; perplexity of WikiText-103 "
        "16.4, 16.9 and 17.2"
    )

    control: str
    unseen_controls: tuple[str, ...]
    floor: float
    sample: Sample
    tasks: tuple[Forgotten, ...]

    def protocol(self) -> str:
        """How λ was chosen."""
        first, sample = self.tasks[0].models[PRETRAINED], self.sample
        targets = [one.models[PRETRAINED].target for one in self.tasks]
        control = first.controls[self.control]
        enough = (
            ""
            if sample.choosing is None or sample.choosing >= CONTROL_EXAMPLES
            else (f"; of the control {CONTROL_EXAMPLES} where it has as many")
        )
        return (
            f"λ from {NEGATION_GRID[-1]:g} to 0 in steps of 0.05: {lowest(targets, of='target')} "
            f"on validation ({sample.each}{enough}) among the {len(NEGATION_GRID)} values whose "
            f"control ({self.control}) {to_keep(self.floor, control)}, by the lower end of the "
            "paired 95 % interval. The nulls choose their own λ by the same rule; fine-tuning and "
            "gradient ascent are models as they are (λ = 1), trained as their files say, not all "
            "equally long or with an anchor. The linear probe is fitted on validation embeddings. "
            f"Everything in the tables is {sample.once}{self._more()}."
            + about_unseen(self.unseen_controls)
        )

    def _more(self) -> str:
        """Which targets were measured on more examples than the rest."""
        targets = [one.models[PRETRAINED].target for one in self.tasks]
        more = {
            one.task: target.n
            for one, target in zip(self.tasks, targets, strict=True)
            if self.sample.n is not None and target.n > self.sample.n
        }
        return "".join(f"; {task} as target on {n:,}" for task, n in more.items())

    def tables(self) -> list[Table]:
        """One row a task and model; what negation changed, image by image; new confusions."""
        rows = [row for task in self.tasks for row in self._task_rows(task)]
        changes: list[Row] = [
            {"task": one.task, "target": one.change, self.control: one.control_change}
            for one in self.tasks
        ]
        confusions: list[Row] = [
            {
                "task": one.task,
                "shown": confusion.truth,
                "answer": confusion.answer,
                "times before": confusion.before,
                "times after": confusion.after,
            }
            for one in self.tasks
            for confusion in one.taken_for
        ]
        onlookers = list(dict.fromkeys(name for one in self.tasks for name in one.others))
        crossed: list[Row] = [
            {
                "negated": one.task,
                "λ": one.models[NEGATED].coefficient,
                **{name: one.others.get(name) for name in onlookers},
            }
            for one in self.tasks
        ]
        tables = [Table("By task and model", rows), Table("Change by negation", changes)]
        if onlookers:
            tables.append(Table("What negating one task does to the others", crossed))
        return [*tables, *([Table("What is taken for what", confusions)] if confusions else [])]

    def findings(self) -> list[str]:
        """The means over tasks: the ratio that counts, its nulls, the controls, the probe."""
        lines = []
        for model in dict.fromkeys(model for task in self.tasks for model in task.models):
            if model == PRETRAINED:
                continue
            those = [task.models for task in self.tasks if model in task.models]
            before = [models[PRETRAINED].target for models in those]
            after = [models[model].target for models in those]
            kept = [models[model].controls[self.control] for models in those]
            unharmed = [models[PRETRAINED].controls[self.control] for models in those]
            lines.append(
                f"{model}: mean target {measured_by(after)} {mean_shown(after)} of "
                f"{mean_shown(before)} pretrained{_ratio(after, before)}, control "
                f"{mean_shown(kept)} ({_retained(kept, unharmed)} retained)"
            )
        probed = [task for task in self.tasks if task.probe_before and task.probe_after]
        if probed:
            before = [task.probe_before for task in probed if task.probe_before]
            after = [task.probe_after for task in probed if task.probe_after]
            lines.append(
                f"a linear probe of the embeddings is right on {mean_shown(after)} after "
                f"negation, on {mean_shown(before)} before"
            )
        flattered = [one.flattery for one in self.tasks if one.flattery is not None]
        if flattered:
            lines.append(
                f"the choice of λ flatters: where it was made, on validation, the target is "
                f"{100 * fmean(flattered):.1f} points lower than on new {self.sample.examples} "
                "(by cross-validation, mean over tasks)"
                + ("; the numbers here are those" if self.sample.rehearsal else "")
            )
        still = [
            one.task
            for one in self.tasks
            if NEGATED in one.models and not one.models[NEGATED].coefficient
        ]
        if still:
            lines.append(
                f"{', '.join(still)}: no λ below 0 lowers the target and surely holds the "
                "control's floor"
            )
        return lines

    def chosen(self) -> list[tuple[str, dict[str, float]]]:
        """Each task forgotten."""
        return [
            (f"{one.task} forgotten", {one.task: one.models[NEGATED].coefficient})
            for one in self.tasks
        ]

    def _task_rows(self, forgotten: Forgotten) -> list[Row]:
        probes = {PRETRAINED: forgotten.probe_before, NEGATED: forgotten.probe_after}
        return [
            {
                "task": forgotten.task,
                "model": model,
                "λ": measured.coefficient,
                "target": measured.target,
                **measured.controls,
                "linear probe": probes.get(model),
            }
            for model, measured in forgotten.models.items()
        ]


def _ratio(after: Sequence[Estimate], before: Sequence[Estimate]) -> str:
    whole = sum(estimate.skill for estimate in before)
    return f" (ratio {sum(estimate.skill for estimate in after) / whole:.2f})" if whole else ""


def _retained(after: Sequence[Estimate], before: Sequence[Estimate]) -> str:
    whole = sum(estimate.skill for estimate in before)
    return f"{100 * sum(estimate.skill for estimate in after) / whole:.1f} %" if whole else NONE
