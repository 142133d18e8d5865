"""Random task vectors shaped like those of a small ViT, and made-up answers about data."""

from collections.abc import Mapping, Sequence
from functools import partial

import numpy as np
import torch
from torch import Tensor

from taskarith.core import Gram, TaskVector, Terms
from tests.core.merges.textbook import Array, Sigma

WIDTH, BLOCKS = 12, 2
SHAPES: dict[str, tuple[int, ...]] = {
    "visual.conv1.weight": (WIDTH, 3, 2, 2),
    "visual.class_embedding": (WIDTH,),
    "visual.positional_embedding": (5, WIDTH),
    "visual.ln_post.bias": (WIDTH,),
    "visual.proj": (WIDTH, 8),
    "logit_scale": (),
    "nothing": (0, 3),
} | {
    f"visual.transformer.resblocks.{block}.{name}": shape
    for block in range(BLOCKS)
    for name, shape in {
        "ln_1.weight": (WIDTH,),
        "attn.in_proj_weight": (3 * WIDTH, WIDTH),
        "attn.in_proj_bias": (3 * WIDTH,),
        "attn.out_proj.weight": (WIDTH, WIDTH),
        "mlp.c_fc.weight": (2 * WIDTH, WIDTH),
        "mlp.c_proj.weight": (WIDTH, 2 * WIDTH),
    }.items()
}


def fused(parameter: str) -> int:
    """Query, key and value lie above each other."""
    return 3 if parameter.endswith(("in_proj_weight", "in_proj_bias")) else 1


fused_terms = partial(Terms, fused=fused)
PAIRWISE = {"slerp", "nuslerp"}  # go between two vectors
LAYERS = {"a": {"visual.transformer.resblocks.1": 0.5, "visual.conv1": 0.0}}


def random_tensors(seed: int, *, dtype: torch.dtype = torch.float32) -> dict[str, Tensor]:
    generator = torch.Generator().manual_seed(seed)
    return {name: torch.randn(s, generator=generator).to(dtype) for name, s in SHAPES.items()}


def random_vector(seed: int, *, dtype: torch.dtype = torch.float32) -> TaskVector:
    return TaskVector(random_tensors(seed, dtype=dtype))


def zero_vector() -> TaskVector:
    return TaskVector({name: torch.zeros(shape) for name, shape in SHAPES.items()})


def split(tensors: Mapping[str, Array]) -> Sigma:
    """Query, key and value apart, as the textbook wants them."""
    apart: Sigma = {}
    for name, tensor in tensors.items():
        parts = np.split(tensor, 3) if "in_proj" in name else [tensor]
        apart |= {f"{name}/{i}" if "in_proj" in name else name: p for i, p in enumerate(parts)}
    return apart


def double(tensors: Mapping[str, Tensor]) -> Sigma:
    return split({name: tensor.double().numpy() for name, tensor in tensors.items()})


def sigmas(
    vectors: Mapping[str, TaskVector],
    coefficients: Mapping[str, float],
    layers: Mapping[str, Mapping[str, float]] | None = None,
) -> list[Sigma]:
    """σ_t = λ_t·τ_t in float64 for λ_t ≠ 0, zero where τ_t covers nothing, by name."""
    terms = []
    for vector in sorted(coefficients):
        term = {}
        for name, shape in SHAPES.items():
            factor = coefficients[vector]
            for group, value in (layers or {}).get(vector, {}).items():
                factor *= value if name.startswith(group) else 1.0
            tensor = vectors[vector].get(name, torch.zeros(shape))
            term[name] = factor * tensor.double().numpy()
        if coefficients[vector]:
            terms.append(split(term))
    return terms


class MadeUpStatistics:
    """Answers that no model gave; `target` is where the made-up entropy is lowest."""

    def __init__(self) -> None:
        self.target = random_tensors(999)
        self.asked: list[tuple[tuple[str, ...], int, int]] = []

    def fisher(self, vector: str, *, images: int) -> dict[str, Tensor]:
        return {name: t.square() for name, t in random_tensors(sum(vector.encode())).items()}

    def grams(self, vector: str, *, images: int) -> dict[str, Gram]:
        generator = torch.Generator().manual_seed(sum(vector.encode()))
        grams = {}
        for name, shape in SHAPES.items():
            if "resblocks" in name and len(shape) == 2:
                inputs = torch.randn(50, shape[1], generator=generator)
                grams[name] = Gram(inputs.T @ inputs / 50)
        return grams

    def entropy(
        self, merged: TaskVector, *, vectors: Sequence[str], step: int, images: int
    ) -> tuple[float, dict[str, Tensor]]:
        """½ ‖merged − target‖² and its gradient."""
        self.asked.append((tuple(vectors), step, images))
        gradient = {name: merged[name] - self.target[name] for name in merged}
        return sum(float(g.square().sum()) for g in gradient.values()) / 2, gradient
