"""Contrastive pre-training of the base on the embedded world's web pictures.

Knows the loss and the recipe; knows nothing of target tasks.
"""

from pathlib import Path

import numpy as np
import torch
from torch.nn import functional

from taskarith.models.clip.open_clip import ClipModel
from taskarith.training.corpus import Corpus
from taskarith.training.loop import Recipe, compiled, fit, precision, shifted

__all__ = ["contrastive_loss", "pretrain"]


def contrastive_loss(
    images: torch.Tensor, texts: torch.Tensor, scale: torch.Tensor, meanings: torch.Tensor
) -> torch.Tensor:
    """Symmetric contrastive loss with several positives.

    Every pair of one meaning is a positive; the target of a row is uniform over its positives
    (the supervised form of arXiv 2103.00020's loss, as in arXiv 2204.03610).

    Args:
        images: normalized embeddings [n, d].
        texts: normalized embeddings [n, d].
        scale: the factor exp(logit_scale).
        meanings: int64 [n]; equal numbers mean the captions say the same.

    >>> one = torch.eye(2)
    >>> round(contrastive_loss(one, one, torch.tensor(50.0), torch.arange(2)).item(), 4)
    0.0
    """
    logits = scale * images @ texts.T
    positive = (meanings[:, None] == meanings[None, :]).float()
    target = positive / positive.sum(1, keepdim=True)
    both = functional.cross_entropy(logits, target) + functional.cross_entropy(logits.T, target)
    return both / 2


def pretrain(model: ClipModel, corpus: Corpus, *, recipe: Recipe, folder: Path) -> None:
    """Train `model` on `corpus`, in place; resumable through `folder`."""
    network, device = model.network, model.device
    tokens = model.tokenizer(corpus.captions)
    meanings = torch.from_numpy(corpus.meanings)
    dtype = precision(device)
    visual = compiled(network.visual, steps=recipe.steps)
    text = compiled(network.encode_text, steps=recipe.steps)

    def loss(rng: np.random.Generator) -> torch.Tensor:
        # A contiguous run of a shuffled-by-construction corpus reads fast from disk.
        start = int(rng.integers(0, len(tokens) - recipe.batch + 1))
        rows = slice(start, start + recipe.batch)
        pictures = model.normalize(torch.from_numpy(np.array(corpus.pictures[rows])))
        with torch.autocast(device.type, dtype=dtype, enabled=dtype != torch.float32):
            images = visual(shifted(pictures, rng))
            texts = text(tokens[rows].to(device))
        return contrastive_loss(
            functional.normalize(images.float(), dim=-1),
            functional.normalize(texts.float(), dim=-1),
            network.logit_scale.exp().clamp(max=100),
            meanings[rows].to(device),
        )

    network.train().requires_grad_(True)
    fit(network.parameters(), loss, recipe=recipe, folder=folder, name="pretrain")
    network.eval().requires_grad_(False)
