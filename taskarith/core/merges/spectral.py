"""Merges of matrices by their singular vectors: TSV-M, Iso-C and Iso-CTS.

Matrices are the tensors with two dimensions, query, key and value apart; all other tensors are
averaged. Each method knows its formula over the terms σ_t = λ_t·τ_t and nothing else.

Singular vectors of a singular value that is zero are arbitrary, and so would be a result that used
them. Where a term has low rank (an adapter), is zero or repeats another one, they are left out;
where no singular value is zero, this is the papers' method. Terms are decomposed in float64: where
they repeat each other float32 would leave rounding that looks like a direction of its own.
"""

from collections.abc import Callable, Iterator
from typing import Annotated

import torch
from torch import Tensor

from taskarith.core.merges.registry import Bounds, method
from taskarith.core.merges.settings import Scale
from taskarith.core.precision import double
from taskarith.core.terms import Piece, Terms
from taskarith.core.vector import TaskVector

__all__ = ["iso_c", "iso_cts", "tsv_m"]

SCOPE = "per matrix; query, key and value apart"
SAME = 3e-5  # sines of angles below which two terms share a singular vector, but for rounding


@method(
    "tsv-m",
    title="TSV-Merge",
    paper="https://arxiv.org/abs/2412.00081",
    scope=SCOPE,
    normalization="none for matrices, the mean for all else",
    buffers=1,
)
def tsv_m(terms: Terms, *, scale: Scale = 1.0) -> TaskVector:
    """TSV-M: the first singular vectors of every term, made orthogonal to the others', summed.

    Of each matrix σ_t = U_t Σ_t V_tᵀ the first min(m, n)/K singular vectors are kept (at least
    one) and put side by side to U, Σ, V. The result is `scale` times U_⊥ Σ V_⊥ᵀ, where
    U_⊥ = P Qᵀ from U = P D Qᵀ is the nearest matrix with orthonormal columns, and V_⊥ likewise.
    """
    return terms.collect(_by_matrix(terms, _tsv), scale=scale)


@method(
    "iso-c",
    title="Iso-C",
    paper="https://arxiv.org/abs/2502.04959",
    scope=SCOPE,
    normalization="one singular value, the mean; the mean for all else",
    buffers=1,
)
def iso_c(terms: Terms, *, scale: Scale = 1.0) -> TaskVector:
    """Iso-C: the sum, with every singular value of a matrix replaced by their mean.

    scale · σ̄ U Vᵀ from Σ_t σ_t = U Σ Vᵀ and σ̄ the mean of the diagonal of Σ.
    """
    return terms.collect(_by_matrix(terms, _isotropic), scale=scale)


Common = Annotated[float, Bounds("share of the singular vectors that are the sum's", 0, 1)]


@method(
    "iso-cts",
    title="Iso-CTS",
    paper="https://arxiv.org/abs/2502.04959",
    scope=SCOPE,
    normalization="one singular value, the mean; the mean for all else",
    buffers=1,
)
def iso_cts(terms: Terms, *, common: Common = 0.8, scale: Scale = 1.0) -> TaskVector:
    """Iso-CTS: as Iso-C, with some of the singular vectors taken from what the sum lacks of a term.

    Of the min(m, n) singular vectors of Σ σ_t the first `common` share U_c is kept; every term
    gives an equal part of the rest, the first singular vectors of σ_t − U_c U_cᵀ σ_t. Put side by
    side and made orthogonal as in TSV-M they are U and V; the result is `scale` · σ̄ U Vᵀ with σ̄
    the mean of all their singular values.
    """

    def merged(stack: Tensor) -> Tensor:
        return _common_and_own(stack, common)

    return terms.collect(_by_matrix(terms, merged), scale=scale)


def _by_matrix(terms: Terms, merge: Callable[[Tensor], Tensor]) -> Iterator[tuple[Piece, Tensor]]:
    for piece, stack in terms.stacks():
        yield piece, merge(stack) if len(piece.shape) == 2 else stack.mean(0)


def _tsv(stack: Tensor) -> Tensor:
    count, rows, columns = stack.shape
    rank = max(1, min(rows, columns) // count)
    parts = [_nonzero_svd(matrix, rank=rank) for matrix in stack]
    left = torch.cat([u for u, _, _ in parts], dim=1)
    right = torch.cat([vh for _, _, vh in parts], dim=0)
    values = torch.cat([s for _, s, _ in parts])
    return (_orthogonal(left) * values) @ _orthogonal(right)


def _isotropic(stack: Tensor) -> Tensor:
    u, s, vh = _nonzero_svd(stack.sum(0))
    return s.mean() * (u @ vh) if len(s) else torch.zeros_like(stack[0])


def _common_and_own(stack: Tensor, share: float) -> Tensor:
    count, rows, columns = stack.shape
    rank = min(rows, columns)
    each = round((rank - int(rank * share)) / count)
    parts = [_nonzero_svd(stack.sum(0), rank=rank - count * each)]
    shared = double(parts[0][0])
    for matrix in stack if each else ():
        wide = double(matrix)
        rest = wide - shared @ (shared.T @ wide)
        largest = float(torch.linalg.matrix_norm(wide, 2))
        parts.append(_nonzero_svd(rest, rank=each, largest=largest))
    left = torch.cat([u.to(stack) for u, _, _ in parts], dim=1)
    right = torch.cat([vh.to(stack) for _, _, vh in parts], dim=0)
    values = torch.cat([s.to(stack) for _, s, _ in parts])
    if not len(values):
        return torch.zeros_like(stack[0])
    return values.mean() * _orthogonal(left) @ _orthogonal(right)


def _orthogonal(matrix: Tensor) -> Tensor:
    """P Qᵀ from the singular value decomposition P D Qᵀ, over the directions with D > 0."""
    u, s, vh = torch.linalg.svd(matrix, full_matrices=False)
    own = int((s > SAME * s[0]).sum()) if len(s) else 0
    nearest: Tensor = u[:, :own] @ vh[:own]
    return nearest


def _nonzero_svd(
    matrix: Tensor, *, rank: int | None = None, largest: float | None = None
) -> tuple[Tensor, Tensor, Tensor]:
    """U, the diagonal of Σ, and Vᵀ over the first `rank` singular values above rounding.

    That of float32, in which the terms come and the parts are returned, beside the `largest`
    singular value: the matrix's own, or that of the one it was left over from.
    """
    u, s, vh = torch.linalg.svd(double(matrix), full_matrices=False)
    if largest is None:
        largest = float(s[0]) if len(s) else 0.0
    tolerance = max(matrix.shape) * torch.finfo(torch.float32).eps * largest
    above = int((s > tolerance).sum())
    kept = above if rank is None else min(above, rank)
    return u[:, :kept].to(matrix), s[:kept].to(matrix), vh[:kept].to(matrix)
