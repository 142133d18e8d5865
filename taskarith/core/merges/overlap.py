"""Merges by which terms move an entry, and how far apart they move it: SCE and RAM.

Each knows its formula over the terms σ_t = λ_t·τ_t and nothing else.
"""

from typing import Annotated

import torch
from torch import Tensor

from taskarith.core.merges.registry import Bounds, method
from taskarith.core.merges.select import at_rank, kept_count
from taskarith.core.merges.settings import Density, Scale
from taskarith.core.precision import double
from taskarith.core.terms import Terms
from taskarith.core.vector import TaskVector

__all__ = ["ram", "sce"]


@method(
    "sce",
    title="SCE",
    paper="https://arxiv.org/abs/2408.07990",
    scope="entries ranked per tensor by their variance over terms; query, key and value apart",
    normalization="weighted mean of the terms that agree; the weights are mean squares",
    buffers=1,
    elsewhere="mergekit's select_topk is the density, 1 by default, and rounds down",
)
def sce(terms: Terms, *, density: Density = 0.1, scale: Scale = 1.0) -> TaskVector:
    """SCE: select entries on which the terms differ most, weigh by energy, erase minorities.

    Of every tensor the `density` entries with the largest variance over the σ_t are kept, among
    those where it is not 0; the weight w_t of a term is the mean square of what is kept of it; the
    result is, entry by entry, `scale` times the mean of the terms whose sign is that of their sum,
    weighed by w_t. Terms that differ nowhere in a tensor are kept whole there.
    """

    def merged(stack: Tensor) -> Tensor:
        rows = _selected(stack.reshape(len(stack), -1), density)
        energy = torch.linalg.vector_norm(rows, dim=1).square()
        weights = energy / energy.sum() if float(energy.sum()) else energy
        sign = rows.sum(0).sign()
        weighted = torch.where((rows.sign() == sign) & (sign != 0), weights[:, None], 0.0)
        total = weighted.sum(0)
        return torch.where(total > 0, (weighted * rows).sum(0) / total, 0.0)

    return terms.collect(((piece, merged(stack)) for piece, stack in terms.stacks()), scale=scale)


Changed = Annotated[float, Bounds("magnitude above which a term changes an entry", 0, 1)]


@method(
    "ram",
    title="RAM",
    paper="https://arxiv.org/abs/2601.13572",
    scope="each entry alone",
    normalization="mean of the terms that change an entry",
    buffers=1,
    elsewhere="mergekit's is this at λ = 1, scale 1; its ramplus_tl enlarges what stands alone",
)
def ram(terms: Terms, *, changed: Changed = 1e-5, scale: Scale = 1.0) -> TaskVector:
    """RAM: what one term alone changes stays in full, what several change is averaged.

    scale · Σ m_t ⊙ σ_t ÷ Σ m_t with m_t = 1{|σ_t| > changed}, and 0 where no term changes anything.
    It is made for sparse vectors, as reinforcement learning leaves them; of dense ones it is the
    average. With λ = 1 this is the paper's.

    >>> a, b = TaskVector({"w": torch.tensor([1.0, 2])}), TaskVector({"w": torch.tensor([0.0, 4])})
    >>> ram(Terms({"a": a, "b": b}))["w"]
    tensor([1., 3.])
    """

    def merged(stack: Tensor) -> Tensor:
        changes = stack.abs() > changed
        return torch.where(changes, stack, 0.0).sum(0) / changes.sum(0).clamp(min=1)

    blocks = ((block, merged(stack)) for block, stack in terms.stacked_blocks())
    return terms.collect(blocks, scale=scale)


def _selected(rows: Tensor, density: float) -> Tensor:
    """Rows [K, n] without the entries on which they differ little; as they are if nowhere."""
    wide = double(rows)
    wide -= wide.mean(0)
    variance = wide.square_().mean(0)
    varied = int(torch.count_nonzero(variance))
    if not varied:
        return rows
    least = at_rank(variance, kept_count(density, varied))
    return torch.where(variance >= least, rows, 0.0)
