"""Negation: forget one task and keep the rest (arXiv 2212.04089, section 3).

Knows how λ is chosen and what stands beside the answer; how an edit is measured stays behind the
lab.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from statistics import fmean
from typing import ClassVar

from taskarith.evaluation import Estimate, PairedDifference
from taskarith.recipes.lab import Lab
from taskarith.recipes.result import Result, Row, Table, about_unseen
from taskarith.recipes.score import Score
from taskarith.recipes.turned import Confusion, new_confusions

__all__ = [
    "CONTROL_FLOOR",
    "NEGATION_GRID",
    "Forgotten",
    "Negation",
    "NegationRecipe",
    "NegationResult",
    "choose_negation",
    "negate",
]

CONTROL_FLOOR = 0.95
NEGATION_GRID = (0.0, *(round(-0.05 * step, 2) for step in range(1, 21)))

PRETRAINED, FINETUNED, ASCENT = "pretrained", "fine-tuned", "gradient ascent"
NEGATED = "negated"
NULLS = ("random", "permuted")
CONFUSIONS = 3  # a task, in the table


@dataclass(frozen=True)
class Negation:
    """One edit, measured on test: a vector at its chosen (or given) coefficient.

    Attributes:
        vector: whose negation; the task itself, or a null or another model standing in for it.
        target: accuracy on the task to forget.
        controls: accuracy on each control, by task name.
        selected_on: how many edits were compared on validation to choose the coefficient.
    """

    task: str
    vector: str
    coefficient: float
    target: Estimate
    controls: dict[str, Estimate]
    selected_on: int


def choose_negation(
    score: Score,
    *,
    vector: str,
    target: str,
    control: str,
    floor: float = CONTROL_FLOOR,
    grid: Sequence[float] = NEGATION_GRID,
) -> float:
    """The λ with the lowest target accuracy whose control keeps `floor` of its pretrained accuracy.

    Both are measured on validation. The control is the dear part, so it is measured in the order
    of falling promise and no further than the first λ that holds; the answer is the same as from
    measuring everything. Ties go to the smaller movement.
    """
    pretrained = score({}, [control], split="validation")[control].value
    targets = {
        value: score({vector: value}, [target], split="validation")[target].value for value in grid
    }
    for value in sorted(grid, key=lambda value: (targets[value], abs(value))):
        kept = score({vector: value}, [control], split="validation")[control].value
        if kept >= floor * pretrained:
            return value
    return 0.0


def negate(
    score: Score, *, vector: str, task: str, control: str, unseen_controls: Sequence[str] = ()
) -> Negation:
    """Choose λ on validation, then measure target and controls once on test."""
    chosen = choose_negation(score, vector=vector, target=task, control=control)
    return _measured(
        score,
        vector=vector,
        task=task,
        coefficient=chosen,
        controls=[control, *unseen_controls],
        selected_on=len(NEGATION_GRID),
    )


@dataclass(frozen=True)
class Forgotten:
    """One task forgotten, and everything that stands beside it; all on test.

    Attributes:
        models: by what they are: pretrained, fine-tuned, gradient ascent (where the suite has
            it), negated, and the nulls.
        change, control_change: negated against pretrained, on the same images.
        probe_before, probe_after: accuracy of a linear probe on the embeddings of the pretrained
            and of the negated model: are the features gone, or only the answer?
        classnames: of the task, in the order of the rows and columns of the confusions.
        confusion_before, confusion_after: rows are true classes, columns are answers.
        taken_for: the wrong answers that became more frequent, most first.
    """

    task: str
    models: dict[str, Negation]
    change: PairedDifference
    control_change: PairedDifference
    probe_before: Estimate
    probe_after: Estimate
    classnames: tuple[str, ...]
    confusion_before: tuple[tuple[int, ...], ...]
    confusion_after: tuple[tuple[int, ...], ...]
    taken_for: tuple[Confusion, ...]


@dataclass(frozen=True)
class NegationResult(Result):
    """The tasks forgotten, each on its own."""

    name: ClassVar[str] = "negation"
    title: ClassVar[str] = "Negation: forgetting"

    control: str
    unseen_controls: tuple[str, ...]
    floor: float
    tasks: tuple[Forgotten, ...]

    def protocol(self) -> str:
        """How λ was chosen."""
        return (
            f"λ from {NEGATION_GRID[-1]:g} to 0 in steps of 0.05: the lowest target accuracy on "
            f"validation among the {len(NEGATION_GRID)} values whose control ({self.control}, "
            f"validation, all images) keeps at least {100 * self.floor:g} % of its pretrained "
            "accuracy. The nulls choose their own λ by the same rule; fine-tuning and gradient "
            "ascent are models as they are (λ = 1), trained as their files say, not all equally "
            "long or with an anchor. The linear probe is fitted on validation embeddings. All "
            "accuracies are on test, measured once." + about_unseen(self.unseen_controls)
        )

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
        tables = [Table("By task and model", rows), Table("Change by negation", changes)]
        return [*tables, *([Table("What is taken for what", confusions)] if confusions else [])]

    def findings(self) -> list[str]:
        """The means over tasks: the ratio that counts, its nulls, the controls, the probe."""
        lines = []
        for model in dict.fromkeys(model for task in self.tasks for model in task.models):
            if model == PRETRAINED:
                continue
            those = [task.models for task in self.tasks if model in task.models]
            before = fmean(models[PRETRAINED].target.value for models in those)
            after = fmean(models[model].target.value for models in those)
            control = fmean(models[model].controls[self.control].value for models in those)
            ratio = f" (ratio {after / before:.2f})" if before else ""
            lines.append(
                f"{model}: mean target accuracy {100 * after:.1f} % of {100 * before:.1f} % "
                f"pretrained{ratio}, control {100 * control:.1f} %"
            )
        probe_before = fmean(task.probe_before.value for task in self.tasks)
        probe_after = fmean(task.probe_after.value for task in self.tasks)
        lines.append(
            f"a linear probe of the embeddings is right on {100 * probe_after:.1f} % after "
            f"negation, on {100 * probe_before:.1f} % before"
        )
        return lines

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


@dataclass(frozen=True)
class NegationRecipe:
    """Forget each of `tasks` on its own.

    Attributes:
        classnames: of each task.
        ascent: by task, the vector of a model that gradient ascent made.
        floor: the share of its pretrained accuracy that the control must keep.
    """

    tasks: tuple[str, ...]
    classnames: Mapping[str, tuple[str, ...]]
    control: str
    unseen_controls: tuple[str, ...] = ()
    ascent: Mapping[str, str] = field(default_factory=dict)
    floor: float = CONTROL_FLOOR

    def evaluations(self) -> int:
        """The most evaluations that `run` takes."""
        vectors = 1 + len(NULLS)
        choosing = vectors * 2 * len(NEGATION_GRID)
        models = 2 + vectors
        testing = models * (2 + len(self.unseen_controls)) + 2
        ascents = sum(task in self.ascent for task in self.tasks)
        return (choosing + testing) * len(self.tasks) + ascents * (2 + len(self.unseen_controls))

    def run(self, lab: Lab) -> NegationResult:
        """Choose every λ on validation, then measure everything once on test."""
        chosen = {
            (task, vector): choose_negation(
                lab.score, vector=vector, target=task, control=self.control, floor=self.floor
            )
            for task in self.tasks
            for vector in (task, *(f"{null}:{task}" for null in NULLS))
        }
        return NegationResult(
            control=self.control,
            unseen_controls=self.unseen_controls,
            floor=self.floor,
            tasks=tuple(self._forgotten(lab, task, chosen) for task in self.tasks),
        )

    def _forgotten(self, lab: Lab, task: str, chosen: Mapping[tuple[str, str], float]) -> Forgotten:
        def measured(vector: str, coefficient: float, selected_on: int) -> Negation:
            return _measured(
                lab.score,
                vector=vector,
                task=task,
                coefficient=coefficient,
                controls=[self.control, *self.unseen_controls],
                selected_on=selected_on,
            )

        models = {PRETRAINED: measured(task, 0.0, 0), FINETUNED: measured(task, 1.0, 0)}
        if task in self.ascent:
            models[ASCENT] = measured(self.ascent[task], 1.0, 0)
        models[NEGATED] = measured(task, chosen[task, task], len(NEGATION_GRID))
        for null in NULLS:
            vector = f"{null}:{task}"
            models[null] = measured(vector, chosen[task, vector], len(NEGATION_GRID))
        edit = {task: chosen[task, task]}
        before, after = (lab.answer(e, task, split="test") for e in ({}, edit))
        kept, keeps = (lab.answer(e, self.control, split="test") for e in ({}, edit))
        names = self.classnames[task]
        return Forgotten(
            task=task,
            models=models,
            change=after.against(before),
            control_change=keeps.against(kept),
            probe_before=lab.probe({}, task),
            probe_after=lab.probe(edit, task),
            classnames=names,
            confusion_before=before.confusion(len(names)),
            confusion_after=after.confusion(len(names)),
            taken_for=tuple(new_confusions(before, after, names, most=CONFUSIONS)),
        )


def _measured(
    score: Score,
    *,
    vector: str,
    task: str,
    coefficient: float,
    controls: Sequence[str],
    selected_on: int,
) -> Negation:
    measured = score({vector: coefficient}, [task, *controls], split="test")
    return Negation(
        task=task,
        vector=vector,
        coefficient=coefficient,
        target=measured[task],
        controls={name: measured[name] for name in controls},
        selected_on=selected_on,
    )
