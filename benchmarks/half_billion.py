"""A causal language model of half a billion parameters in bfloat16, and eight vectors of it.

Shapes and names are Qwen2.5-0.5B's, weights are random. The vectors stay in memory-mapped files, of
which the formula counts none: `ratio` = what the process holds of its own once the engine is made
and has made an edit of all ÷ the formula. `recompose_ms` for one, two and all vectors, beside
`copy_ms`, plain copies of as many vectors out of the same files; `first_ms` is the first edit of
all. `exact` = an edit of nothing is the base bit for bit, and a matrix of one of all is the sum to
bfloat16's rounding. Takes 8 GB of disk and 4 GB of memory. Linux only.
"""

from collections.abc import Callable, Iterator, Mapping
from functools import partial
from math import prod
from time import perf_counter
from typing import Any

import torch
from torch import Tensor

from benchmarks.memory import give_back, warm_up
from benchmarks.processes import resident
from benchmarks.timing import machine, percentile, turns
from taskarith.core import Recomposer, TaskVector
from taskarith.sources.mapped import MappedBuffers
from taskarith.tasks import cache_folder

__all__ = ["QWEN", "drawn", "measure_language", "run", "shapes"]

VECTORS, ROUNDS = 8, 2  # a round moves 22 GB
BLOCK = 1 << 20
QWEN = {"words": 151_936, "width": 896, "layers": 24, "inner": 4_864, "keys": 128}


def run(suite: str) -> dict[str, object]:  # only sizes matter
    return {"machine": machine(), **measure_language(QWEN, vectors=VECTORS, rounds=ROUNDS)}


def shapes(
    *, words: int, width: int, layers: int, inner: int, keys: int
) -> dict[str, tuple[int, ...]]:
    """Names and shapes of a Qwen2 whose output is tied to its table of words."""
    block: dict[str, tuple[int, ...]] = {"input_layernorm.weight": (width,)}
    for part, rows in (("q", width), ("k", keys), ("v", keys)):
        block[f"self_attn.{part}_proj.weight"] = (rows, width)
        block[f"self_attn.{part}_proj.bias"] = (rows,)
    block |= {
        "self_attn.o_proj.weight": (width, width),
        "post_attention_layernorm.weight": (width,),
        "mlp.gate_proj.weight": (inner, width),
        "mlp.up_proj.weight": (inner, width),
        "mlp.down_proj.weight": (width, inner),
    }
    every = {f"model.layers.{i}.{n}": shape for i in range(layers) for n, shape in block.items()}
    return {"model.embed_tokens.weight": (words, width), **every, "model.norm.weight": (width,)}


def measure_language(sizes: Mapping[str, int], *, vectors: int, rounds: int) -> dict[str, Any]:
    """An engine of random weights of such a model with vectors in files, and edits by it."""
    known = shapes(**sizes)
    warm_up({"model.norm.weight": torch.zeros(known["model.norm.weight"])})
    give_back()
    before = resident("self").private
    base = drawn(known, seed=0, scale=0.02)
    keep = MappedBuffers(cache_folder() / "vectors")
    engine = Recomposer(base, _Drawn(known, vectors), storage=torch.bfloat16, keep=keep)
    every = {name: 0.1 * (i + 1) for i, name in enumerate(engine.vectors)}
    started = perf_counter()
    engine.recompose(every)
    first = perf_counter() - started
    give_back()
    private, need = resident("self").private - before, engine.memory.total
    exact = _is_sum(engine, base, every)
    copied = {name: torch.empty_like(tensor) for name, tensor in base.items()}

    def copy(count: int) -> None:
        for vector in engine.vectors[:count]:
            for name, tensor in engine.vector(vector).items():
                copied[name].copy_(tensor)

    few = sorted({1, min(2, vectors), vectors})
    contestants: dict[str, Callable[[], object]] = {}
    for count in few:
        own = dict(list(every.items())[:count])
        contestants[f"recompose {count}"] = partial(engine.recompose, own)
        contestants[f"copy {count}"] = partial(copy, count)
    found = turns(contestants, rounds=rounds, warm_up=1)
    medians = {name: round(1000 * percentile(own, 50), 2) for name, own in found.items()}
    engine.recompose({})
    state = engine.state()
    return {
        "parameters": sum(tensor.numel() for tensor in base.values()),
        "vectors": vectors,
        "formula_mb": round(need / 2**20, 1),
        "private_mb": round(private / 2**20, 1),
        "ratio": round(private / need, 3),
        "first_ms": round(1000 * first, 1),
        "recompose_ms": {count: medians[f"recompose {count}"] for count in few},
        "copy_ms": {count: medians[f"copy {count}"] for count in few},
        "exact": exact and all(torch.equal(state[name], base[name]) for name in base),
    }


def _is_sum(engine: Recomposer, base: Mapping[str, Tensor], edit: Mapping[str, float]) -> bool:
    name = next(name for name in base if name.endswith("o_proj.weight"))
    total = base[name].float()
    for vector, coefficient in edit.items():
        total += coefficient * engine.vector(vector)[name].float()
    found = engine.state()[name]
    # A sum in another order may fall on the other side of a rounding.
    return bool(torch.allclose(found.float(), total, rtol=2**-8, atol=1e-6))


def drawn(known: Mapping[str, tuple[int, ...]], *, seed: int, scale: float) -> dict[str, Tensor]:
    """Random tensors of these shapes in bfloat16, each in memory of its own size."""
    # A million numbers over and over: what they are makes no edit slower or faster.
    generator = torch.Generator().manual_seed(seed)
    block = torch.empty(BLOCK, dtype=torch.bfloat16).normal_(0, scale, generator=generator)
    return {
        # A copy, or a row of 896 numbers would keep the whole million that it was cut from.
        name: block.repeat(-(-prod(shape) // BLOCK))[: prod(shape)].clone().view(shape)
        for name, shape in known.items()
    }


class _Drawn(Mapping[str, TaskVector]):
    """Random vectors as small as those of fine-tuning, drawn when they are asked for."""

    def __init__(self, known: Mapping[str, tuple[int, ...]], count: int) -> None:
        self._known, self._count = known, count

    def __getitem__(self, name: str) -> TaskVector:
        return TaskVector(drawn(self._known, seed=int(name[1:]) + 1, scale=1e-3))

    def __iter__(self) -> Iterator[str]:
        return (f"t{index}" for index in range(self._count))

    def __len__(self) -> int:
        return self._count
