"""What storing a task vector in fewer bits costs: answers that change at λ = 1, on validation."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from taskarith.core import Edit, TaskVector
from taskarith.evaluation.evaluator import Evaluator
from taskarith.evaluation.plan import Part

__all__ = ["Changed", "changed_answers"]

NAMES = ("as made", "as stored")  # what the two are called while they are measured


@dataclass(frozen=True)
class Changed:
    """How many of `total` answers are others with the vector as it is stored."""

    changed: int
    total: int


def changed_answers(
    evaluator: Evaluator, vector: TaskVector, stored: TaskVector, *, tasks: Sequence[str]
) -> Changed:
    """Compare θ₀ + τ with θ₀ + τ as stored on the whole validation split of each of `tasks`.

    Where answers are not counted (a loss), one that differs at all is changed. Raises
    UnknownNameError for a task, WeightsError for a vector of another base.
    """
    parts = [Part(task, 0, evaluator.total(task, "validation")) for task in tasks]
    rows: list[list[np.ndarray]] = []
    for name, one in zip(NAMES, (vector, stored), strict=True):
        evaluator.add_vector(name, one)
        try:
            evaluator.use(Edit(evaluator.suite.name, {name: 1.0}))
            rows.append(evaluator.predict_parts(parts, split="validation"))
        finally:
            evaluator.remove_vector(name)
    differs = [before != after for before, after in zip(*rows, strict=True)]
    changed = sum(int(one.reshape(len(one), -1).any(1).sum()) for one in differs)
    return Changed(changed, sum(part.stop for part in parts))
