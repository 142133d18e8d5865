"""Accuracies that travel with what is exported: of the edit, beside θ₀ and the fine-tuned models.

Measured when asked for, else what this machine has measured already. Knows the evaluator and the
result cache; not what the numbers are for.
"""

from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from taskarith.core import Edit, Statistics
from taskarith.evaluation import (
    Estimate,
    Evaluator,
    ResultCache,
    measure,
    visible_tasks,
)
from taskarith.evaluation.fisher_gram import ModelStatistics
from taskarith.suites import Suite
from taskarith.tasks import SplitName

__all__ = ["TaskAccuracy", "image_statistics", "known_accuracies", "measure_accuracies"]


@dataclass(frozen=True)
class TaskAccuracy:
    """One task's accuracies on the same images; those that are not known are None.

    Attributes:
        role: the task's in its suite.
    """

    task: str
    title: str
    role: str
    edited: Estimate
    pretrained: Estimate | None = None
    finetuned: Estimate | None = None

    def to_json(self) -> dict[str, Any]:
        """Plain JSON values."""
        estimates = {name: getattr(self, name) for name in ("edited", "pretrained", "finetuned")}
        return {
            "task": self.task,
            "title": self.title,
            "role": self.role,
            **{name: e.to_json() if e is not None else None for name, e in estimates.items()},
        }

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> "TaskAccuracy":
        """What `to_json` described; raises KeyError, TypeError or ValueError."""

        def estimate(name: str) -> Estimate | None:
            return None if data[name] is None else Estimate.from_json(data[name])

        edited = estimate("edited")
        if edited is None:
            raise ValueError("an accuracy without the edit's own")
        return cls(
            task=str(data["task"])[:200],
            title=str(data["title"])[:200],
            role=str(data["role"])[:40],
            edited=edited,
            pretrained=estimate("pretrained"),
            finetuned=estimate("finetuned"),
        )


def measure_accuracies(
    evaluator: Evaluator, edit: Edit, *, n: int | None, cache: ResultCache | None = None
) -> tuple[TaskAccuracy, ...]:
    """The validation accuracies of `edit` on the first `n` images of each visible task.

    What an edit's maker looks at while choosing λ; the test split stays closed.
    """
    suite = evaluator.suite
    tasks = visible_tasks(suite, edit)
    edited = measure(evaluator, edit, tasks=tasks, n=n, cache=cache)
    pretrained = measure(evaluator, Edit(suite.name), tasks=tasks, n=n, cache=cache)
    rows = []
    for task in tasks:
        found = {"edited": edited[task], "pretrained": pretrained[task]}
        if task in suite.vectors:
            own = Edit(suite.name, {task: 1.0})
            found["finetuned"] = measure(evaluator, own, tasks=[task], n=n, cache=cache)[task]
        rows.append(_row(suite, task, found))
    return tuple(rows)


def known_accuracies(
    evaluator: Evaluator, edit: Edit, *, cache: ResultCache, split: SplitName = "validation"
) -> tuple[TaskAccuracy, ...]:
    """What is known of `edit` without computing anything; tasks that were not measured are out.

    Of each task only the images count that all its models have seen: some may have seen more.
    """
    suite = evaluator.suite
    rows = []
    for task in visible_tasks(suite, edit):
        models = {"edited": edit, "pretrained": Edit(suite.name)}
        if task in suite.vectors:
            models["finetuned"] = Edit(suite.name, {task: 1.0})
        answers = {
            name: cache.get(evaluator.key(model, task=task, split=split))
            for name, model in models.items()
        }
        answers = {name: seen for name, seen in answers.items() if len(seen)}
        if "edited" not in answers:
            continue
        labels = evaluator.labels(task, split)
        n = min(map(len, answers.values()))
        found = {
            name: Estimate.of(seen[:n], labels=labels, split=split, metric=evaluator.metric(task))
            for name, seen in answers.items()
        }
        rows.append(_row(suite, task, found))
    return tuple(rows)


def image_statistics(evaluator: Evaluator, *, seed: int) -> Statistics:
    """What merge methods that look at images ask about them, answered by the suite's model."""
    return ModelStatistics(evaluator, seed=seed, kept=OrderedDict())


def _row(suite: Suite, task: str, found: Mapping[str, Estimate]) -> TaskAccuracy:
    asked = suite.task(task)
    return TaskAccuracy(task=task, title=asked.title, role=asked.role, **found)
