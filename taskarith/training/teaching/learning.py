"""Learning a task by a way: the same steps whether somebody teaches or a recipe compares ways.

Knows a live model, its suite's task, and the way; nothing of folders of suites or of λ.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import torch
from torch import Tensor

from taskarith.heads.embedding import EmbeddingHead
from taskarith.heads.head import Prompts
from taskarith.heads.text_loss import text_loss
from taskarith.suites.suite import Suite
from taskarith.tasks.examples import Images, Texts
from taskarith.tasks.few import few_of_each
from taskarith.training.anchor import Anchor
from taskarith.training.finetune import Asked, Lesson, finetune
from taskarith.training.loop import Watch
from taskarith.training.teaching.anchoring import teaching_anchor
from taskarith.training.teaching.how import How
from taskarith.training.teaching.looks import embedded
from taskarith.training.text_tasks import TextLesson, finetune_on_texts
from taskarith.training.ways.car_ft import context_weights, kept_contexts
from taskarith.training.ways.linearized import tangent_vision
from taskarith.training.ways.lit import words_at_each_step
from taskarith.training.ways.way import Moving

__all__ = ["learn_task", "one_thread", "wanted_anchor"]

CONTEXT_NAMES = 20  # class names a prompt is averaged over


@contextmanager
def one_thread() -> Iterator[None]:
    """On one thread sums are taken in one order, whatever machine it is."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(before)


def wanted_anchor(suite: Suite, model: Any, how: How) -> Anchor | None:
    """What holds `model`, as it is now, where it is asked for; the anchor is of pictures."""
    transform = suite.picture_transform
    return teaching_anchor(model, transform) if how.anchor and transform is not None else None


def learn_task(
    suite: Suite,
    task: str,
    model: Any,
    moving: Moving,
    *,
    how: How,
    anchor: Anchor | None,
    watch: Watch,
    contexts: Suite | None = None,
) -> dict[str, Tensor]:
    """Fine-tune `model`, which the way of `how` made ready, on the training split; gives weights.

    `moving` is what the way's `start` gave. The head is the suite's; the prompts of the tasks of
    `contexts` (None: of the same suite) are what CAR-FT keeps pictures near to. `watch` is called
    after every step and may raise.
    """
    examples = suite.split(task, "train")
    if how.few is not None and isinstance(examples, Images | Texts):
        examples = few_of_each(examples, shots=how.few, seed=how.seed)
    with TemporaryDirectory(prefix="taskarith-") as folder:
        if isinstance(examples, Images):
            head = suite.head(task)
            assert isinstance(head, EmbeddingHead)
            head, remade = head.clone(), _remade(suite, task, model, how)
            finetune(
                model,
                [Lesson(examples.pixels, examples.labels, head.weights, head.bias, remade)],
                names=moving.trained,
                recipe=how.recipe(side=examples.pixels.shape[1]),
                anchor=anchor,
                asked=_asked(contexts or suite, model, examples, how),
                vision=tangent_vision(model, moving.trained) if how.found.tangent else None,
                watch=watch,
                sharpness=how.sharpness,
                dtype=torch.float32,
                folder=Path(folder),
                name=task,
            )
        else:
            assert isinstance(examples, Texts)
            finetune_on_texts(
                model,
                [TextLesson(Prompts.of(model, examples), examples.labels, suite.head(task))],
                names=moving.trained,
                recipe=how.recipe(side=0),
                watch=watch,
                sharpness=how.sharpness,
                lowered=how.found.loss or text_loss,
                folder=Path(folder),
                name=task,
            )
    return moving.weights()


def _remade(
    suite: Suite, task: str, model: Any, how: How
) -> Callable[[np.random.Generator], Tensor] | None:
    """What makes the head anew where the way moves what it is made by."""
    if not how.found.remakes_heads:
        return None
    asked = suite.task(task)
    return words_at_each_step(model, asked.classnames, asked.templates)


def _asked(suite: Suite, model: Any, pictures: Images, how: How) -> Asked | None:
    """What a way asks for beside the task: that a picture stays near the same prompts."""
    weight = how.found.context
    if not weight:
        return None
    templates = {t for task in suite.tasks.values() for t in task.templates}
    names = suite.task(suite.control).classnames[:CONTEXT_NAMES]
    contexts = context_weights(model, sorted(templates), names)
    return kept_contexts(embedded(model, pictures.pixels), contexts, weight=weight)
