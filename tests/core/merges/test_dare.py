import pytest
import torch

from taskarith.core import TaskVector, merge
from taskarith.core.merges import dare
from tests.core.merges.examples import LAYERS, SHAPES, double, fused_terms, random_vector, sigmas
from tests.core.merges.test_merges import COEFFICIENTS, DENSITIES, VECTORS

A, B = random_vector(1), random_vector(2)
LARGE = TaskVector({"w": torch.ones(300, 400)})


def flat(vector: TaskVector) -> torch.Tensor:
    return torch.cat([tensor.flatten() for tensor in vector.values()])


@pytest.mark.parametrize("example", VECTORS)
@pytest.mark.parametrize("density", DENSITIES)
def test_it_is_its_textbook_version_under_the_masks_it_draws(density: float, example: str) -> None:
    """A vector of ones under the same name and seed shows the mask; the rest is arithmetic."""
    vectors = VECTORS[example]
    coefficients = {name: COEFFICIENTS[name] for name in vectors}
    ones = TaskVector({name: torch.ones(shape) for name, shape in SHAPES.items()})
    kept = (dare(fused_terms({name: ones}), density=density, seed=9) for name in sorted(vectors))
    masks = [double({name: tensor != 0 for name, tensor in each.items()}) for each in kept]
    found = double(dare(fused_terms(vectors, coefficients, layers=LAYERS), density=density, seed=9))
    terms = sigmas(vectors, coefficients, LAYERS)
    for tensor in found:
        parts = [mask[tensor] * term[tensor] for mask, term in zip(masks, terms, strict=True)]
        expected = sum(parts) / density
        assert found[tensor] == pytest.approx(expected, rel=1e-5, abs=1e-5 / density)


@pytest.mark.parametrize("density", [0.1, 0.5, 0.9, 1.0])
def test_entries_are_dropped_or_enlarged(density: float) -> None:
    found = dare(fused_terms({"a": LARGE}, {"a": -2.0}), density=density)["w"]
    kept = found != 0
    assert float(kept.float().mean()) == pytest.approx(density, abs=0.01)
    assert found[kept].unique().tolist() == pytest.approx([-2.0 / density])


def test_masks_have_no_structure() -> None:
    kept = dare(fused_terms({"a": LARGE}), density=0.5)["w"] != 0
    for axis in (0, 1):
        assert float(kept.float().mean(axis).std()) < 0.05


def test_the_sum_is_that_of_each_vector_alone() -> None:
    both = dare(fused_terms({"a": A, "b": B}, {"a": 0.5, "b": -1.0}), density=0.3, seed=4)
    alone = [
        dare(fused_terms({n: v}, {n: c}), density=0.3, seed=4)
        for n, v, c in (("a", A, 0.5), ("b", B, -1.0))
    ]
    assert torch.allclose(flat(both), flat(alone[0]) + flat(alone[1]), atol=1e-5)


def test_a_seed_is_a_mask_and_each_vector_has_its_own() -> None:
    first, again, other = (flat(dare(fused_terms({"a": A}), seed=seed)) for seed in (3, 3, 4))
    assert torch.equal(first, again)
    assert not torch.equal(first == 0, other == 0)
    renamed = flat(dare(fused_terms({"b": A}), seed=3))
    assert not torch.equal(first == 0, renamed == 0)


def test_merge_passes_the_seed_on() -> None:
    by_name = merge(fused_terms({"a": A}), method="dare", seed=5)
    assert torch.equal(flat(by_name), flat(dare(fused_terms({"a": A}), seed=5)))


def test_the_mean_over_seeds_is_the_vector() -> None:
    terms = fused_terms({"a": A})
    mean = sum(flat(dare(terms, density=0.5, seed=seed)) for seed in range(400)) / 400
    error = (mean - flat(A)).norm() / flat(A).norm()
    assert float(error) < 3 * 400**-0.5
