"""Recomposing θ = θ₀ + Σ λ_k τ_k, K = 8, against the fastest copy of as many bytes, and peers.

`floor_ratio` = seconds ÷ (bytes that K + 1 reads and one write move ÷ the bandwidth of the fastest
copy in the same turns). `read_ratio` = seconds ÷ (bytes of the K + 1 reads ÷ the bandwidth of only
reading): a copy writes half of what it moves, an edit a tenth, and where writes cost less than
reads the second is the limit that counts. `peers` = seconds of others on the same weights ÷ ours.
"""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import torch
from torch import Tensor

from benchmarks.peers import weight_peers
from benchmarks.timing import CPU, machine, percentile, turns, waiting_for
from benchmarks.towers import TOWERS, Tower, random_vectors
from taskarith.core import Recomposer, layer_group
from taskarith.core.buffers import allocate
from taskarith.core.kernels import PlainKernel, make_kernel
from taskarith.evaluation import choose_device

__all__ = ["measure_tower", "run"]

VECTORS = 8
ROUNDS = 15
HEADLINE = "vit-b-32 float32"
STORAGES = (torch.float32, torch.float16, torch.bfloat16)


def run(suite: str, *, device: str = "cpu") -> dict[str, object]:  # only sizes matter
    chosen = choose_device(device)
    cases = {}
    for tower in TOWERS:
        for storage in STORAGES:
            name = f"{tower} {str(storage).removeprefix('torch.')}"
            cases[name] = measure_tower(
                **TOWERS[tower], storage=storage, peers=storage == torch.float32, device=chosen
            )
    headline = {
        name: cases[HEADLINE][name]
        for name in ("floor_ratio", "read_ratio", "copy_gb_per_s", "peers", "peers_missing")
    }
    return {"machine": machine(chosen), "of": HEADLINE, **headline, "cases": cases}


def measure_tower(
    *,
    width: int,
    blocks: int,
    patch: int,
    positions: int,
    storage: torch.dtype = torch.float32,
    peers: bool = True,
    rounds: int = ROUNDS,
    device: torch.device = CPU,
) -> dict[str, Any]:
    """Our engine, the limits and, if asked for, the peers on one tower, in turns."""
    module, own = (
        Tower(width=width, blocks=blocks, patch=patch, positions=positions).to(device)
        for _ in range(2)
    )
    base = {name: parameter.detach().clone() for name, parameter in own.named_parameters()}
    vectors = random_vectors(base, VECTORS)
    coefficients = {name: 0.1 * (index + 1) for index, name in enumerate(vectors)}
    engine = Recomposer(base, vectors, storage=storage, device=device)
    engine.bind(own)
    layers = {"t0": {layer_group(name): 0.5 for name in base if name.startswith("layers.")}}

    size = engine.layout.size
    read = VECTORS * size * storage.itemsize + size * 4
    copies = _copies((read + size * 4) // 8, device)
    # Filled: untouched zeros share one page.
    reading = allocate(read // 4, torch.float32).fill_(1).to(device)
    others, missing = weight_peers(module, base, vectors, coefficients) if peers else ({}, [])
    seconds = turns(
        {
            "recompose": lambda: engine.recompose(coefficients),
            "recompose_by_layer": lambda: engine.recompose(coefficients, layers=layers),
            "recompose_plain_torch": _plain(engine, coefficients),
            **copies,
            "read": reading.amax,
            **others,
        },
        rounds=rounds,
        wait=waiting_for(device),
    )
    p50 = {name: percentile(values, 50) for name, values in seconds.items()}
    ours, floor = p50["recompose"], min(p50[name] for name in copies)
    return {
        "parameters": sum(tensor.numel() for tensor in base.values()),
        "vectors": VECTORS,
        "milliseconds": {name: round(1000 * value, 3) for name, value in p50.items()},
        "copy_gb_per_s": round(1e-9 * (read + size * 4) / floor, 2),
        "read_gb_per_s": round(1e-9 * read / p50["read"], 2),
        "floor_ratio": round(ours / floor, 3),
        "read_ratio": round(ours / p50["read"], 3),
        "by_layer_ratio": round(p50["recompose_by_layer"] / ours, 3),
        "peers": {name: round(p50[name] / ours, 2) for name in others},
        "peers_missing": missing,
    }


def _copies(size: int, device: torch.device) -> dict[str, Callable[[], object]]:
    """Copies of `size` float32s on the same kind of pages as ours: each machine has its best."""
    size = size // 32 * 32
    source, destination = (allocate(size, torch.float32).fill_(1).to(device) for _ in range(2))
    compiled = make_kernel(destination, source, segments=[(0, size)], storage=torch.float32)
    copies: dict[str, Callable[[], object]] = {
        "copy_torch": lambda: destination.copy_(source),
        "copy_kernel": lambda: compiled([[]], [0]),  # on a CPU past the caches
    }
    if device != CPU:
        return copies
    threads = torch.get_num_threads()
    pool = ThreadPoolExecutor(threads)
    pairs = list(zip(source.chunk(threads), destination.chunk(threads), strict=True))

    def memcpy(pair: Sequence[Tensor]) -> None:
        pair[1].numpy()[:] = pair[0].numpy()  # the C library's

    return copies | {"copy_memcpy": lambda: list(pool.map(memcpy, pairs))}


def _plain(engine: Recomposer, coefficients: dict[str, float]) -> Callable[[], None]:
    """The same sum by the fallback, into a buffer of its own."""
    size = engine.layout.size
    output = torch.empty_like(engine._base)
    kernel = PlainKernel(output, engine._base, segments=[(0, size)])
    row = [(value, engine._vectors[name]) for name, value in coefficients.items()]
    return lambda: kernel([row], [0])
