"""The heads of a suite's tasks: read from its files, or made once of words, examples, checkpoints.

Knows what a head is made of and where that is; what heads do is `taskarith.heads`.
"""

from collections.abc import Mapping
from functools import cached_property
from typing import TYPE_CHECKING

import torch
from torch import Tensor

from taskarith.core import Edit
from taskarith.errors import AssetError, WeightsError
from taskarith.heads.checkpoint import CheckpointHead
from taskarith.heads.describing import (
    CHECKPOINT,
    EMBEDDING_KINDS,
    EXAMPLE_KINDS,
    KEPT_KINDS,
    REGRESSION,
    head_vector,
    text_head,
)
from taskarith.heads.embedding import EmbeddingHead
from taskarith.heads.from_examples import head_of_examples
from taskarith.heads.head import TextHead
from taskarith.heads.kept import kept_head, kept_heads
from taskarith.heads.scores import RegressionHead
from taskarith.sources.tensors import fingerprint, read_tensors
from taskarith.suites.home import is_private
from taskarith.suites.label_order import named_order, tried_order
from taskarith.tasks import Images, Task, Texts
from taskarith.tasks.shifts import own_name
from taskarith.tasks.task import ZERO_SHOT

if TYPE_CHECKING:
    from taskarith.suites.suite import Suite

__all__ = ["SuiteHeads"]


class SuiteHeads:
    """The heads of one suite, as they are for the pretrained model; kept once they are made."""

    def __init__(self, suite: "Suite") -> None:
        self._suite = suite
        self._of_examples: dict[str, EmbeddingHead] = {}

    def head(self, name: str) -> EmbeddingHead | TextHead:
        """The head of a task.

        A zero-shot head has class weights float32 [classes, d], scaled by exp(logit_scale).
        """
        task = self._suite.task(name)
        if task.head["kind"] in KEPT_KINDS:
            return self._kept_head(task)
        if task.head["kind"] not in EMBEDDING_KINDS:
            return text_head(task)
        if task.head["kind"] in EXAMPLE_KINDS:
            return self._example_head(own_name(name)[0])
        return EmbeddingHead(self.class_weights(name))

    def fingerprint(self, name: str) -> str:
        """What a head depends on beside the suite's fingerprint: examples it was made by."""
        head = self._suite.task(name).head
        if head["kind"] == CHECKPOINT and head.get("order") is None:
            return "order found"  # by names or by trial: at first it was the dataset's
        if self._suite.task(name).head["kind"] not in EXAMPLE_KINDS:
            return ""
        return self._suite.split(own_name(name)[0], "train").fingerprint

    def class_weights(self, name: str) -> Tensor:
        """The class vectors of a head on embeddings, float32 [classes, d]; AssetError without.

        A linear probe has biases too, and so no class vectors alone.
        """
        suite, task, own = self._suite, self._suite.task(name), own_name(name)[0]
        if task.head["kind"] in EXAMPLE_KINDS:
            made = self._example_head(own)
            if made.bias is not None:
                raise AssetError(
                    f"the head of {name!r} is a linear probe, whose biases this would leave out; "
                    "give the task prototypes or words"
                )
            return made.weights
        head = (self._of_recipes if own in suite.recipe_tasks else self._of_words).get(own)
        classes = len(task.classnames)
        if head is None or head.ndim != 2 or len(head) != classes:
            found = "none" if head is None else str(list(head.shape))
            raise AssetError(
                f"{suite.manifest.heads} of the suite {suite.name!r} must hold a head "
                f"[{classes}, d] for {name!r}, found {found}; build the suite's heads again"
            )
        return head

    @cached_property
    def _of_words(self) -> Mapping[str, Tensor]:
        suite = self._suite
        if suite.manifest.heads is not None:
            return self._read(suite.manifest.heads)
        assert suite.weights.reference is not None  # else the manifest names its heads
        of_words = [task for task in suite.tasks.values() if task.head["kind"] == ZERO_SHOT]
        return kept_heads(of_words, model=suite.model, identity=suite.base_identity)

    @cached_property
    def _of_recipes(self) -> Mapping[str, Tensor]:
        assert self._suite.manifest.recipe_heads is not None  # the manifest was checked for it
        return self._read(self._suite.manifest.recipe_heads)

    def _read(self, relative: str) -> dict[str, Tensor]:
        try:
            return read_tensors(self._suite.path(relative), dtype=torch.float32)
        except WeightsError as error:
            raise AssetError(f"a file of the suite {self._suite.name!r}: {error}") from error

    def _kept_head(self, task: Task) -> CheckpointHead | RegressionHead:
        """The head that the checkpoint behind a vector was fine-tuned with, as it is."""
        vector, weights = head_vector(task), self._suite.weights
        tensors = {name: tensor.float() for name, tensor in weights.head(vector).items()}
        if not tensors:
            raise AssetError(
                f"{weights.vectors[vector]} holds no head of a classifier, which the task "
                f"{task.name!r} answers through; take the whole checkpoint, or another head"
            )
        if task.head["kind"] == REGRESSION:
            return RegressionHead(tensors)
        order = named_order(self._suite, task) or tried_order(self._suite, task, tensors).order
        return CheckpointHead(tensors, order)

    def _example_head(self, name: str) -> EmbeddingHead:
        """A head of training examples, made once by the pretrained model, or by the edit `at`."""
        if name not in self._of_examples:
            suite, task = self._suite, self._suite.task(name)
            kind, classes = str(task.head["kind"]), len(task.classnames)
            try:
                examples = suite.split(name, "train")
            except AssetError as error:
                raise AssetError(
                    f"the head of {name!r} is made of its training examples: {error}"
                ) from error
            assert isinstance(examples, Images | Texts)
            at = Edit(suite.name, task.head.get("at", {})).coefficients

            def make() -> EmbeddingHead:
                return head_of_examples(kind, suite.model_at(at), examples, classes=classes)

            made_of: list[object] = [kind, suite.base_identity, examples.fingerprint]
            if at:
                made_of += [dict(at), [fingerprint(suite.vector(one)) for one in at]]
            private = is_private(suite.folder)
            self._of_examples[name] = make() if private else kept_head(made_of, make=make)
        return self._of_examples[name]
