"""Terms that repeat, oppose or annul each other: no method may explode or let noise in."""

import math

import numpy as np
import pytest
import torch
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from taskarith.core import METHODS, TaskVector, merge
from tests.core.merges.examples import (
    MadeUpStatistics,
    double,
    fused_terms,
    random_vector,
    zero_vector,
)

STATISTICS = MadeUpStatistics()
TAU, OTHER = random_vector(1), random_vector(2)
SECOND = {
    "repeated": TAU,
    "parallel": 0.3 * TAU,
    "opposite": -0.7 * TAU,
    "nearly parallel": TAU + 1e-4 * OTHER,
    "nearly opposite": 1e-3 * OTHER - TAU,
    "far apart": 0.3 * OTHER - TAU,
    "zero": zero_vector(),
    "nearly orthogonal": OTHER,
}
lambdas = st.floats(-3, 3).map(lambda x: round(x, 4))

# How long a merge may be beside Σ ‖σ_t‖. DARE and DELLA divide by what they keep; ExPO and LiNeS go
# further by their defaults; RegMean solves with made-up
# Gram matrices whose condition is its own; AdaMerging's steps are its own, so it takes none.
LONGEST = dict.fromkeys(METHODS, 1.0) | {
    "dare": 5.0,
    "della": 1 / 0.4,
    "expo": 1.1,
    "lines": 1.5,
    "regmean": 5.0,
}
SETTINGS = {"dare": {"density": 0.2}, "adamerging": {"steps": 0}}


@pytest.mark.parametrize("second", SECOND)
@pytest.mark.parametrize("name", METHODS)
@given(one=lambdas, two=lambdas)
@settings(max_examples=10)
def test_no_method_explodes(name: str, second: str, one: float, two: float) -> None:
    assume(name != "adamerging" or max(one, two) > 0)  # it learns from tasks with λ > 0
    vectors = {"a": TAU, "b": SECOND[second]}
    found = merge(
        fused_terms(vectors, {"a": one, "b": two}),
        method=name,
        settings=SETTINGS.get(name),
        statistics=STATISTICS,
    )
    lengths = abs(one) * TAU.norm() + abs(two) * vectors["b"].norm()
    assert found.norm() <= LONGEST[name] * lengths * (1 + 1e-4) + 1e-9


@pytest.mark.parametrize("second", SECOND)
@given(one=lambdas, two=lambdas, position=st.floats(0, 1))
@settings(max_examples=25)
def test_slerp_is_never_longer_than_the_longer_term(
    second: str, one: float, two: float, position: float
) -> None:
    """0.3·τ − 0.5·τ gave vectors of up to 2,567 times the length of τ."""
    vectors = {"a": TAU, "b": SECOND[second]}
    terms = fused_terms(vectors, {"a": one, "b": two})
    found = merge(terms, method="slerp", settings={"position": position})
    lengths = [abs(one) * TAU.norm(), abs(two) * vectors["b"].norm()]
    assert found.norm() <= max(lengths) * (1 + 1e-5)


@given(one=lambdas, two=lambdas, position=st.floats(0, 1))
@settings(max_examples=25)
def test_slerp_between_multiples_of_one_vector_is_straight(
    one: float, two: float, position: float
) -> None:
    terms = fused_terms({"a": TAU, "b": TAU}, {"a": one, "b": two})
    found = merge(terms, method="slerp", settings={"position": position})
    between = (1 - position) * one + position * two
    factor = between if one and two else one + two  # a lone term is its own result
    for name, tensor in found.items():
        assert tensor.numpy() == pytest.approx(factor * TAU[name].numpy(), abs=1e-5)


def low_rank(tau: TaskVector, share: float) -> dict[str, np.ndarray]:
    """Every matrix with its first singular vectors alone."""
    kept = {}
    for name, matrix in double(tau).items():
        if matrix.ndim == 2 and matrix.size:
            u, s, vh = np.linalg.svd(matrix, full_matrices=False)
            rank = max(1, int(len(s) * share))
            matrix = u[:, :rank] * s[:rank] @ vh[:rank]
        kept[name] = matrix
    return kept


@given(lam=st.lists(st.floats(-3, 3).map(lambda x: round(x, 4)), min_size=2, max_size=4))
@settings(max_examples=25)
def test_tsv_m_of_one_vector_repeated_is_that_vector(lam: list[float]) -> None:
    """Under unequal λ rounding passed for singular vectors: up to 61 % off."""
    lam = [value for value in lam if value] or [1.0]
    coefficients = dict(zip("abcd", lam, strict=False))
    terms = fused_terms(dict.fromkeys(coefficients, TAU), coefficients)
    found, kept = double(merge(terms, method="tsv-m")), low_rank(TAU, 1 / len(lam))
    largest = max(map(abs, lam)) * max(np.abs(tensor).max(initial=0) for tensor in kept.values())
    for name, matrix in kept.items():
        expected = sum(lam) / len(lam) * matrix
        assert np.abs(found[name] - expected).max(initial=0) <= 1e-4 * largest


@pytest.mark.parametrize("size", [64, 256])
def test_tsv_m_of_a_large_matrix_repeated_lets_no_noise_in(size: int) -> None:
    tau = torch.randn(size, size, generator=torch.Generator().manual_seed(size))
    tau = tau / math.sqrt(size)
    for second in (tau, 0.3 * tau, -0.7 * tau):
        vectors = {"a": TaskVector({"w": tau}), "b": TaskVector({"w": second})}
        found = merge(fused_terms(vectors, {"a": 0.3, "b": -0.5}), method="tsv-m")["w"].double()
        kept = torch.from_numpy(low_rank(TaskVector({"w": tau}), 0.5)["w"])
        factor = (0.3 - 0.5 * float((second / tau).mean())) / 2
        assert torch.linalg.matrix_norm(found - factor * kept) <= 1e-3 * 0.3 * kept.norm()
