"""What to measure, in which order, when the page commits an edit or opens the test split.

Draws on `evaluation.plan` for the order and adds what this page compares with. Steps are drawn on
the worker's thread, where the evaluator is; nothing is measured here.
"""

from collections.abc import Iterator, Sequence
from itertools import islice

from taskarith.core import Edit
from taskarith.evaluation import (
    Evaluator,
    Shipped,
    Step,
    commit_steps,
    point_steps,
    visible_tasks,
)
from taskarith.suites import Suite
from taskarith.tasks import SplitName
from taskarith.ui.incoming import Commit

__all__ = ["look_steps", "page_steps", "shown_tasks"]

REFERENCE_IMAGES = 128  # per task: accuracies to compare with, where none were shipped


def shown_tasks(suite: Suite, commit: Commit) -> list[str]:
    """What the page shows: targets, the auxiliaries that take part, the control."""
    asked = {commit.focus} if commit.analogy is None else {commit.focus, commit.analogy.d}
    visible = visible_tasks(suite, commit.edit)
    return [*visible, *(n for n in suite.auxiliaries if n in asked and n not in visible)]


def page_steps(
    commit: Commit,
    *,
    evaluator: Evaluator,
    compared: Sequence[Edit],
    shipped: Shipped | None,
) -> Iterator[Step]:
    """Everything about a commit on validation, most urgent first.

    Args:
        compared: edits to compare with image by image.
        shipped: what need not be measured again as a reference.
    """
    steps = commit_steps(
        commit.edit,
        focus=commit.focus,
        tasks=shown_tasks(evaluator.suite, commit),
        total=lambda task: evaluator.total(task, "validation"),
        references=compared,
        step_images=evaluator.step_images,
    )
    yield from islice(steps, 1)  # the first point goes before everything
    for edit, task in _references(commit, evaluator.suite, shipped):
        yield from _point(edit, [task], evaluator=evaluator, stop=REFERENCE_IMAGES)
    yield from steps


def look_steps(commit: Commit, *, evaluator: Evaluator) -> Iterator[Step]:
    """The edit on the whole test split, then what it is compared with; those are no looks."""
    suite = evaluator.suite
    tasks, pretrained = shown_tasks(suite, commit), Edit(suite.name)
    yield from _point(commit.edit, tasks, evaluator=evaluator, split="test", chosen=True)
    yield from _point(pretrained, tasks, evaluator=evaluator, split="test")
    for task in tasks:
        if task in suite.vectors:
            finetuned = pretrained.with_coefficient(task, 1.0)
            yield from _point(finetuned, [task], evaluator=evaluator, split="test")


def _references(
    commit: Commit, suite: Suite, shipped: Shipped | None
) -> Iterator[tuple[Edit, str]]:
    """What an analogy is compared with, and fine-tuned accuracies that were not shipped."""
    pretrained = Edit(suite.name)
    if commit.analogy is not None:
        c, d, own = commit.analogy.c, commit.analogy.d, commit.analogy.own
        yield pretrained.with_coefficient(c, own), d
        yield pretrained.with_coefficient(d, 1.0), d
        yield pretrained, d
    for task in shown_tasks(suite, commit):
        finetuned = pretrained.with_coefficient(task, 1.0)
        known = shipped is not None and task in shipped.estimates(finetuned)
        if task in suite.vectors and not known:
            yield finetuned, task


def _point(
    edit: Edit,
    tasks: Sequence[str],
    *,
    evaluator: Evaluator,
    split: SplitName = "validation",
    stop: int | None = None,
    chosen: bool = False,
) -> Iterator[Step]:
    return point_steps(
        edit,
        tasks=tasks,
        total=lambda task: evaluator.total(task, split),
        split=split,
        stop=stop,
        kind="point" if chosen else "reference",
        step_images=evaluator.step_images,
    )
