"""Merges along the task vectors themselves: sum, average, ExPO, LiNeS and Model Stock.

Each knows its formula over the terms σ_t = λ_t·τ_t and nothing else.
"""

from collections.abc import Iterable
from typing import Annotated

import torch
from torch import Tensor

from taskarith.core.layers import layer_group
from taskarith.core.merges.registry import Bounds, method
from taskarith.core.merges.settings import Scale
from taskarith.core.terms import Terms
from taskarith.core.vector import TaskVector

__all__ = ["average", "block_depths", "expo", "lines", "model_stock", "summed"]


@method(
    "sum",
    title="Task arithmetic",
    paper="https://arxiv.org/abs/2212.04089",
    scope="each entry alone",
    normalization="none: every term in full",
    buffers=1,
)
def summed(terms: Terms) -> TaskVector:
    """Σ σ_t: the sum of the scaled task vectors.

    >>> a, b = TaskVector({"w": torch.ones(1)}), TaskVector({"w": torch.tensor([2.0])})
    >>> summed(Terms({"a": a, "b": b}, {"a": 0.5, "b": -1.0}))["w"]
    tensor([-1.5000])
    """
    return terms.collect((block, stack.sum(0)) for block, stack in terms.stacked_blocks())


@method(
    "average",
    title="Weight average",
    paper="https://arxiv.org/abs/2203.05482",
    scope="each entry alone",
    normalization="divided by K",
    buffers=1,
)
def average(terms: Terms) -> TaskVector:
    """(1/K) Σ σ_t: with λ = 1 the plain average of the K fine-tuned models."""
    return terms.collect((block, stack.mean(0)) for block, stack in terms.stacked_blocks())


Beyond = Annotated[float, Bounds("how far beyond the average, as a share of it", -1, 2)]


@method(
    "expo",
    title="ExPO",
    paper="https://arxiv.org/abs/2404.16792",
    scope="each entry alone",
    normalization="divided by K, then extrapolated",
    buffers=1,
    elsewhere="FusionBench extrapolates by 0.1, too; the authors advise 0.3 or 0.5",
)
def expo(terms: Terms, *, extrapolation: Beyond = 0.1, scale: Scale = 1.0) -> TaskVector:
    """ExPO: the average of the models, gone further from the base than training went.

    scale · (1 + extrapolation) · (1/K) Σ σ_t; the paper's θ₁ + α (θ₁ − θ₀) with θ₁ the average of
    the fine-tuned models.
    """
    return terms.collect(
        ((block, stack.mean(0)) for block, stack in terms.stacked_blocks()),
        scale=scale * (1 + extrapolation),
    )


Slope = Annotated[float, Bounds("what is added to 1/K from the first block to the last", 0, 3)]


@method(
    "lines",
    title="LiNeS",
    paper="https://arxiv.org/abs/2410.17146",
    scope="one factor per block, by its depth",
    normalization="divided by K in the first block, by less in later ones",
    buffers=1,
    elsewhere="the authors search the slope on validation; 0.5 is ours",
)
def lines(terms: Terms, *, slope: Slope = 0.5, scale: Scale = 1.0) -> TaskVector:
    """LiNeS: the sum, scaled linearly with depth, so that what is general changes least.

    scale · (1/K + slope · d) Σ σ_t with d from 0 in the first block of a tower to 1 in its last,
    and d = 0 outside of blocks, as in the authors' code.
    """
    depths = block_depths(terms.shapes)
    factors = {name: 1 / max(len(terms), 1) + slope * depth for name, depth in depths.items()}
    merged = (
        (block, factors[block.parameter] * stack.sum(0)) for block, stack in terms.stacked_blocks()
    )
    return terms.collect(merged, scale=scale)


@method(
    "model-stock",
    title="Model Stock",
    paper="https://arxiv.org/abs/2403.19522",
    scope="one angle per tensor; query, key and value apart",
    normalization="between θ₀ and the average, by the angle",
    buffers=1,
    elsewhere="mergekit's leaves θ₀ the other way where terms point apart, c < 0",
)
def model_stock(terms: Terms, *, scale: Scale = 1.0) -> TaskVector:
    """Goes from θ₀ towards the average as far as the terms agree, tensor by tensor.

    r · (1/K) Σ σ_t with r = K·c ÷ (1 + (K−1)·c) and c the mean cosine over the pairs of terms.
    The paper's models agree, c > 0; where c < 0 we stay at θ₀ (r = 0). A term that is zero has
    cosine 0 with all others.
    """

    def merged(stack: Tensor) -> Tensor:
        return _agreement(stack.reshape(len(stack), -1)) * stack.mean(0)

    return terms.collect(((piece, merged(stack)) for piece, stack in terms.stacks()), scale=scale)


def _agreement(rows: Tensor) -> float:
    """The r = K·c ÷ (1 + (K−1)·c) of rows [K, n]."""
    count = len(rows)
    if count < 2:
        return 1.0
    lengths = torch.linalg.vector_norm(rows, dim=1, keepdim=True)
    units = torch.where(lengths > 0, rows / lengths, 0.0)
    cosines = units @ units.T
    mean = (float(cosines.sum()) - float(cosines.trace())) / (count * (count - 1))
    mean = min(1.0, max(0.0, mean))
    return count * mean / (1 + (count - 1) * mean)


def block_depths(parameters: Iterable[str]) -> dict[str, float]:
    """How deep each parameter's block lies: from 0, the first of its tower, to 1, the last.

    >>> block_depths(["conv", "h.0.a", "h.1.a", "h.2.a"])
    {'conv': 0.0, 'h.0.a': 0.0, 'h.1.a': 0.5, 'h.2.a': 1.0}
    """
    places: dict[str, tuple[str, int]] = {}
    last: dict[str, int] = {}
    for name in parameters:
        tower, _, number = layer_group(name).rpartition(".")
        place = int(number) if number.isdecimal() else 0
        places[name] = tower, place
        last[tower] = max(place, last.get(tower, 0))
    return {
        name: place / last[tower] if last[tower] else 0.0 for name, (tower, place) in places.items()
    }
