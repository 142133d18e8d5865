"""Heads that are made of a task's training examples by the pretrained model, and then stay.

Knows embeddings and labels; where examples come from is the suite's business.
"""

from typing import Protocol

import torch
from torch import Tensor

from taskarith.heads.embedding import EmbeddingHead
from taskarith.heads.linear_probe import linear_probe
from taskarith.heads.prototypes import prototypes
from taskarith.tasks.examples import Images

__all__ = ["MOST_EXAMPLES", "ImageEncoder", "head_of_examples", "spread_rows"]

MOST_EXAMPLES = 2_000  # that a head is made of: enough for its means, soon enough on a CPU
BATCH = 64


class ImageEncoder(Protocol):
    """What such a head needs of a model."""

    @property
    def logit_scale(self) -> float:
        """The factor from cosine similarity to logits."""

    def encode_images(self, pixels: Tensor) -> Tensor:
        """L2-normalized embeddings float32 [n, d] of uint8 pixels [n, side, side, 3]."""


def head_of_examples(
    kind: str, model: ImageEncoder, examples: Images, *, classes: int
) -> EmbeddingHead:
    """The head of `kind`, "prototypes" or "linear-probe", that `model` makes of `examples`.

    Raises AssetError where a class has no example.
    """
    rows = spread_rows(examples.labels, classes=classes, most=MOST_EXAMPLES)
    pieces = [model.encode_images(examples.pixels[part]) for part in rows.split(BATCH)]
    embeddings, labels = torch.cat(pieces).float().clone(), examples.labels[rows]
    if kind == "prototypes":
        return prototypes(embeddings, labels, classes=classes, scale=model.logit_scale)
    return linear_probe(embeddings, labels, classes=classes)


def spread_rows(labels: Tensor, *, classes: int, most: int) -> Tensor:
    """About `most` rows at even distances in each class, alike many of each; sorted.

    >>> spread_rows(torch.tensor([0, 0, 0, 0, 1]), classes=2, most=4).tolist()
    [0, 2, 4]
    """
    each = max(1, most // max(1, classes))
    taken = []
    for label in range(classes):
        rows = (labels == label).nonzero().flatten()
        count = min(each, len(rows))
        taken.append(rows[torch.arange(count) * len(rows) // max(1, count)])
    return torch.cat(taken).sort().values
