"""Merges that drop entries at random: DARE and DELLA.

Each knows its formula over the terms σ_t = λ_t·τ_t and nothing else. `seed` and a vector's name
decide its masks, so that a moved slider does not change the others', and one seed is one mask on
every device.
"""

import hashlib
from typing import Annotated

import torch
from torch import Tensor

from taskarith.core.merges.registry import Bounds, method
from taskarith.core.merges.settings import Density, Scale
from taskarith.core.merges.sparse import elected
from taskarith.core.terms import Terms
from taskarith.core.vector import TaskVector
from taskarith.errors import SettingError

__all__ = ["dare", "della"]


@method(
    "dare",
    title="DARE",
    paper="https://arxiv.org/abs/2311.03099",
    scope="each entry alone, at random",
    normalization="kept entries ÷ density, then the sum",
    buffers=1,
    elsewhere="FusionBench's is this at scale 0.3; mergekit's dare_linear scales what is kept of a "
    "tensor back to its sum of magnitudes, and its dare_ties elects signs as well",
)
def dare(terms: Terms, *, density: Density = 0.5, scale: Scale = 1.0, seed: int = 0) -> TaskVector:
    """DARE: drop entries of every term at random, enlarge the rest, sum.

    scale · Σ m_t ⊙ σ_t ÷ density, with every entry of the mask m_t kept with the probability
    `density`.
    """
    generators = [_generator(seed, name) for name in terms.names]

    def merged(stack: Tensor) -> Tensor:
        shape = stack.shape[1:]
        masks = [torch.rand(shape, generator=generator) < density for generator in generators]
        kept = torch.stack(masks).to(stack.device)
        return torch.where(kept, stack, 0.0).sum(0) / density

    blocks = ((block, merged(stack)) for block, stack in terms.stacked_blocks())
    return terms.collect(blocks, scale=scale)


Window = Annotated[
    float, Bounds("how much likelier a row's largest entry is kept than its smallest", 0, 1)
]


@method(
    "della",
    title="DELLA",
    paper="https://arxiv.org/abs/2406.11617",
    scope="each entry at random, by its rank in its row",
    normalization="kept entries ÷ their chance, then the mean of those that agree",
    buffers=1,
    elsewhere="mergekit's epsilon is half the window, 0.15 by default; what is kept of a tensor is "
    "scaled back to its sum of magnitudes",
)
def della(
    terms: Terms,
    *,
    density: Density = 0.5,
    window: Window = 0.2,
    scale: Scale = 1.0,
    seed: int = 0,
) -> TaskVector:
    """DELLA: drop small entries more often than large ones, enlarge the rest, elect signs, average.

    Of a row of n entries of σ_t, the r-th from the smallest is kept with the probability
    p = density + window · ((r−1)/(n−1) − ½) and divided by p; signs are then elected as in TIES,
    and `scale` times the mean of those that agree is the result.
    Raises SettingError where a probability would not lie in 0…1.
    """
    if not window / 2 < density <= 1 - window / 2:
        raise SettingError(
            f"density = {density:g} with window = {window:g} gives chances from "
            f"{density - window / 2:g} to {density + window / 2:g}; keep them above 0 and at most 1"
        )
    generators = [_generator(seed, name) for name in terms.names]

    def kept(row: Tensor, generator: torch.Generator) -> Tensor:
        lines = row.reshape(row.shape[0], -1) if row.ndim > 1 else row.reshape(1, -1)
        ranks = lines.abs().argsort(dim=1, stable=True).argsort(dim=1)
        place = ranks / max(lines.shape[1] - 1, 1) - 0.5 * (lines.shape[1] > 1)
        chance = density + window * place
        mask = torch.rand(lines.shape, generator=generator).to(row.device) < chance
        return torch.where(mask, lines / chance, 0.0).flatten()

    def merged(stack: Tensor) -> Tensor:
        rows = torch.stack([kept(*each) for each in zip(stack, generators, strict=True)])
        return elected(rows, torch.zeros(len(rows), device=rows.device), mean=True)

    return terms.collect(((piece, merged(stack)) for piece, stack in terms.stacks()), scale=scale)


def _generator(seed: int, name: str) -> torch.Generator:
    digest = hashlib.sha256(f"{seed}/{name}".encode()).digest()
    return torch.Generator().manual_seed(int.from_bytes(digest[:7], "big"))
