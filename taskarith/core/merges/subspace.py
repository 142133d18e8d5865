"""Merges in a basis that the terms share: KnOTS and Core Space, both with TIES.

Made for adapters, whose matrices have low rank and lie in different subspaces. A basis makes a
difference only to merges that look at single entries, as TIES does; the sum, TSV-M and Iso-C come
out the same in any. Matrices are the tensors with two dimensions, query, key and value apart; all
other tensors are averaged. Directions in which no term moves are left out, and everything is
decomposed in float64. Each knows its formula over the terms σ_t = λ_t·τ_t and nothing else.
"""

from collections.abc import Callable

import torch
from torch import Tensor

from taskarith.core.merges.registry import method
from taskarith.core.merges.select import at_rank, kept_count
from taskarith.core.merges.settings import Density, Scale
from taskarith.core.merges.sparse import elected
from taskarith.core.precision import double
from taskarith.core.terms import Terms
from taskarith.core.vector import TaskVector

__all__ = ["core_space", "knots"]

SCOPE = "per matrix, magnitudes ranked in the shared basis; query, key and value apart"
NORMALIZATION = "mean of the terms that agree, in the basis; the mean for all else"


@method(
    "knots",
    title="KnOTS-TIES",
    paper="https://arxiv.org/abs/2410.19735",
    scope=SCOPE,
    normalization=NORMALIZATION,
    buffers=2,
    elsewhere="the authors' code ranks the entries of Σ V_tᵀ, over all matrices at once",
)
def knots(terms: Terms, *, density: Density = 0.2, scale: Scale = 1.0) -> TaskVector:
    """KnOTS with TIES: the terms side by side share left singular vectors; TIES of the right ones.

    [σ_1 … σ_K] = U Σ [V_1 … V_K]ᵀ for every matrix, and `scale` times U Σ TIES(V_1ᵀ, …, V_Kᵀ),
    which trims every V_t to the `density` largest of its entries.
    """

    def merged(stack: Tensor) -> Tensor:
        wide = double(stack)
        left, values = _basis(_square(wide), like=stack)
        right = (left.T @ wide) / values[:, None]
        return left @ (values[:, None] * _ties(right, density))

    return _by_matrix(terms, merged, scale=scale)


@method(
    "core-space",
    title="Core Space, TIES",
    paper="https://arxiv.org/abs/2509.17786",
    scope=SCOPE,
    normalization=NORMALIZATION,
    buffers=2,
)
def core_space(terms: Terms, *, density: Density = 0.2, scale: Scale = 1.0) -> TaskVector:
    """Core Space with TIES: every term as one small matrix between shared bases, merged there.

    With U the left singular vectors of [σ_1 … σ_K] and V the right ones of the terms above each
    other, σ_t = U M_t Vᵀ holds exactly, and the result is `scale` times U TIES(M_1, …, M_K) Vᵀ,
    trimmed to the `density` largest entries. The paper takes U and V from the factors of LoRA,
    here they come from the products, which span the same spaces.
    """

    def merged(stack: Tensor) -> Tensor:
        wide = double(stack)
        left, _ = _basis(_square(wide), like=stack)
        right, _ = _basis(_square(wide.mT), like=stack)
        return left @ _ties(left.T @ wide @ right, density) @ right.T

    return _by_matrix(terms, merged, scale=scale)


def _by_matrix(terms: Terms, merged: Callable[[Tensor], Tensor], *, scale: float) -> TaskVector:
    return terms.collect(
        (
            (piece, merged(stack).to(stack) if stack.ndim == 3 else stack.mean(0))
            for piece, stack in terms.stacks()
        ),
        scale=scale,
    )


def _square(stack: Tensor) -> Tensor:
    """Σ σ_t σ_tᵀ of a stack [K, n, m], one term after the other: [n, n]."""
    square = stack[0] @ stack[0].T
    for matrix in stack[1:]:
        square.addmm_(matrix, matrix.T)
    return square


def _basis(square: Tensor, *, like: Tensor) -> tuple[Tensor, Tensor]:
    """The singular vectors [n, r] and values [r] of a matrix A from A Aᵀ, those above rounding.

    That is float32's, in which the terms came: a stack `like`.
    """
    squares, vectors = torch.linalg.eigh(square)
    values = squares.clamp(min=0).sqrt()
    least = max(like.shape[1:]) * torch.finfo(torch.float32).eps * float(values.max())
    above = values > least
    return vectors[:, above], values[above]


def _ties(stack: Tensor, density: float) -> Tensor:
    """TIES of a stack [K, rows, columns]: trimmed one by one, and the mean of those that agree.

    In float32, as the terms came: what cancels there exactly would be left with the sign of the
    decomposition's rounding in float64.
    """
    rows = stack.reshape(len(stack), -1).float()
    if not rows.shape[1]:
        return stack[0]
    keep = kept_count(density, rows.shape[1])
    thresholds = torch.stack([at_rank(row, keep) for row in rows])
    return elected(rows, thresholds, mean=True).view(stack.shape[1:]).to(stack)
