"""Recomposing θ = θ₀ + Σ λ_k τ_k against the fastest copy of as many bytes, and against peers.

`floor_ratio` = seconds ÷ (bytes that K+1 reads and one write move ÷ the copy bandwidth measured in
the same turns); 1 is the limit of memory. Peers do the same sum on the same weights: a loop over
names with `load_state_dict`, the same loop into the parameters in place, and one flat matrix–vector
product.
"""

from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor, nn

from benchmarks.timing import machine, percentile, turns
from taskarith.core import Recomposer, TaskVector

__all__ = ["measure_size", "run"]

VECTORS = 8
ROUNDS = 15
# name → (width, blocks) of a transformer's block matrices: `mini` and CLIP ViT-B/32.
SIZES = {"mini": (192, 4), "vit-b-32": (768, 12)}


def run(suite: str) -> dict[str, object]:  # of any suite: only sizes matter
    return {"machine": machine(), **{name: measure_size(*size) for name, size in SIZES.items()}}


def measure_size(width: int, blocks: int) -> dict[str, Any]:
    """All contestants on the block matrices of one transformer."""
    module = _Blocks(width, blocks)
    base = {name: p.detach().clone() for name, p in module.named_parameters()}
    names = [f"t{index}" for index in range(VECTORS)]
    vectors = {
        name: TaskVector({key: torch.randn_like(tensor) * 1e-3 for key, tensor in base.items()})
        for name in names
    }
    engine = Recomposer(base, vectors)
    engine.bind(module)
    coefficients = {name: 0.1 * (index + 1) for index, name in enumerate(names)}

    floats = engine.layout.size
    # A copy reads and writes; half the moved bytes make the source, half the destination.
    moved = (VECTORS + 2) * floats
    source, destination = torch.ones(moved // 2), torch.empty(moved // 2)
    peer = _Blocks(width, blocks)
    flat_base = torch.cat([tensor.flatten() for tensor in base.values()])
    flat_vectors = torch.stack(
        [torch.cat([t.flatten() for t in vectors[name].values()]) for name in names], dim=1
    )
    weights, output = torch.tensor(list(coefficients.values())), torch.empty(floats)

    seconds = turns(
        {
            "recompose": lambda: engine.recompose(coefficients),
            "copy_torch": lambda: destination.copy_(source),
            "copy_numpy": lambda: destination.numpy().__setitem__(slice(None), source.numpy()),
            "peer_load_state_dict": lambda: peer.load_state_dict(_sum(base, vectors, coefficients)),
            "peer_loop_in_place": lambda: _sum_in_place(peer, base, vectors, coefficients),
            "peer_matrix_vector": lambda: torch.addmv(flat_base, flat_vectors, weights, out=output),
        },
        rounds=ROUNDS,
    )
    p50 = {name: percentile(values, 50) for name, values in seconds.items()}
    floor = min(p50["copy_torch"], p50["copy_numpy"])
    return {
        "parameters": floats,
        "vectors": VECTORS,
        "milliseconds": {name: round(1000 * value, 3) for name, value in p50.items()},
        "copy_gigabytes_per_second": round(4e-9 * moved / floor, 2),
        "floor_ratio": round(p50["recompose"] / floor, 3),
        "fraction_of_bandwidth": round(floor / p50["recompose"], 3),
        "times_faster_than": {
            name: round(value / p50["recompose"], 2)
            for name, value in p50.items()
            if name.startswith("peer")
        },
    }


class _Blocks(nn.Module):
    """The matrices of a stack of transformer blocks, for their sizes only."""

    def __init__(self, width: int, blocks: int) -> None:
        super().__init__()
        shapes = [(3 * width, width), (width, width), (4 * width, width), (width, 4 * width)]
        self.matrices = nn.ParameterList(
            nn.Parameter(torch.randn(shape) * 0.02, requires_grad=False)
            for _ in range(blocks)
            for shape in shapes
        )


def _sum(
    base: Mapping[str, Tensor],
    vectors: Mapping[str, TaskVector],
    coefficients: Mapping[str, float],
) -> dict[str, Tensor]:
    state = {}
    for name, start in base.items():
        total = start
        for vector, coefficient in coefficients.items():
            total = total + coefficient * vectors[vector][name]
        state[name] = total
    return state


def _sum_in_place(
    module: nn.Module,
    base: Mapping[str, Tensor],
    vectors: Mapping[str, TaskVector],
    coefficients: Mapping[str, float],
) -> None:
    for name, parameter in module.named_parameters():
        parameter.data.copy_(base[name])
        for vector, coefficient in coefficients.items():
            parameter.data.add_(vectors[vector][name], alpha=coefficient)
