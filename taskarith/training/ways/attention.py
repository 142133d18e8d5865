"""The matrices of attention alone: fewer numbers, and vectors that disturb each other less.

Jin et al. 2024, arXiv:2407.07089, after the observation that attention's layers are nearly linear.
"""

from typing import Any

from taskarith.models.family import ModelFamily
from taskarith.training.ways.way import DirectlyMoved, model_shapes

__all__ = ["ATTENTION"]


def _chosen(model: Any, family: ModelFamily) -> list[str]:
    return family.trained(model_shapes(model), "attention")


ATTENTION = DirectlyMoved(
    name="attention",
    title="Attention only",
    about="moves the matrices of attention; MLPs and everything else stay",
    paper="https://arxiv.org/abs/2407.07089",
    rate=3e-4,
    chosen=_chosen,
)
