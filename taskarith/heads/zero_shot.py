"""Zero-shot heads: class weights made of words by the text tower.

Knows prompts and embeddings; knows nothing about pictures or edits. A head is frozen: edits move
the vision tower under it.
"""

from collections.abc import Sequence
from typing import Protocol

import torch
from torch import Tensor
from torch.nn.functional import normalize

from taskarith.errors import AssetError

__all__ = ["TextEncoder", "alike", "build_head"]

BATCH = 512  # prompts encoded at a time
ALIKE = 0.9999  # the cosine above which nothing tells two classes apart


class TextEncoder(Protocol):
    """What a head needs of a model."""

    @property
    def logit_scale(self) -> float:
        """The factor from cosine similarity to logits."""

    def encode_texts(self, texts: Sequence[str]) -> Tensor:
        """L2-normalized embeddings float32 [len(texts), d]."""


def build_head(
    model: TextEncoder,
    classnames: Sequence[str],
    templates: Sequence[str],
    knowledge: Sequence[str] = (),
) -> Tensor:
    """The zero-shot head float32 [classes, d] of the prompts "template with class name".

    Each prompt of a class ends with its sentence of `knowledge`, where there are some (as in
    Shen et al. 2022, arXiv:2204.09222).

    w_c = s · normalize(mean over templates of normalize(text(template(c)))) with s the model's
    exp(logit_scale), so that image embeddings @ headᵀ are logits. Source: Radford et al. 2021,
    arXiv:2103.00020, section 3.1.4.

    >>> class Letters:
    ...     logit_scale = 10.0
    ...     def encode_texts(self, texts):
    ...         return torch.tensor([[1.0, 0.0] if "a" in text else [0.0, 1.0] for text in texts])
    >>> build_head(Letters(), ["a", "b"], ["{}", "one {}"])
    tensor([[10.,  0.],
            [ 0., 10.]])
    """
    told = knowledge or [""] * len(classnames)
    if len(told) != len(classnames):
        raise AssetError(
            f"{len(classnames)} classes have {len(told)} sentences of knowledge; each needs one"
        )
    prompts = [
        f"{template.replace('{}', name)} {more}".rstrip()
        for name, more in zip(classnames, told, strict=True)
        for template in templates
    ]
    encoded = [
        model.encode_texts(prompts[start : start + BATCH])
        for start in range(0, len(prompts), BATCH)
    ]
    embeddings = torch.cat(encoded).clone().view(len(classnames), len(templates), -1)
    means = normalize(embeddings, dim=-1).mean(1)
    return normalize(means, dim=-1) * model.logit_scale


def alike(head: Tensor) -> list[tuple[int, int]]:
    """Pairs of classes whose vectors in a head [classes, d] point the same way.

    >>> alike(torch.tensor([[1.0, 0.0], [0.0, 1.0], [2.0, 0.0]]))
    [(0, 2)]
    """
    directions = normalize(head.double(), dim=-1)
    pairs = torch.triu(directions @ directions.T > ALIKE, diagonal=1).nonzero().tolist()
    return [(first, second) for first, second in pairs]
