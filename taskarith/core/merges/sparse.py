"""Merges that drop entries before they add: TIES, Breadcrumbs, consensus of TALL masks.

Each knows its formula over the terms σ_t = λ_t·τ_t and nothing else. Trimming by magnitude keeps
at least one entry, and all entries that are as large as the smallest it keeps.
"""

from collections.abc import Callable, Iterator
from typing import Annotated

import torch
from torch import Tensor

from taskarith.core.merges.registry import Bounds, method
from taskarith.core.merges.select import at_rank, kept_count, magnitude_at_rank
from taskarith.core.merges.settings import Density, Scale
from taskarith.core.terms import Piece, Terms
from taskarith.core.vector import TaskVector

__all__ = [
    "breadcrumbs",
    "consensus",
    "elected",
    "tall_masks",
    "ties",
    "ties_per_tensor",
    "ties_per_tensor_sum",
    "ties_sum",
    "trim_thresholds",
]

TIES_PAPER = "https://arxiv.org/abs/2306.01708"
WHOLE = "magnitudes ranked over the whole vector"
PER_TENSOR = "magnitudes ranked per tensor; query, key and value apart"
MEAN = "mean of the terms that agree, entry by entry"
SUM = "sum of the terms that agree: grows with K"


@method(
    "ties",
    title="TIES",
    paper=TIES_PAPER,
    scope=WHOLE,
    normalization=MEAN,
    buffers=1,
    elsewhere="mergekit's ties is ties-per-tensor here, FusionBench's is ties-sum",
)
def ties(terms: Terms, *, density: Density = 0.2, scale: Scale = 1.0) -> TaskVector:
    """TIES as in its paper: trim every term as a whole, elect signs, average those that agree.

    σ̂_t keeps the `density` largest |σ_t| of the whole vector; s = sign Σ σ̂_t; the result is, entry
    by entry, `scale` times the mean of the σ̂_t ≠ 0 whose sign is s (0 where none is or they
    cancel).

    >>> vectors = {"a": TaskVector({"w": torch.tensor([4.0, 1.0, -3.0])}),
    ...            "b": TaskVector({"w": torch.tensor([2.0, 0.1, 5.0])})}
    >>> ties(Terms(vectors), density=0.67)["w"]
    tensor([3., 0., 5.])
    """
    return terms.collect(_elected_blocks(terms, density, mean=True), scale=scale)


@method(
    "ties-sum",
    title="TIES, summed",
    paper=TIES_PAPER,
    scope=WHOLE,
    normalization=SUM,
    buffers=1,
    elsewhere="FusionBench's TIES, with its defaults; the paper averages instead",
)
def ties_sum(terms: Terms, *, density: Density = 0.2, scale: Scale = 0.3) -> TaskVector:
    """TIES as in FusionBench: trim every term as a whole, elect signs, sum those that agree.

    Like `ties`, with the sum in place of the mean; `scale` is 0.3 there.
    """
    return terms.collect(_elected_blocks(terms, density, mean=False), scale=scale)


@method(
    "ties-per-tensor",
    title="TIES per tensor",
    paper=TIES_PAPER,
    scope=PER_TENSOR,
    normalization=MEAN,
    buffers=1,
    elsewhere="mergekit's ties; it weighs the mean by its weights, and its density is 1 by default",
)
def ties_per_tensor(terms: Terms, *, density: Density = 0.2, scale: Scale = 1.0) -> TaskVector:
    """TIES as in mergekit by default: trim tensor by tensor, elect signs, average.

    Like `ties`, with the `density` largest kept in every tensor. (mergekit weighs the mean by its
    weights; here λ_t scales σ_t. With equal weights the two are the same.)
    """
    return terms.collect(_elected_pieces(terms, density, mean=True), scale=scale)


@method(
    "ties-per-tensor-sum",
    title="TIES per tensor, summed",
    paper=TIES_PAPER,
    scope=PER_TENSOR,
    normalization=SUM,
    buffers=1,
    elsewhere="mergekit's ties with normalize: false; its scale and density are 1 by default",
)
def ties_per_tensor_sum(terms: Terms, *, density: Density = 0.2, scale: Scale = 0.3) -> TaskVector:
    """TIES as in mergekit without `normalize`: trim tensor by tensor, elect signs, sum.

    Like `ties_per_tensor`, with the sum in place of the mean.
    """
    return terms.collect(_elected_pieces(terms, density, mean=False), scale=scale)


Outliers = Annotated[
    float, Bounds("share of the entries dropped as outliers, largest first", least=0, most=0.5)
]


@method(
    "breadcrumbs",
    title="Model Breadcrumbs",
    paper="https://arxiv.org/abs/2312.06795",
    scope=PER_TENSOR,
    normalization="none: the sum of what is kept",
    buffers=1,
    elsewhere="mergekit's gamma is the outliers, 0.01 by default; its density, 1, drops nothing",
)
def breadcrumbs(
    terms: Terms, *, density: Density = 0.143, outliers: Outliers = 0.007, scale: Scale = 0.3
) -> TaskVector:
    """Model Breadcrumbs: drop outliers and small entries of every tensor of every term, sum.

    scale · Σ m_t ⊙ σ_t, where m_t leaves out the `outliers` largest |σ_t| of a tensor and keeps
    the `density` largest after them, or all there are. The paper's β = 85 % and γ = 99.3 % are the
    defaults.
    """

    def crumbs(row: Tensor) -> Tensor:
        size = row.numel()
        keep = kept_count(density, size)
        drop = min(round(outliers * size), size - keep)
        magnitudes = row.abs()
        largest, smallest = at_rank(row, drop + 1), at_rank(row, drop + keep)
        return torch.where((magnitudes <= largest) & (magnitudes >= smallest), row, 0.0)

    def merged(stack: Tensor) -> Tensor:
        return torch.stack([crumbs(row) for row in stack]).sum(0)

    return terms.collect(((piece, merged(stack)) for piece, stack in terms.stacks()), scale=scale)


Threshold = Annotated[
    float, Bounds("how far above the others' sum an entry must be for its task", least=0, most=10)
]
Agreement = Annotated[int, Bounds("vectors that must need an entry", least=1, most=100)]


@method(
    "consensus",
    title="Consensus TA",
    paper="https://arxiv.org/abs/2405.07813",
    scope="each entry alone",
    normalization="none: the sum of what is kept",
    buffers=1,
)
def consensus(
    terms: Terms, *, threshold: Threshold = 0.4, agreement: Agreement = 2, scale: Scale = 0.3
) -> TaskVector:
    """Consensus task arithmetic: the sum, without the entries that too few tasks need.

    scale · 1{Σ_t m_t ≥ agreement} ⊙ σ_MTL, with σ_MTL = Σ σ_t and the TALL masks
    m_t = 1{|σ_t| ≥ threshold · |σ_MTL − σ_t|}. Of fewer vectors than `agreement`, all must agree.
    """
    needed = min(agreement, len(terms))

    def merged(stack: Tensor) -> Tensor:
        enough = _tall_masks(stack, threshold).sum(0) >= needed
        return torch.where(enough, stack.sum(0), 0.0)

    blocks = ((block, merged(stack)) for block, stack in terms.stacked_blocks())
    return terms.collect(blocks, scale=scale)


def tall_masks(terms: Terms, *, threshold: float = 0.4) -> dict[str, dict[str, Tensor]]:
    """The TALL masks: which entries of the sum each task needs, bool by parameter.

    m_t = 1{|σ_t| ≥ threshold · |σ_MTL − σ_t|}; m_t ⊙ σ_MTL is an estimate of σ_t (Wang et al.
    2024, arXiv:2405.07813).

    >>> vectors = {"a": TaskVector({"w": torch.tensor([2.0, 0.1])}),
    ...            "b": TaskVector({"w": torch.tensor([1.0, 4.0])})}
    >>> tall_masks(Terms(vectors), threshold=0.6)["a"]["w"]
    tensor([ True, False])
    """
    masks = {
        name: {
            parameter: torch.zeros(shape, dtype=torch.bool, device=terms.device)
            for parameter, shape in terms.shapes.items()
        }
        for name in terms.names
    }
    for block, stack in terms.stacked_blocks():
        for name, mask in zip(terms.names, _tall_masks(stack, threshold), strict=True):
            masks[name][block.parameter].view(-1)[block.start : block.stop] = mask
    return masks


def trim_thresholds(terms: Terms, *, density: float) -> Tensor:
    """The smallest magnitude among the `density` largest of each whole term: float32 [K]."""
    keep = kept_count(density, terms.size)

    def blocks_of(name: str) -> Callable[[], Iterator[Tensor]]:
        return lambda: (terms.row(name, block) for block in terms.blocks())

    thresholds = [magnitude_at_rank(blocks_of(name), keep) for name in terms.names]
    return torch.tensor(thresholds, device=terms.device)


def _elected_blocks(terms: Terms, density: float, *, mean: bool) -> Iterator[tuple[Piece, Tensor]]:
    thresholds = trim_thresholds(terms, density=density)
    for block, stack in terms.stacked_blocks():
        yield block, elected(stack, thresholds, mean=mean)


def _elected_pieces(terms: Terms, density: float, *, mean: bool) -> Iterator[tuple[Piece, Tensor]]:
    for piece, stack in terms.stacks():
        rows = stack.reshape(len(stack), -1)
        keep = kept_count(density, rows.shape[1])
        thresholds = torch.stack([at_rank(row, keep) for row in rows])
        yield piece, elected(rows, thresholds, mean=mean)


def elected(rows: Tensor, thresholds: Tensor, *, mean: bool) -> Tensor:
    """Rows [K, n] trimmed at their thresholds [K], merged where they have the elected sign."""
    trimmed = torch.where(rows.abs() >= thresholds[:, None], rows, 0.0)
    sign = trimmed.sum(0).sign()
    agrees = (trimmed.sign() == sign) & (sign != 0)
    total = torch.where(agrees, trimmed, 0.0).sum(0)
    return total / agrees.sum(0).clamp(min=1) if mean else total


def _tall_masks(stack: Tensor, threshold: float) -> Tensor:
    """Bool [K, n] of a stack [K, n]."""
    return stack.abs() >= threshold * (stack.sum(0) - stack).abs()
