"""Heads on embeddings: a vector for each class, and the class whose vector is nearest answers.

Knows embeddings, not where a class's vector comes from: from words (`zero_shot`), from examples, or
from a file.
"""

from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn.functional import cross_entropy

__all__ = ["EmbeddingHead"]


@dataclass(frozen=True, eq=False)
class EmbeddingHead:
    """Class weights float32 [classes, d] for embeddings [n, d], and biases [classes] or None.

    >>> head = EmbeddingHead(torch.eye(2))
    >>> head.logits(torch.tensor([[0.2, 0.8]])).argmax(1).tolist()
    [1]
    """

    weights: Tensor
    bias: Tensor | None = None

    def logits(self, embeddings: Tensor) -> Tensor:
        """Logits float32 [n, classes]."""
        logits = embeddings @ self.weights.T
        return logits if self.bias is None else logits + self.bias

    def loss(self, embeddings: Tensor, labels: Tensor) -> Tensor:
        """What fine-tuning lowers: the mean cross-entropy with int64 labels [n].

        Pictures' embeddings come from the vision tower, L2-normalized, where gradients are wanted;
        of texts `text_loss` takes them itself.

        >>> round(float(EmbeddingHead(torch.eye(2)).loss(torch.eye(2), torch.tensor([0, 1]))), 3)
        0.313
        """
        return cross_entropy(self.logits(embeddings), labels)

    def to(self, device: torch.device) -> "EmbeddingHead":
        """The same on a device."""
        bias = None if self.bias is None else self.bias.to(device)
        return EmbeddingHead(self.weights.to(device), bias)

    def clone(self) -> "EmbeddingHead":
        """A copy: what was first read under inference mode takes part in no backward pass."""
        return EmbeddingHead(self.weights.clone(), None if self.bias is None else self.bias.clone())
