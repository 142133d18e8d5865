"""A classifier's own head: the one that a checkpoint was fine-tuned with, kept while bodies merge.

As BERT's (Devlin et al. 2018, arXiv:1810.04805): the edited body reads the texts, and each task
answers through its own layers. Knows the names that classes have in a checkpoint and in a task;
nothing of where either comes from.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import torch
from torch import Tensor
from torch.nn.functional import cross_entropy

from taskarith.errors import AssetError
from taskarith.heads.head import Prompts
from taskarith.models.tokens import Tokens

__all__ = ["CheckpointHead", "Classifier", "class_order"]

UNSAID = re.compile(r"label\d+")  # what the library calls classes that nobody named


class Classifier(Protocol):
    """What this head asks of a model of texts."""

    def class_logits(self, texts: Tokens, head: Mapping[str, Tensor]) -> Tensor:
        """Logits float32 [n, outputs] of a head by its checkpoint's names."""


@dataclass(frozen=True, eq=False)
class CheckpointHead:
    """Answers with the class whose output is largest.

    Attributes:
        tensors: the head's weights by the checkpoint's names.
        order: for each class of the task, which output of the head is its own.
    """

    tensors: Mapping[str, Tensor]
    order: tuple[int, ...]

    def rows(self, model: Classifier, prompts: Prompts) -> Tensor:
        """The number of the class, int64 [n]."""
        return self.logits(model, prompts).argmax(1)

    def logits(self, model: Classifier, prompts: Prompts) -> Tensor:
        """Logits float32 [n, classes], in the task's order.

        Raises AssetError where the head has another number of outputs than the task has classes.
        """
        found = model.class_logits(prompts.tokens, self.tensors)
        if found.shape[1] != len(self.order):
            raise AssetError(
                f"the checkpoint's head has {found.shape[1]} outputs and the task "
                f"{len(self.order)} classes; name the classes it was trained on"
            )
        return found[:, torch.tensor(self.order, device=found.device)]

    def loss(self, model: Any, prompts: Prompts, labels: Tensor) -> Tensor:
        """The mean cross-entropy with int64 labels [n]; the head itself stays as it is."""
        logits = self.logits(model, prompts)
        return cross_entropy(logits, labels.to(logits.device))


def class_order(named: Sequence[str], *among: Sequence[str]) -> tuple[int, ...] | None:
    """For each class, the output of a checkpoint that `named` calls alike.

    Each of `among` is one way of naming the classes: the first that has the same names counts. None
    where the checkpoint gave its outputs no names, or names of its own, which tell nothing.

    >>> class_order(["contradiction", "Entailment"], ["entailment", "contradiction"])
    (1, 0)
    >>> class_order(["LABEL_0", "LABEL_1"], ["no", "yes"])
    """
    plain = [_plain(name) for name in named]
    if any(UNSAID.fullmatch(name) for name in plain):
        return None
    for names in among:
        wanted = [_plain(name) for name in names]
        if sorted(wanted) == sorted(plain) and len(set(plain)) == len(plain):
            return tuple(plain.index(name) for name in wanted)
    return None


def _plain(name: str) -> str:
    return re.sub(r"[^a-z0-9]", "", name.lower())
