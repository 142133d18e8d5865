"""The heads of a suite's tasks under the edit in use: the suite's own, or made anew.

A zero-shot head is made of words by the model itself, so an edit that moves what encodes words
needs another one. Knows no examples.
"""

from collections import OrderedDict
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import torch

from taskarith.core import LAYERS, Edit, TaskVector
from taskarith.heads.embedding import EmbeddingHead
from taskarith.heads.head import TextHead
from taskarith.heads.zero_shot import build_head
from taskarith.suites import Suite
from taskarith.tasks import Task
from taskarith.tasks.shifts import own_name
from taskarith.tasks.task import ZERO_SHOT

__all__ = ["HeadsInUse"]

MOST_HEADS = 32  # made anew under edits that move what they are made of


class HeadsInUse:
    """The heads for `model`, whose weights are those of the edit that is asked with.

    `stored` gives a vector by its name, in the numbers in which it is kept.
    """

    def __init__(
        self,
        suite: Suite,
        *,
        model: Any,
        device: torch.device,
        stored: Callable[[str], TaskVector],
    ) -> None:
        self._suite = suite
        self._model = model
        self._device = device
        self._stored = stored
        self._own: dict[str, EmbeddingHead | TextHead] = {}
        self._remade: OrderedDict[tuple[str, Edit], EmbeddingHead] = OrderedDict()
        self._words: dict[str, bool] = {}  # by vector: whether it moves what heads are made of

    def of(self, task: str, *, edit: Edit | None) -> EmbeddingHead | TextHead:
        """The head of the task under `edit`, which is in use (None: nothing is), on the device."""
        head = self._own.get(task)
        if head is None:
            head = self._suite.head(task)
            if isinstance(head, EmbeddingHead):
                head = head.to(self._device)
            self._own[task] = head
        asked = self._suite.task(task)
        if edit is None or asked.head["kind"] != ZERO_SHOT:
            return head
        moved = self._moves_words(edit)
        return head if moved is None else self._made_anew(asked, moved)

    def vectors_changed(self) -> None:
        """Forget what vectors had to do with."""
        self._words.clear()
        self._remade.clear()

    def _moves_words(self, edit: Edit) -> Edit | None:
        """The part of `edit` that moves what encodes class names; None where it moves nothing."""
        makes = getattr(self._model, "makes_heads", None)
        if makes is None:
            return None
        moving = {n: c for n, c in edit.coefficients.items() if self._encodes_words(n, makes)}
        if not moving or LAYERS in edit.settings:
            return edit if moving else None
        return replace(edit, coefficients=moving)

    def _encodes_words(self, vector: str, makes: Callable[[str], bool]) -> bool:
        found = self._words.get(vector)
        if found is None:
            tensors = self._stored(vector)
            # A whole model may have been saved of which only the rest was fine-tuned.
            moves = (bool(tensors[name].any()) for name in tensors if makes(name))
            found = self._words[vector] = any(moves)
        return found

    @torch.inference_mode()
    def _made_anew(self, task: Task, moved: Edit) -> EmbeddingHead:
        """The zero-shot head under the edit in use, whose part that moves words is `moved`."""
        key = (own_name(task.name)[0], moved)
        head = self._remade.pop(key, None)
        if head is None:
            head = EmbeddingHead(
                build_head(self._model, task.classnames, task.templates, task.knowledge)
            )
        self._remade[key] = head  # the newest is last
        while len(self._remade) > MOST_HEADS:
            self._remade.popitem(last=False)
        return head
