"""Accuracies that travel with what is exported: of the edit, beside θ₀ and the fine-tuned models.

Measured when asked for, else what this machine has measured already. Knows the evaluator and the
result cache; not what the numbers are for.
"""

from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from taskarith.core import Edit, Statistics
from taskarith.evaluation import (
    Estimate,
    Evaluator,
    ResultCache,
    measure,
    visible_tasks,
)
from taskarith.evaluation.statistics import ModelStatistics
from taskarith.suites import Suite
from taskarith.tasks import SplitName

__all__ = ["TaskAccuracy", "image_statistics", "known_accuracies", "measure_accuracies"]


@dataclass(frozen=True)
class TaskAccuracy:
    """One task's accuracies on the same images; those that are not known are None.

    Attributes:
        role: "target", "auxiliary" or "control".
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
    finetuned = {
        task: measure(evaluator, _finetuned(suite, task), tasks=[task], n=n, cache=cache)[task]
        for task in tasks
        if task in suite.vectors
    }
    return _rows(suite, edited, pretrained, finetuned)


def known_accuracies(
    evaluator: Evaluator, edit: Edit, *, cache: ResultCache, split: SplitName = "validation"
) -> tuple[TaskAccuracy, ...]:
    """What is known of `edit` without computing anything; tasks that were not measured are out."""
    suite = evaluator.suite
    tasks = visible_tasks(suite, edit)

    def known(of: Edit, task: str) -> Estimate | None:
        answers = cache.get(evaluator.key(of, task=task, split=split))
        labels = evaluator.labels(task, split)
        if not len(answers):
            return None
        right = int(np.count_nonzero(answers == labels[: len(answers)]))
        return Estimate(correct=right, n=len(answers), total=len(labels), split=split)

    def all_known(of: Mapping[str, Edit]) -> dict[str, Estimate]:
        found = {task: known(edit, task) for task, edit in of.items()}
        return {task: estimate for task, estimate in found.items() if estimate is not None}

    return _rows(
        suite,
        all_known(dict.fromkeys(tasks, edit)),
        all_known(dict.fromkeys(tasks, Edit(suite.name))),
        all_known({task: _finetuned(suite, task) for task in tasks if task in suite.vectors}),
    )


def image_statistics(evaluator: Evaluator, *, seed: int) -> Statistics:
    """What merge methods that look at images ask about them, answered by the suite's model."""
    return ModelStatistics(evaluator, seed=seed, kept=OrderedDict())


def _finetuned(suite: Suite, task: str) -> Edit:
    return Edit(suite.name, {task: 1.0})


def _rows(
    suite: Suite,
    edited: Mapping[str, Estimate],
    pretrained: Mapping[str, Estimate],
    finetuned: Mapping[str, Estimate],
) -> tuple[TaskAccuracy, ...]:
    return tuple(
        TaskAccuracy(
            task=name,
            title=suite.task(name).title,
            role=suite.task(name).role,
            edited=estimate,
            pretrained=pretrained.get(name),
            finetuned=finetuned.get(name),
        )
        for name, estimate in edited.items()
    )
