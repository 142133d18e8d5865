"""The geometry of task vectors: angles, lengths by layer, and where their signs conflict.

Of the terms σ_t = λ_t·τ_t, so that a negated vector conflicts with what it agreed with. Knows
nothing about what the vectors are for.
"""

import torch
from torch import Tensor

from taskarith.core.layers import layer_group
from taskarith.core.merges.sparse import trim_thresholds
from taskarith.core.terms import Terms

__all__ = ["cosine_matrix", "layer_grams", "layer_norms", "sign_conflicts"]


def cosine_matrix(terms: Terms) -> Tensor:
    """The cosines ⟨σ_i, σ_j⟩ ÷ (‖σ_i‖·‖σ_j‖): float64 [K, K], NaN where a term has no length.

    >>> from taskarith.core import TaskVector
    >>> a, b = TaskVector({"w": torch.tensor([1.0, 0.0])}), TaskVector({"w": torch.ones(2)})
    >>> cosine_matrix(Terms({"a": a, "b": b}, {"a": 1.0, "b": -1.0}))
    tensor([[ 1.0000, -0.7071], [-0.7071, 1.0000]], dtype=torch.float64)
    """
    products = terms.products()
    lengths = products.diagonal().sqrt()
    cosines = (products / torch.outer(lengths, lengths)).clamp(-1, 1)
    return cosines.fill_diagonal_(1).where((lengths > 0)[:, None], torch.nan)


def layer_norms(terms: Terms) -> dict[str, Tensor]:
    """‖σ_t‖ over the parameters of each layer group: float64 [K], in the model's order.

    >>> from taskarith.core import TaskVector
    >>> layer_norms(Terms({"a": TaskVector({"h.0.w": torch.tensor([3.0, 4.0])})}))
    {'h.0': tensor([5.], dtype=torch.float64)}
    """
    squares: dict[str, Tensor] = {}
    for block, stack in terms.stacked_blocks():
        square = stack.cpu().double().square().sum(1)
        group = layer_group(block.parameter)
        squares[group] = squares[group] + square if group in squares else square
    return {group: square.sqrt() for group, square in squares.items()}


def layer_grams(terms: Terms) -> dict[str, Tensor]:
    """The products ⟨σ_i, σ_j⟩ over the parameters of each layer group: float64 [K, K].

    Norms, angles and the length of any sum of the terms follow from them, layer by layer.

    >>> from taskarith.core import TaskVector
    >>> layer_grams(Terms({"a": TaskVector({"h.0.w": torch.tensor([3.0, 4.0])})}))
    {'h.0': tensor([[25.]], dtype=torch.float64)}
    """
    grams: dict[str, Tensor] = {}
    for block, stack in terms.stacked_blocks():
        rows = stack.cpu().double()
        group = layer_group(block.parameter)
        products = rows @ rows.T
        grams[group] = grams[group] + products if group in grams else products
    return grams


def sign_conflicts(terms: Terms, *, density: float = 1.0) -> Tensor:
    """How often two terms pull an entry in opposite directions: float64 [K, K], NaN for never.

    The share of entries with σ_i σ_j < 0 among those with σ_i σ_j ≠ 0, over the `density` largest
    magnitudes of each term (TIES trims so before it counts, arXiv:2306.01708). Without any
    relation between the two it is 0.5.

    >>> from taskarith.core import TaskVector
    >>> a, b = TaskVector({"w": torch.tensor([1.0, 2.0])}), TaskVector({"w": torch.ones(2)})
    >>> float(sign_conflicts(Terms({"a": a, "b": b}, {"a": 1.0, "b": -1.0}))[0, 1])
    1.0
    """
    thresholds = trim_thresholds(terms, density=density)
    agreeing = torch.zeros(len(terms), len(terms), dtype=torch.float64)
    both = agreeing.clone()
    for _, stack in terms.stacked_blocks():
        signs = torch.where(stack.abs() >= thresholds[:, None], stack, 0.0).sign()
        moved = signs.abs()
        agreeing += (signs @ signs.T).cpu().double()  # agreements − conflicts
        both += (moved @ moved.T).cpu().double()
    return (both - agreeing) / (2 * both)
