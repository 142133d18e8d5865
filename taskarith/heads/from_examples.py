"""Heads that are made of a task's training examples by the pretrained model, and then stay.

Knows embeddings and labels; where examples come from is the suite's business.
"""

from typing import Any, Protocol

import torch
from torch import Tensor

from taskarith.errors import AssetError
from taskarith.heads.embedding import EmbeddingHead
from taskarith.heads.linear_probe import linear_probe
from taskarith.heads.prototypes import prototypes
from taskarith.heads.zero_shot import TextEncoder
from taskarith.tasks.examples import Images, Texts

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
    kind: str, model: ImageEncoder | TextEncoder, examples: Images | Texts, *, classes: int
) -> EmbeddingHead:
    """The head of `kind`, "prototypes" or "linear-probe", that `model` makes of `examples`.

    Raises AssetError where a class has no example, or the model makes no embeddings of texts.
    """
    rows = spread_rows(examples.labels, classes=classes, most=MOST_EXAMPLES)
    embeddings, labels = _embedded(model, examples, rows), examples.labels[rows]
    if kind == "prototypes":
        return prototypes(embeddings, labels, classes=classes, scale=model.logit_scale)
    return linear_probe(embeddings, labels, classes=classes)


def _embedded(model: Any, examples: Images | Texts, rows: Tensor) -> Tensor:
    if isinstance(examples, Images):
        pieces = [model.encode_images(examples.pixels[part]) for part in rows.split(BATCH)]
    else:
        if not hasattr(model, "encode_texts"):
            raise AssetError("this base makes no embeddings of texts; take words as the head")
        texts = [examples.texts[row] for row in rows.tolist()]
        with torch.inference_mode():
            pieces = [model.encode_texts(texts)]
    return torch.cat(pieces).float().clone()


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
