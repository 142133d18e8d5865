import numpy as np
import pytest

from taskarith.core.suggested import suggested_coefficients
from taskarith.errors import CoefficientError


def test_equal_lengths_share_equally() -> None:
    found = suggested_coefficients(dict.fromkeys("abcd", 0.3))
    assert found == pytest.approx(dict.fromkeys("abcd", 0.25))


def test_what_cannot_be_suggested_says_why() -> None:
    with pytest.raises(CoefficientError, match="suggested for b: the vector is zero"):
        suggested_coefficients({"a": 1.0, "b": 0.0})


def test_it_is_the_sum_nearest_to_each_fine_tuned_model_long_vectors_counting_more() -> None:
    """λ = argmin Σ_t ‖τ_t‖² ‖Σ_k λ_k τ_k − τ_t‖² of orthogonal vectors, solved in float64."""
    directions, _ = np.linalg.qr(np.random.default_rng(0).normal(size=(50, 3)))
    vectors = (directions * [0.5, 1.0, 3.0]).T  # float64 [3, 50]
    weights = (vectors**2).sum(1)
    rows = np.concatenate([np.sqrt(weight) * vectors.T for weight in weights])
    wanted = np.concatenate([np.sqrt(w) * v for w, v in zip(weights, vectors, strict=True)])
    nearest, *_ = np.linalg.lstsq(rows, wanted, rcond=None)
    lengths = {name: float(np.linalg.norm(v)) for name, v in zip("abc", vectors, strict=True)}
    found = suggested_coefficients(lengths)
    assert list(found.values()) == pytest.approx(nearest, rel=1e-10)
