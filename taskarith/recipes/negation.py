"""Negation: forget one task and keep the rest (arXiv 2212.04089, section 3).

Knows how λ is chosen; how an edit is measured stays behind `score`.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from taskarith.evaluation import Estimate
from taskarith.recipes.score import Score

__all__ = ["CONTROL_FLOOR", "NEGATION_GRID", "Negation", "choose_negation", "negate"]

CONTROL_FLOOR = 0.95
NEGATION_GRID = (0.0, *(round(-0.05 * step, 2) for step in range(1, 21)))


@dataclass(frozen=True)
class Negation:
    """One vector negated at its chosen coefficient, measured on test.

    Attributes:
        vector: whose negation; the task itself, or a null standing in for it.
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
    pretrained = score({}, [control], split="validation")[control].accuracy
    targets = {
        value: score({vector: value}, [target], split="validation")[target].accuracy
        for value in grid
    }
    for value in sorted(grid, key=lambda value: (targets[value], abs(value))):
        kept = score({vector: value}, [control], split="validation")[control].accuracy
        if kept >= floor * pretrained:
            return value
    return 0.0


def negate(
    score: Score, *, vector: str, task: str, control: str, unseen_controls: Sequence[str] = ()
) -> Negation:
    """Choose λ on validation, then measure target and controls once on test."""
    chosen = choose_negation(score, vector=vector, target=task, control=control)
    controls = [control, *unseen_controls]
    measured = score({vector: chosen}, [task, *controls], split="test")
    return Negation(
        task=task,
        vector=vector,
        coefficient=chosen,
        target=measured[task],
        controls={name: measured[name] for name in controls},
        selected_on=len(NEGATION_GRID),
    )
