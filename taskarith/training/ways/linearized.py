"""Tangent space: what is trained is the network's first-order expansion around where it starts.

Ortiz-Jimenez et al. 2023, arXiv:2305.12827: f(θ₀) + ∇f(θ₀)·(θ − θ₀), a model in which vectors add
without disturbing what is not theirs. There its edits stay in that model; here the vector moves the
network itself, as every slider does, and so is not as good as it was while it learned.
"""

from collections.abc import Callable, Sequence
from typing import Any

import torch
from torch import Tensor
from torch.nn.attention import SDPBackend, sdpa_kernel

from taskarith.models.family import ModelFamily
from taskarith.models.with_weights import with_weights
from taskarith.training.ways.way import DirectlyMoved, model_shapes

__all__ = ["LINEARIZED", "tangent_vision"]


def _blocks(model: Any, family: ModelFamily) -> list[str]:
    return family.trained(model_shapes(model), "blocks")


LINEARIZED = DirectlyMoved(
    name="linearized",
    title="Tangent space (linearized)",
    about="learns in the network's first-order expansion; the vector then moves the network itself",
    paper="https://arxiv.org/abs/2305.12827",
    rate=2e-4,
    examples=("images",),
    chosen=_blocks,
    tangent=True,
)


def tangent_vision(model: Any, names: Sequence[str]) -> Callable[[Tensor], Tensor]:
    """Embeddings of pictures by f(θ₀) + ∇f(θ₀)·(θ − θ₀), not normalized.

    θ₀ are the parameters called `names` as they are now, θ the same as they will be, into which
    gradients flow. By one Jacobian-vector product: about three forward passes.
    """
    own = dict(model.network.named_parameters())
    start = {name: own[name].detach().clone() for name in names}

    def embed(pictures: Tensor) -> Tensor:
        def at(*weights: Tensor) -> Tensor:
            named = dict(zip(names, weights, strict=True))
            return with_weights(model.network, named, lambda: model.vision(pictures))

        moved = tuple(own[name] - start[name] for name in names)
        fused = torch.backends.mha.get_fastpath_enabled()
        torch.backends.mha.set_fastpath_enabled(False)  # fused attention has no forward derivative
        try:
            with sdpa_kernel(SDPBackend.MATH):
                found = torch.func.jvp(at, tuple(start.values()), moved)
        finally:
            torch.backends.mha.set_fastpath_enabled(fused)
        together: Tensor = found[0] + found[1]
        return together

    return embed
