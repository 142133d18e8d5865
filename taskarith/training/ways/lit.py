"""LiT: the picture tower is locked and the text tower moves, or both move; heads are made anew.

Zhai et al. 2021, arXiv:2111.07991. There pictures and captions are contrasted; here a picture and
the names of a task's classes in one of its prompts, drawn anew at every step, which is the same
with each caption counted once. A head made of words belongs to the weights that made it: an edit
that moves the text tower has it made anew. The other way round, pictures alone, is `full`.
"""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from torch import Tensor

from taskarith.errors import SettingError
from taskarith.heads.zero_shot import build_head
from taskarith.models.family import ModelFamily
from taskarith.training.ways.way import DirectlyMoved, model_shapes

__all__ = ["BOTH_TOWERS", "LIT", "words_at_each_step"]


def _reading(model: Any, family: ModelFamily) -> list[str]:
    """What encodes class names, but for single numbers such as the scale."""
    makes = getattr(model, "makes_heads", None)
    if makes is None or not hasattr(model, "text_features"):
        raise SettingError(f"{family.title} has no text tower to move; take another way")
    return [name for name, shape in model_shapes(model).items() if makes(name) and shape]


def _both(model: Any, family: ModelFamily) -> list[str]:
    text = set(_reading(model, family))
    shapes = model_shapes(model)
    return [name for name in shapes if name in text or not model.makes_heads(name)]


LIT = DirectlyMoved(
    name="lit",
    title="Text tower alone (LiT)",
    about="moves what reads class names; what sees pictures is locked, and heads are made anew",
    paper="https://arxiv.org/abs/2111.07991",
    rate=1e-4,
    examples=("images",),
    remakes_heads=True,
    chosen=_reading,
)

BOTH_TOWERS = DirectlyMoved(
    name="both-towers",
    title="Both towers",
    about="moves what sees pictures and what reads class names; heads are made anew",
    paper="https://arxiv.org/abs/2111.07991",
    rate=1e-4,
    examples=("images",),
    remakes_heads=True,
    chosen=_both,
)


def words_at_each_step(
    model: Any, classnames: Sequence[str], templates: Sequence[str]
) -> Callable[[np.random.Generator], Tensor]:
    """Class weights [classes, d] of a prompt that is drawn, with gradients to the text tower."""
    encoder = _Differentiable(model)

    def made(rng: np.random.Generator) -> Tensor:
        return build_head(encoder, classnames, [templates[int(rng.integers(len(templates)))]])

    return made


class _Differentiable:
    """A text tower that is asked where gradients are wanted."""

    def __init__(self, model: Any) -> None:
        self._model = model
        self.logit_scale: float = model.logit_scale

    def encode_texts(self, texts: Sequence[str]) -> Tensor:
        features: Tensor = self._model.text_features(texts)
        return features
