"""Prototypes: each class answers with the mean of its training examples' embeddings.

Needs no words, so that anybody's classes work on any base. Snell et al. 2017, arXiv:1703.05175.
"""

import torch
from torch import Tensor
from torch.nn.functional import normalize

from taskarith.errors import AssetError
from taskarith.heads.embedding import EmbeddingHead

__all__ = ["prototypes"]


def prototypes(
    embeddings: Tensor, labels: Tensor, *, classes: int, scale: float = 1.0
) -> EmbeddingHead:
    """The head of class means, each normalized and times `scale`, of embeddings float32 [n, d].

    `labels` are int64 [n]. Raises AssetError where a class has no example.

    >>> head = prototypes(torch.eye(2)[[0, 1, 1]], torch.tensor([1, 0, 0]), classes=2)
    >>> head.weights
    tensor([[0., 1.],
            [1., 0.]])
    """
    counts = torch.bincount(labels, minlength=classes)
    empty = (counts == 0).nonzero().flatten().tolist()
    if empty:
        raise AssetError(f"there is no training example of class {empty[0]}; add some")
    sums = torch.zeros(classes, embeddings.shape[1]).index_add_(0, labels, embeddings.float())
    return EmbeddingHead(normalize(sums / counts[:, None], dim=-1) * scale)
