"""Full fine-tuning: every parameter of what encodes the examples.

Of a model with two towers, the one that the examples go through: the other makes the heads, which
are frozen.
"""

from typing import Any

from taskarith.models.family import ModelFamily
from taskarith.training.ways.way import DirectlyMoved, model_shapes

__all__ = ["FULL", "encoding_parameters"]


def encoding_parameters(model: Any, family: ModelFamily) -> list[str]:
    """The names of all parameters that examples go through."""
    makes_heads = getattr(model, "makes_heads", None)
    return [n for n in model_shapes(model) if makes_heads is None or not makes_heads(n)]


FULL = DirectlyMoved(
    name="full",
    title="Full",
    about="moves every parameter that the examples go through",
    paper="https://arxiv.org/abs/2212.04089",
    rate=1e-4,
    chosen=encoding_parameters,
)
