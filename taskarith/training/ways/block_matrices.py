"""The matrices of the blocks alone: embeddings, norms, biases and projections stay.

What `mini`'s own vectors were made by: such vectors add with little loss.
"""

from typing import Any

from taskarith.models.family import ModelFamily
from taskarith.training.ways.way import DirectlyMoved, model_shapes

__all__ = ["BLOCK_MATRICES"]


def _chosen(model: Any, family: ModelFamily) -> list[str]:
    return family.trained(model_shapes(model), "blocks")


BLOCK_MATRICES = DirectlyMoved(
    name="blocks",
    title="Block matrices",
    about="moves the matrices of attention and MLP; norms, biases and embeddings stay",
    paper="https://arxiv.org/abs/2212.04089",
    rate=2e-4,
    chosen=_chosen,
)
