"""Looks at a model while it learns: the new task and the control, on validation, with intervals.

The same first examples at every look, so that looks differ by what was learned alone. Test is not
opened. Knows a live model and heads; not how it is trained.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor
from torch.nn.functional import cross_entropy

from taskarith.evaluation.estimate import Estimate, retained
from taskarith.evaluation.order import stratified_order
from taskarith.heads.embedding import EmbeddingHead
from taskarith.heads.head import Prompts
from taskarith.heads.zero_shot import build_head
from taskarith.suites.suite import Suite
from taskarith.tasks.examples import Images, Texts
from taskarith.tasks.task import ZERO_SHOT

__all__ = ["Look", "Seen", "embedded"]

BATCH = 64


@dataclass(frozen=True)
class Look:
    """How a training stands.

    Attributes:
        step, steps: done, and in all.
        loss: the mean since the look before; None before the first step.
        task, control: of the model as it is now, on validation.
        seconds: since the first step.
        left: seconds until the last step, as the steps so far took.
    """

    step: int
    steps: int
    loss: float | None
    task: Estimate
    control: Estimate
    seconds: float
    left: float | None

    def to_json(self) -> dict[str, Any]:
        """Everything as plain JSON values."""
        return {
            "step": self.step,
            "steps": self.steps,
            "loss": self.loss,
            "task": self.task.to_json(),
            "control": self.control.to_json(),
            "seconds": round(self.seconds, 2),
            "left": None if self.left is None else round(self.left, 1),
        }


class Seen:
    """The first examples of a task's validation split in their order, and what `model` answers.

    `remade`: a head of words is made anew at every look, because the model that makes it moves.
    """

    def __init__(
        self, suite: Suite, task: str, *, model: Any, most: int, remade: bool = False
    ) -> None:
        examples = suite.split(task, "validation")
        order = torch.from_numpy(stratified_order(examples.labels.numpy()))
        rows = order[:most]
        self._labels = examples.labels[order].numpy().astype(np.int32)
        self._metric = suite.task(task).metric
        self._head = suite.head(task)
        self._task = suite.task(task)
        self._remade = remade and self._task.head["kind"] == ZERO_SHOT
        self._model = model
        self._n = len(rows)
        self._logits: Callable[[], Tensor] | None = None
        head = self._head
        if isinstance(examples, Images):
            pixels = examples.pixels.index_select(0, rows)
            if isinstance(head, EmbeddingHead):
                self._logits = lambda: self._now(head).logits(embedded(model, pixels))
        else:
            assert isinstance(examples, Texts)
            self._prompts = Prompts.of(model, examples).take(rows)
            if isinstance(head, EmbeddingHead):
                self._logits = lambda: head.logits(model.embed(self._prompts.tokens))

    def estimate(self) -> Estimate:
        """Of the model as it is now."""
        labels = self._labels
        return Estimate.of(self.rows(), labels=labels, split="validation", metric=self._metric)

    def rows(self) -> np.ndarray:
        """What the model answers as it is now."""
        with torch.inference_mode():
            return self._rows()

    def retained(self, before: np.ndarray) -> tuple[float, float]:
        """The 95 % interval of what is kept of the skill of the answers `before`."""
        labels = self._labels
        return retained(before=before, after=self.rows(), labels=labels, metric=self._metric)

    def loss(self) -> float:
        """The mean −log p of the right classes; 0 where the head gives no logits of examples.

        Tells coefficients apart that answer all of a few examples rightly.
        """
        if self._logits is None:
            return 0.0
        labels = torch.from_numpy(self._labels[: self._n]).long()
        with torch.inference_mode():
            return float(cross_entropy(self._logits(), labels))

    def _now(self, head: EmbeddingHead) -> EmbeddingHead:
        if not self._remade:
            return head
        return EmbeddingHead(build_head(self._model, self._task.classnames, self._task.templates))

    def _rows(self) -> np.ndarray:
        if self._logits is not None:
            return self._logits().argmax(1).to(torch.int32).cpu().numpy()
        found = self._head.rows(self._model, self._prompts).cpu()  # type: ignore[union-attr]
        return found.float().numpy() if found.ndim == 2 else found.int().numpy()


def embedded(model: Any, pixels: Tensor) -> Tensor:
    """Embeddings [n, d] of uint8 pixels [n, side, side, 3], a batch at a time."""
    return torch.cat([model.encode_images(part) for part in pixels.split(BATCH)]).float().clone()
