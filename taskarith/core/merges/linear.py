"""Merges along the task vectors themselves: sum, average, SLERP and Model Stock.

Each knows its formula over the terms σ_t = λ_t·τ_t and nothing else.
"""

import math
from typing import Annotated

import torch
from torch import Tensor

from taskarith.core.merges.registry import Bounds, method
from taskarith.core.merges.settings import Scale
from taskarith.core.terms import Terms
from taskarith.core.vector import TaskVector
from taskarith.errors import SettingError

__all__ = ["average", "model_stock", "slerp", "summed"]

MOST = 2  # terms that an arc goes between
PARALLEL = 0.9995  # |cos Ω| from which on two directions span no plane worth the name


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


Position = Annotated[float, Bounds("0 is the first vector by name, 1 the second", least=0, most=1)]


@method(
    "slerp",
    title="SLERP",
    paper="https://dl.acm.org/doi/10.1145/325165.325242",
    scope="one angle over the whole vectors",
    normalization="keeps the length between those of the two",
    buffers=1,
    most_terms=MOST,
)
def slerp(terms: Terms, *, position: Position = 0.5, scale: Scale = 1.0) -> TaskVector:
    """Goes from one term to another along an arc. Two terms only, in the order of their names.

    sin((1−p)Ω)/sin Ω · σ_1 + sin(pΩ)/sin Ω · σ_2 with Ω the angle between σ_1 and σ_2; straight
    where |cos Ω| ≥ 0.9995, since parallel and opposite terms span no arc, and where one has no
    length. Between unequal terms that are far apart the arc swells; it is scaled back to the length
    of the longer one. (mergekit's SLERP is between whole weights, tensor by tensor; there Ω is so
    small that it is hardly told from the straight line.) A lone term is its own result. Raises
    SettingError for more than two.
    """
    if len(terms) > MOST:
        raise SettingError(
            f"slerp goes between two vectors, got {len(terms)} ({', '.join(terms.names)}); "
            "set the λ of the others to 0"
        )
    weights = _arc(terms.products(), position) if len(terms) == 2 else (1.0,) * len(terms)
    factors = torch.tensor(weights, device=terms.device)
    merged = ((block, factors @ stack) for block, stack in terms.stacked_blocks())
    return terms.collect(merged, scale=scale)


@method(
    "model-stock",
    title="Model Stock",
    paper="https://arxiv.org/abs/2403.19522",
    scope="one angle per tensor; query, key and value apart",
    normalization="between θ₀ and the average, by the angle",
    buffers=1,
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


def _arc(products: Tensor, position: float) -> tuple[float, float]:
    """The weights of two terms with these inner products."""
    (first, product), (_, second) = products.tolist()
    lengths = math.sqrt(first) * math.sqrt(second)
    cosine = product / lengths if lengths else 1.0
    if abs(cosine) >= PARALLEL:
        return 1 - position, position
    angle = math.acos(cosine)
    one, two = (math.sin(share * angle) / math.sin(angle) for share in (1 - position, position))
    square = one * one * first + two * two * second + 2 * one * two * product
    back = min(1.0, math.sqrt(max(first, second) / square)) if square > 0 else 1.0
    return back * one, back * two
