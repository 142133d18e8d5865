"""Merges along arcs: SLERP over whole vectors or tensor by tensor, and the Karcher mean.

Each knows its formula over the terms σ_t = λ_t·τ_t and nothing else. Directions that are parallel
or opposite span no arc; there all of them go straight.
"""

import math
from typing import Annotated

import torch
from torch import Tensor

from taskarith.core.merges.registry import Bounds, method
from taskarith.core.merges.settings import Scale
from taskarith.core.precision import double
from taskarith.core.terms import Terms
from taskarith.core.vector import TaskVector
from taskarith.errors import SettingError

__all__ = ["karcher", "nuslerp", "slerp"]

MOST = 2  # terms that an arc goes between
PARALLEL = 0.9995  # |cos Ω| from which on two directions span no plane worth the name
SPREAD = math.sqrt((1 - PARALLEL) / 2)  # the mean of two unit vectors that are just so opposite
STEPS, STILL = 100, 1e-9  # of the search for the Karcher mean
BETWEEN = "keeps the length between those of the two"

Position = Annotated[float, Bounds("0 is the first vector by name, 1 the second", least=0, most=1)]


@method(
    "slerp",
    title="SLERP",
    paper="https://dl.acm.org/doi/10.1145/325165.325242",
    scope="one angle over the whole vectors",
    normalization=BETWEEN,
    buffers=1,
    most_terms=MOST,
    elsewhere="mergekit's and FusionBench's run between whole weights, tensor by tensor",
)
def slerp(terms: Terms, *, position: Position = 0.5, scale: Scale = 1.0) -> TaskVector:
    """Goes from one term to another along an arc. Two terms only, in the order of their names.

    sin((1−p)Ω)/sin Ω · σ_1 + sin(pΩ)/sin Ω · σ_2 with Ω the angle between σ_1 and σ_2; straight
    where |cos Ω| ≥ 0.9995, since parallel and opposite terms span no arc, and where one has no
    length. Between unequal terms that are far apart the arc swells; it is scaled back to the length
    of the longer one. A lone term is its own result. Raises SettingError for more than two.
    """
    _at_most_two(terms, "slerp")
    weights = _arc(terms.products(), position) if len(terms) == 2 else (1.0,) * len(terms)
    factors = torch.tensor(weights, device=terms.device)
    merged = ((block, factors @ stack) for block, stack in terms.stacked_blocks())
    return terms.collect(merged, scale=scale)


@method(
    "nuslerp",
    title="SLERP per tensor",
    paper="https://dl.acm.org/doi/10.1145/325165.325242",
    scope="one angle per tensor; query, key and value apart",
    normalization=BETWEEN,
    buffers=1,
    most_terms=MOST,
    elsewhere="mergekit's is between task vectors with a base_model only; its weights say the "
    "position, and arcs swell that are scaled back here",
)
def nuslerp(terms: Terms, *, position: Position = 0.5, scale: Scale = 1.0) -> TaskVector:
    """Goes from one term σ_t to another along an arc in every tensor. Two terms only.

    As `slerp`, with an angle for each tensor. A lone term is its own result. Raises SettingError
    for more than two.
    """
    _at_most_two(terms, "nuslerp")

    def merged(stack: Tensor) -> Tensor:
        rows = double(stack.reshape(len(stack), -1))
        weights = _arc(rows @ rows.T, position) if len(rows) == 2 else (1.0,)
        return torch.tensor(weights, device=stack.device) @ stack.reshape(len(stack), -1)

    return terms.collect(((piece, merged(stack)) for piece, stack in terms.stacks()), scale=scale)


@method(
    "karcher",
    title="Karcher mean",
    paper="https://doi.org/10.1002/cpa.3160300502",
    scope="one mean direction per tensor; query, key and value apart",
    normalization="the mean of the lengths",
    buffers=1,
    elsewhere="mergekit's is one of whole weights, in at most 10 steps",
)
def karcher(terms: Terms, *, scale: Scale = 1.0) -> TaskVector:
    """Karcher mean: the direction with the least squared angles to all terms, tensor by tensor.

    scale · mean ‖σ_t‖ · u, with u the unit vector that minimizes Σ ∠(u, σ_t)², reached from the
    mean of the directions; SLERP's halfway point for any number of terms. Terms of no length do not
    count. Where the directions cancel, so that they have no mean, it is the average.
    """

    def merged(stack: Tensor) -> Tensor:
        rows = stack.reshape(len(stack), -1)
        wide = double(rows)
        weights = _karcher(wide @ wide.T)
        return weights.to(rows) @ rows

    return terms.collect(((piece, merged(stack)) for piece, stack in terms.stacks()), scale=scale)


def _at_most_two(terms: Terms, name: str) -> None:
    if len(terms) > MOST:
        raise SettingError(
            f"{name} goes between two vectors, got {len(terms)} ({', '.join(terms.names)}); "
            "set the λ of the others to 0"
        )


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


def _karcher(products: Tensor) -> Tensor:
    """The weights of terms with these inner products whose sum is their Karcher mean, [K].

    Every point on the way is a sum of the terms, so that angles follow from their products alone.
    """
    lengths = products.diagonal().clamp(min=0).sqrt()
    own = lengths > 0
    weights = torch.zeros_like(lengths)
    count = int(own.sum())
    if not count:
        return weights
    cosines = products[own][:, own] / torch.outer(lengths[own], lengths[own])
    place = torch.full((count,), 1 / count, dtype=cosines.dtype, device=cosines.device)
    if _length(place, cosines) <= SPREAD:
        return torch.full_like(lengths, 1 / len(lengths))
    place = place / _length(place, cosines)
    for _ in range(STEPS):
        along = (cosines @ place).clamp(-1, 1)
        angles = along.acos()
        pull = torch.where(angles.sin() > STILL, angles / angles.sin(), 1.0) / count
        step = pull - (pull @ along) * place  # Σ pull_t (unit_t − along_t·u), as a sum of terms
        length = _length(step, cosines)
        if length < STILL:
            break
        place = math.cos(length) * place + math.sin(length) / length * step
        place = place / _length(place, cosines)
    weights[own] = place * lengths[own].mean() / lengths[own]
    return weights


def _length(weights: Tensor, products: Tensor) -> float:
    return math.sqrt(max(0.0, float(weights @ products @ weights)))
