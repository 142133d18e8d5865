"""How far a vector is negated: λ by the lowest target whose control holds, and what comes of it.

Knows the rule; how an edit is measured stays behind the lab.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from taskarith.evaluation import Estimate
from taskarith.recipes.choosing import flattery
from taskarith.recipes.lab import Answers, Lab

__all__ = [
    "CONTROL_FLOOR",
    "DRAWN_EXAMPLES",
    "NEGATION_GRID",
    "Negation",
    "choice_flatters",
    "choose_negation",
    "measured_negation",
]

CONTROL_FLOOR = 0.95
CONTROL_EXAMPLES = (
    512  # the least the floor is judged on: a few dozen cannot show that 95 % is kept
)
# The least that samples are judged on at the end, as many as in arXiv 2212.04089: a share of a few
# percent is what matters of them.
DRAWN_EXAMPLES = 1_000
NEGATION_GRID = (0.0, *(round(-0.05 * step, 2) for step in range(1, 21)))


@dataclass(frozen=True)
class Negation:
    """One edit, measured on test: a vector at its chosen (or given) coefficient.

    Attributes:
        vector: whose negation; the task itself, or a null or another model standing in for it.
        target: on the task to forget.
        controls: on each control, by task name.
        selected_on: how many edits were compared on validation to choose the coefficient.
    """

    task: str
    vector: str
    coefficient: float
    target: Estimate
    controls: dict[str, Estimate]
    selected_on: int


def choose_negation(
    lab: Lab,
    *,
    vector: str,
    target: str,
    control: str,
    floor: float = CONTROL_FLOOR,
    grid: Sequence[float] = NEGATION_GRID,
) -> float:
    """The λ with the least target skill whose control surely keeps `floor` of its pretrained skill.

    Both are measured on validation; the control's floor is held by the lower end of the paired
    interval of what is retained, or by moving nowhere. The control is the dear part, so it is
    measured in the order of falling promise and no further than the first λ that holds; the answer
    is the same as from measuring everything. Ties go to the smaller movement.
    """

    def on_control(value: float) -> Answers:
        edit = {vector: value} if value else {}
        return lab.answer(edit, control, split="validation", least=CONTROL_EXAMPLES)

    asked = {value: lab.score({vector: value}, [target], split="validation") for value in grid}
    targets = {value: measured[target].skill for value, measured in asked.items()}
    pretrained = on_control(0.0)
    for value in sorted(grid, key=lambda value: (targets[value], abs(value))):
        if not value or on_control(value).retained(pretrained)[0] >= floor:
            return value
    return 0.0


def choice_flatters(
    lab: Lab, *, vector: str, target: str, chosen: float, grid: Sequence[float] = NEGATION_GRID
) -> float | None:
    """By how much the target's share at the chosen λ is too low on the examples it was chosen on.

    Among the λ that are left when those with a lower target, whose control did not hold, are taken
    away. None where the target's examples are not counted.
    """
    answers = {value: lab.answer({vector: value}, target, split="validation") for value in grid}
    if not answers[chosen].counted:
        return None
    least = answers[chosen].estimate.skill
    left = sorted((v for v in grid if answers[v].estimate.skill >= least), key=abs)
    return flattery(-np.stack([answers[value].right for value in left]).astype(np.float64))


def measured_negation(
    lab: Lab,
    *,
    vector: str,
    task: str,
    coefficient: float,
    controls: Sequence[str],
    selected_on: int,
    least: int = 0,
) -> Negation:
    """Target, on `least` examples where there are as many, and controls of one edit on test."""
    edit = {vector: coefficient}
    measured = lab.score(edit, controls, split="test")
    return Negation(
        task=task,
        vector=vector,
        coefficient=coefficient,
        target=lab.answer(edit, task, split="test", least=least).estimate,
        controls={name: measured[name] for name in controls},
        selected_on=selected_on,
    )
