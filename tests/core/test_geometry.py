import math

import numpy as np
import pytest
import torch

from taskarith.core import (
    TaskVector,
    Terms,
    cosine_matrix,
    layer_grams,
    layer_group,
    layer_norms,
    sign_conflicts,
)
from tests.core.merges.examples import SHAPES, random_vector, sigmas, zero_vector
from tests.core.merges.textbook import flat, top

VECTORS = {name: random_vector(seed) for seed, name in enumerate("abc")} | {"z": zero_vector()}
COEFFICIENTS = {"a": 1.0, "b": -0.5, "c": 2.0}


def rows(coefficients: dict[str, float]) -> np.ndarray:
    return np.stack([flat(term) for term in sigmas(VECTORS, coefficients)])


def test_cosines_are_those_of_the_vectors() -> None:
    found = cosine_matrix(Terms(VECTORS, COEFFICIENTS))
    for i, a in enumerate("abc"):
        for j, b in enumerate("abc"):
            sign = math.copysign(1, COEFFICIENTS[a] * COEFFICIENTS[b])
            assert float(found[i, j]) == pytest.approx(sign * VECTORS[a].cosine(VECTORS[b]))
    assert torch.equal(found.diagonal(), torch.ones(3, dtype=torch.float64))


def test_a_vector_without_length_has_no_angle() -> None:
    found = cosine_matrix(Terms(VECTORS, {"a": 1.0, "z": 1.0}))
    assert found.isnan().tolist() == [[False, True], [True, True]]


def test_norms_by_layer_make_up_the_norm() -> None:
    found = layer_norms(Terms(VECTORS, COEFFICIENTS))
    groups = [layer_group(name) for name, shape in SHAPES.items() if 0 not in shape]
    assert list(found) == list(dict.fromkeys(groups))
    total = sum(norms.square() for norms in found.values())
    assert isinstance(total, torch.Tensor)
    assert total.sqrt().numpy() == pytest.approx(np.linalg.norm(rows(COEFFICIENTS), axis=1))
    block = {n: t for n, t in VECTORS["b"].items() if layer_group(n).endswith("resblocks.1")}
    assert float(found["visual.transformer.resblocks.1"][1]) == pytest.approx(
        0.5 * TaskVector(block).norm()
    )


def test_products_by_layer_are_those_of_the_terms() -> None:
    terms = Terms(VECTORS, COEFFICIENTS)
    found = layer_grams(terms)
    for group, norms in layer_norms(terms).items():
        assert found[group].diagonal().sqrt().numpy() == pytest.approx(norms.numpy())
    whole = sum(found.values())
    assert isinstance(whole, torch.Tensor)
    assert whole.numpy() == pytest.approx(rows(COEFFICIENTS) @ rows(COEFFICIENTS).T)


@pytest.mark.parametrize("density", [0.1, 0.5, 1.0])
def test_sign_conflicts_are_counted(density: float) -> None:
    found = sign_conflicts(Terms(VECTORS, COEFFICIENTS), density=density)
    trimmed = [top(row, density) for row in rows(COEFFICIENTS)]
    for i, one in enumerate(trimmed):
        for j, other in enumerate(trimmed):
            both = one * other != 0
            assert float(found[i, j]) == pytest.approx(np.mean((one * other < 0)[both]))


def test_a_negated_vector_conflicts_where_it_agreed() -> None:
    plain = sign_conflicts(Terms(VECTORS, {"a": 1.0, "b": 1.0}))[0, 1]
    negated = sign_conflicts(Terms(VECTORS, {"a": 1.0, "b": -1.0}))[0, 1]
    assert float(plain + negated) == pytest.approx(1.0)
    assert sign_conflicts(Terms(VECTORS, {"a": 1.0, "z": 1.0}))[0, 1].isnan()


def test_no_vectors_have_no_geometry() -> None:
    terms = Terms(VECTORS, {})
    assert cosine_matrix(terms).shape == sign_conflicts(terms).shape == (0, 0)
    assert layer_norms(terms) == layer_grams(terms) == {}
