"""The matrices of the blocks alone, or of their attention: the rest stays.

What `mini`'s own vectors were made by: vectors of block matrices add with little loss. Of attention
alone (Jin et al. 2024, arXiv:2407.07089, after the observation that its layers are nearly linear)
there are fewer numbers, and vectors disturb each other less.
"""

from collections.abc import Callable
from typing import Any

from taskarith.models.family import ModelFamily, Part
from taskarith.training.ways.way import DirectlyMoved, model_shapes

__all__ = ["ATTENTION", "BLOCK_MATRICES"]


def _matrices(part: Part) -> Callable[[Any, ModelFamily], list[str]]:
    return lambda model, family: family.trained(model_shapes(model), part)


ATTENTION = DirectlyMoved(
    name="attention",
    title="Attention only",
    about="moves the matrices of attention; MLPs and everything else stay",
    paper="https://arxiv.org/abs/2407.07089",
    rate=3e-4,
    chosen=_matrices("attention"),
)

BLOCK_MATRICES = DirectlyMoved(
    name="blocks",
    title="Block matrices",
    about="moves the matrices of attention and MLP; norms, biases and embeddings stay",
    paper="https://arxiv.org/abs/2212.04089",
    rate=2e-4,
    chosen=_matrices("blocks"),
)
