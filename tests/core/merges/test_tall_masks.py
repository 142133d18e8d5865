import torch

from taskarith.core.merges import tall_masks
from tests.core.merges.examples import fused_terms, random_vector, sigmas, split


def test_the_masks_are_the_formula() -> None:
    vectors = {name: random_vector(seed) for seed, name in enumerate("abc")}
    coefficients = {"a": 0.5, "b": -1.0, "c": 0.25}
    masks = tall_masks(fused_terms(vectors, coefficients), threshold=0.5)
    terms = sigmas(vectors, coefficients)
    for vector, own in zip("abc", terms, strict=True):
        found = split({name: mask.numpy() for name, mask in masks[vector].items()})
        for name, tensor in own.items():
            others = sum(term[name] for term in terms if term is not own)
            assert (found[name] == (abs(tensor) >= 0.5 * abs(others))).all()


def test_a_lone_task_needs_everything() -> None:
    masks = tall_masks(fused_terms({"a": random_vector(1)}))
    assert all(bool(mask.all()) for mask in masks["a"].values())
    assert all(mask.dtype == torch.bool for mask in masks["a"].values())
