"""What to measure, in which order, when the page commits an edit or opens the test split.

Draws on `evaluation.plan` for the order and adds what this page compares with. Steps are drawn on
the worker's thread, where the evaluator is; nothing is measured here.
"""

from collections.abc import Iterable, Iterator, Sequence
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

__all__ = ["look_steps", "other_images", "page_steps", "shown_tasks"]

CROWD = 8  # visitors who wait for a first point; with more, each is served in half the time:
CROWD_IMAGES = 8  # per task, instead of 16; the rest comes with the later steps
REFERENCE_IMAGES = 128  # per task: accuracies to compare with, where none were shipped


def shown_tasks(suite: Suite, commit: Commit) -> list[str]:
    """What the page shows: targets, the control, other tasks that take part."""
    own = suite.subject(commit.focus)  # "random:letters" is about letters
    asked = {own} if commit.analogy is None else {own, suite.subject(commit.analogy.d)}
    visible = visible_tasks(suite, commit.edit)
    others = (*suite.auxiliaries, *suite.recipe_tasks)
    return [*visible, *(n for n in others if n in asked and n not in visible)]


def page_steps(
    commit: Commit,
    *,
    evaluator: Evaluator,
    compared: Sequence[Edit],
    shipped: Shipped | None,
    waiting: int = 0,
) -> Iterator[Step]:
    """Everything about a commit on validation, most urgent first.

    Args:
        compared: edits to compare with image by image.
        shipped: what need not be measured again as a reference.
        waiting: how many others wait for a first point; where they are many, it takes less.
    """
    if waiting >= CROWD:
        shown = shown_tasks(evaluator.suite, commit)
        yield from _point(commit.edit, shown, evaluator=evaluator, stop=CROWD_IMAGES, chosen=True)
    steps = commit_steps(
        commit.edit,
        focus=commit.focus,
        tasks=shown_tasks(evaluator.suite, commit),
        total=lambda task: evaluator.total(task, "validation"),
        references=compared,
        step_images=evaluator.step_images,
    )
    yield from islice(steps, 1)  # the first point goes before everything
    for edit, task in _references(commit, evaluator, shipped):
        yield from _point(edit, [task], evaluator=evaluator, stop=REFERENCE_IMAGES)
    yield from steps


def look_steps(commit: Commit, *, evaluator: Evaluator) -> Iterator[Step]:
    """The edit on the whole test split, then what it is compared with; those are no looks.

    The second control comes last: nothing that is chosen on validation has seen it.
    """
    suite = evaluator.suite
    tasks, pretrained = shown_tasks(suite, commit), Edit(suite.name)
    yield from _point(commit.edit, tasks, evaluator=evaluator, split="test", chosen=True)
    yield from _point(pretrained, tasks, evaluator=evaluator, split="test")
    for task in tasks:
        if task in (*suite.vectors, *suite.recipe_vectors):
            finetuned = pretrained.with_coefficient(task, 1.0)
            yield from _point(finetuned, [task], evaluator=evaluator, split="test")
    if suite.second_control is not None:
        unseen = [suite.second_control]
        yield from _point(commit.edit, unseen, evaluator=evaluator, split="test", chosen=True)
        yield from _point(pretrained, unseen, evaluator=evaluator, split="test")


def other_images(shipped: Shipped | None, evaluator: Evaluator, tasks: Iterable[str]) -> list[str]:
    """The tasks for which shipped numbers do not count here.

    This machine draws their images otherwise than where the numbers were made, or none were made.
    """
    drawn = shipped.examples if shipped is not None else {}
    pretrained = Edit(evaluator.suite.name)
    return [
        task
        for task in tasks
        if drawn.get(task) != evaluator.key(pretrained, task=task, split="validation").examples
    ]


def _references(
    commit: Commit, evaluator: Evaluator, shipped: Shipped | None
) -> Iterator[tuple[Edit, str]]:
    """What an analogy is compared with, and fine-tuned accuracies that were not shipped."""
    suite = evaluator.suite
    pretrained = Edit(suite.name)
    if commit.analogy is not None:
        c, d, own = commit.analogy.c, commit.analogy.d, commit.analogy.own
        yield pretrained.with_coefficient(c, own), d
        yield pretrained.with_coefficient(d, 1.0), d
        yield pretrained, d
    shown = shown_tasks(suite, commit)
    others = other_images(shipped, evaluator, shown)
    for task in shown:
        finetuned = pretrained.with_coefficient(task, 1.0)
        known = shipped is not None and task in shipped.estimates(finetuned)
        own = task in (*suite.vectors, *suite.recipe_vectors)
        if own and (task in others or not known):
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
