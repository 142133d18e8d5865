"""By how much an edit that was chosen among several is too good on the examples it was chosen on.

Asks the lab for the answers behind the choice, which are measured by then, and knows no protocol.
"""

from collections.abc import Mapping, Sequence

import numpy as np

from taskarith.evaluation import Estimate
from taskarith.recipes.choosing import flattery
from taskarith.recipes.lab import Lab
from taskarith.recipes.sample import Sample

__all__ = ["choice_flatters", "told_flattery"]


def choice_flatters(
    lab: Lab,
    edits: Sequence[Mapping[str, float]],
    *,
    tasks: Sequence[str],
    finetuned: Mapping[str, Estimate],
) -> float | None:
    """By how much the best of `edits` on validation is too good, in mean normalized skill.

    `finetuned`: what each task's own model comes to, which is taken as known. None where a task's
    answers are not counted as right or wrong.
    """
    values = []
    for task in tasks:
        answers = [lab.answer(edit, task, split="validation") for edit in edits]
        if not all(one.counted for one in answers):
            return None
        values.append(np.stack([one.right for one in answers]) / finetuned[task].skill)
    return flattery(*values)


def told_flattery(normalized: float, sample: Sample) -> str:
    """The sentence about the flattery of a mean normalized skill."""
    return (
        "the choice flatters: where it was made, on validation, the chosen one is "
        f"{normalized:.3f} normalized better than on new {sample.examples} (by cross-validation)"
        + ("; the numbers here are those" if sample.rehearsal else "")
    )
