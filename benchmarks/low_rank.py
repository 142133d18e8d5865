"""Vectors of low rank added as λ·B·A, against the same vectors made dense, K = 8 at ranks 4–64.

`ratio` = seconds of one matrix product a parameter, with the factors of all adapters side by side,
÷ seconds of the engine's pass over dense vectors; below 1 the factors are quicker. `off` = the
largest difference between the two answers. `bytes` = of the factors ÷ of the dense vectors.
"""

from typing import Any

import torch
from torch import Tensor

from benchmarks.timing import machine, percentile, turns
from taskarith.core import Recomposer, TaskVector

__all__ = ["measure_rank", "run"]

VECTORS = 8
ROUNDS = 9
RANKS = (4, 8, 16, 32, 64)
WIDTH, MATRICES = 768, 6  # matrices of [768, 3072], as in a ViT-B


def run(suite: str) -> dict[str, object]:  # only sizes matter
    return {
        "machine": machine(),
        "of": f"K = {VECTORS}, {MATRICES} matrices [{WIDTH}, {4 * WIDTH}]",
    } | {f"rank {rank}": measure_rank(rank) for rank in RANKS}


def measure_rank(
    rank: int, *, width: int = WIDTH, matrices: int = MATRICES, rounds: int = ROUNDS
) -> dict[str, Any]:
    """Both ways on the same adapters, in turns, with dense vectors in float32 and float16."""
    names = [f"layers.{index}.up.weight" for index in range(matrices)]
    base = {name: torch.randn(width, 4 * width) for name in names}
    factors = {
        name: [
            (torch.randn(width, rank) * 1e-2, torch.randn(rank, 4 * width) * 1e-2)
            for _ in range(VECTORS)
        ]
        for name in names
    }
    lefts = {name: torch.cat([b for b, _ in own], 1) for name, own in factors.items()}
    rights = {name: torch.cat([a for _, a in own]) for name, own in factors.items()}
    coefficients = {f"t{index}": 0.1 * (index + 1) for index in range(VECTORS)}
    column = torch.tensor(list(coefficients.values())).repeat_interleave(rank)
    output = {name: torch.empty_like(tensor) for name, tensor in base.items()}

    def low() -> None:
        for name, start in base.items():
            torch.addmm(start, lefts[name] * column, rights[name], out=output[name])

    engines = {
        storage: Recomposer(base, _dense(factors), storage=storage)
        for storage in (torch.float32, torch.float16)
    }
    contestants = {
        "low rank": low,
        "float32": lambda: engines[torch.float32].recompose(coefficients),
        "float16": lambda: engines[torch.float16].recompose(coefficients),
    }
    seconds = {name: percentile(own, 50) for name, own in turns(contestants, rounds=rounds).items()}
    exact = engines[torch.float32].state()
    both = sum(b.nbytes + a.nbytes for own in factors.values() for b, a in own)
    dense = VECTORS * sum(tensor.nbytes for tensor in base.values())
    return {
        "ratio to float32": round(seconds["low rank"] / seconds["float32"], 2),
        "ratio to float16": round(seconds["low rank"] / seconds["float16"], 2),
        "off": max(float((exact[name] - output[name]).abs().max()) for name in names),
        "bytes": round(both / dense, 3),
        "seconds": seconds,
    }


def _dense(factors: dict[str, list[tuple[Tensor, Tensor]]]) -> dict[str, TaskVector]:
    return {
        f"t{index}": TaskVector(
            {name: b @ a for name, own in factors.items() for b, a in [own[index]]}
        )
        for index in range(VECTORS)
    }
