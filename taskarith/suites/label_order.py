"""Trying out which output of a checkpoint's own head is which class, on validation texts.

For checkpoints whose configuration says LABEL_0, LABEL_1 …; the trial is kept on disk, as heads
are. Knows suites and their models; how orders are compared is `heads.label_order`'s business.
"""

import hashlib
import json
from collections.abc import Mapping
from contextlib import suppress
from functools import partial
from typing import TYPE_CHECKING

import torch
from torch import Tensor

from taskarith.errors import AssetError, TaskArithError
from taskarith.heads.checkpoint import class_order
from taskarith.heads.describing import CHECKPOINT, head_vector
from taskarith.heads.head import Prompts
from taskarith.heads.label_order import MOST_CLASSES, OrderTrial, balanced, try_orders
from taskarith.models.with_weights import with_weights
from taskarith.suites.home import is_private
from taskarith.tasks import Task, Texts, cache_folder

if TYPE_CHECKING:
    from taskarith.suites.suite import Suite

__all__ = ["DATASET", "named_order", "order_notes", "tried_order"]

DATASET = "dataset"
STEPS = (64, 256, 1024)  # texts: more only where fewer are not clear


def named_order(suite: "Suite", task: Task) -> tuple[int, ...] | None:
    """The order that the manifest states, or that the checkpoint's names of its outputs give.

    Of outputs without names it is the dataset's where the manifest says so ("unnamed": "dataset").
    """
    if task.head.get("order") is not None:
        return tuple(task.head["order"])
    labels = [str(name) for name in task.data.get("labels", ())]
    named = suite.weights.head_labels(head_vector(task))
    order = class_order(named, labels, task.classnames)
    if order is None and task.head.get("unnamed") == DATASET:
        return tuple(range(len(task.classnames)))
    return order


def tried_order(suite: "Suite", task: Task, head: Mapping[str, Tensor]) -> OrderTrial:
    """The order in which the fine-tuned model answers most validation texts rightly.

    Raises AssetError where they do not tell it from every other: it has to be stated then.
    """
    classes = len(task.classnames)
    examples = suite.split(task.name, "validation")
    assert isinstance(examples, Texts)  # the head of a checkpoint takes nothing else
    made_of = [suite.fingerprint, task.name, examples.fingerprint, list(STEPS)]
    digest = hashlib.sha256(json.dumps(made_of).encode()).hexdigest()[:24]
    path = cache_folder() / "heads" / f"{digest}.order.json"
    with suppress(OSError, ValueError, TypeError, KeyError):
        kept = json.loads(path.read_text(encoding="utf-8"))
        return OrderTrial(tuple(kept.pop("order")), **kept)
    trial = _trial(suite, task, examples, head) if classes <= MOST_CLASSES else None
    if trial is None or not trial.clear:
        found = f"the best order is {trial.in_words()}" if trial else f"{classes} are too many"
        raise AssetError(
            f"the checkpoint of {head_vector(task)!r} does not say which output is which class of "
            f"{task.name!r}, and trying does not tell: {found}; state it as the head's order in "
            'the manifest, or "unnamed": "dataset" where it is the dataset\'s own'
        )
    if not is_private(suite.folder):
        with suppress(OSError):  # a full disk costs another trial
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(json.dumps(vars(trial)), encoding="utf-8")
    return trial


def order_notes(suite: "Suite") -> list[str]:
    """For each head whose order is found by trial, in words: what was found, or why it was not."""
    notes = []
    for task in suite.tasks.values():
        if task.head["kind"] != CHECKPOINT or named_order(suite, task) is not None:
            continue
        try:
            trial = tried_order(suite, task, suite.weights.head(head_vector(task)))
        except TaskArithError as error:
            notes.append(f"{task.name}: {error}")
            continue
        pairs = zip(task.classnames, trial.order, strict=True)
        told = ", ".join(f"{name} = output {output}" for name, output in pairs)
        notes.append(f"{task.name}: {told}, by trial: {trial.in_words()}")
    return notes


def _trial(
    suite: "Suite", task: Task, examples: Texts, head: Mapping[str, Tensor]
) -> OrderTrial | None:
    classes, labels = len(task.classnames), examples.labels.numpy()
    model, base = suite.model(), suite.base_state()
    weights = suite.vector(head_vector(task)).apply_to(base)
    prompts = Prompts.of(model, examples)
    own = {name: tensor.float() for name, tensor in head.items()}
    trial: OrderTrial | None = None
    for most in STEPS:
        rows = balanced(labels, classes=classes, most=most)
        if not len(rows) or (trial is not None and len(rows) == trial.n):
            break
        tokens = prompts.take(torch.from_numpy(rows)).tokens
        with torch.inference_mode():
            ask = partial(model.class_logits, tokens, own)
            logits = with_weights(model.network, weights, ask)
        if logits.shape[1] != classes:
            raise AssetError(
                f"the checkpoint's head has {logits.shape[1]} outputs and the task {task.name!r} "
                f"{classes} classes; name the classes it was trained on"
            )
        trial = try_orders(logits.argmax(1).numpy(), labels[rows], classes=classes)
        if trial.clear:
            break
    return trial
