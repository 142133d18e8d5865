"""Merges in which size decides: MagMax entry by entry, MetaGPT's closed form vector by vector.

Each knows its formula over the terms σ_t = λ_t·τ_t and nothing else.
"""

from taskarith.core.merges.registry import method
from taskarith.core.merges.settings import Scale
from taskarith.core.terms import Terms
from taskarith.core.vector import TaskVector

__all__ = ["magmax", "metagpt"]


@method(
    "magmax",
    title="MagMax",
    paper="https://arxiv.org/abs/2407.06322",
    scope="each entry alone",
    normalization="none: one term in full",
    buffers=1,
    elsewhere="FusionBench's has scale 0.5, and takes the last of equal ones",
)
def magmax(terms: Terms, *, scale: Scale = 1.0) -> TaskVector:
    """MagMax: every entry is that of the term in which it is largest in magnitude.

    scale · σ_{t*} with t* = argmax_t |σ_t|, entry by entry; of equal ones the first by name. With
    λ = 1 this is the paper's.

    >>> import torch
    >>> a, b = TaskVector({"w": torch.tensor([1.0, 2])}), TaskVector({"w": torch.tensor([-3.0, 1])})
    >>> magmax(Terms({"a": a, "b": b}))["w"]
    tensor([-3.,  2.])
    """
    largest = (
        (block, stack.gather(0, stack.abs().argmax(0, keepdim=True)))
        for block, stack in terms.stacked_blocks()
    )
    return terms.collect(largest, scale=scale)


@method(
    "metagpt",
    title="MetaGPT",
    paper="https://arxiv.org/abs/2406.11385",
    scope="one weight over the whole vectors",
    normalization="weighted mean; the weights are the squared lengths",
    buffers=1,
)
def metagpt(terms: Terms, *, scale: Scale = 1.0) -> TaskVector:
    """MetaGPT: a mean weighted by the squared lengths of the terms, a λ in closed form.

    scale · Σ_t w_t σ_t with w_t = ‖σ_t‖² ÷ Σ_k ‖σ_k‖². The paper derives it as what keeps the mean
    loss nearest to that of the tasks' own models, where models are locally linear and vectors
    orthogonal. With λ = 1 this is the paper's.

    >>> import torch
    >>> a, b = TaskVector({"w": torch.tensor([1.0, 0])}), TaskVector({"w": torch.tensor([0.0, 3])})
    >>> metagpt(Terms({"a": a, "b": b}))["w"]
    tensor([0.1000, 2.7000])
    """
    squares = terms.products().diagonal()
    weights = (squares / squares.sum() if float(squares.sum()) else squares).float()
    weights = weights.to(terms.device)
    merged = ((block, weights @ stack) for block, stack in terms.stacked_blocks())
    return terms.collect(merged, scale=scale)
