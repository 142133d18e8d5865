"""What answers that a model writes come to: right as a whole, outside the labels, and by rank.

Exact match falls to nothing where a model answers something else, and cannot be compared with
chance; the likelihood of each label on the same texts can. Knows answers; chooses nothing.
"""

from collections.abc import Mapping

import numpy as np

from taskarith.core import Edit
from taskarith.evaluation import Estimate, Evaluator, Part
from taskarith.heads.generation import OUTSIDE, Generation
from taskarith.heads.likelihood import LabelLikelihood
from taskarith.recipes.sample import Sample
from taskarith.tasks import SplitName

__all__ = ["OWN", "written_answers"]

OWN = "own"  # a task's own vector, in an edit that is asked about every task


def written_answers(
    evaluator: Evaluator, sample: Sample, *, edits: Mapping[str, Mapping[str, float]]
) -> str:
    """A section with three numbers for each task whose answers are written; "" where none is.

    `edits` are coefficients by what the model is; `OWN` stands for the task's own vector.
    """
    suite, rows = evaluator.suite, []
    split: SplitName = "validation" if sample.rehearsal else "test"
    for task in suite.targets:
        head = suite.head(task)
        if not isinstance(head, Generation) or not head.labels:
            continue
        total = evaluator.total(task, split)
        n = total if sample.n is None else min(sample.n, total)
        part, labels = Part(task, 0, n), evaluator.labels(task, split)[:n]
        for model, coefficients in edits.items():
            own = {task if name == OWN else name: c for name, c in coefficients.items()}
            evaluator.use(Edit(suite.name, own))
            written = evaluator.rows_by(head, part, split=split)
            ranked = evaluator.rows_by(LabelLikelihood(head.labels), part, split=split)
            numbers = (written == labels, written == OUTSIDE, ranked == labels)
            shown = [_share(one, total, split) for one in numbers]
            rows.append(f"| {' | '.join([suite.tasks[task].title, model, *shown])} |")
    if not rows:
        return ""
    header = ["task", "model", "exact match", "outside the labels", "likeliest label"]
    lines = [f"| {' | '.join(header)} |", f"| {' | '.join(['---'] * len(header))} |", *rows]
    return (
        "## Answers that are written\n\nOnly the likeliest label can be compared with chance: an "
        "answer outside the labels is wrong in exact match, whatever the model knows.\n\n"
        + "\n".join(lines)
    )


def _share(right: np.ndarray, total: int, split: SplitName) -> str:
    counted = int(np.count_nonzero(right))
    return Estimate.share(correct=counted, n=len(right), total=total, split=split).shown()
