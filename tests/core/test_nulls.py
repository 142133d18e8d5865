from collections.abc import Callable

import pytest
import torch

from taskarith.core import NULLS, TaskVector, permuted_vector, random_vector

VECTOR = TaskVector(
    {
        "w": torch.randn(40, 50, generator=torch.Generator().manual_seed(0)),
        "b": torch.linspace(-1, 1, 64).half(),
        "still": torch.zeros(4),
        "empty": torch.zeros(0),
    }
)
nulls = pytest.mark.parametrize("null", NULLS.values(), ids=list(NULLS))


@nulls
def test_a_null_has_names_shapes_dtypes_and_norm_of_each_tensor(
    null: Callable[[TaskVector, int], TaskVector],
) -> None:
    made = null(VECTOR, 3)
    assert list(made) == list(VECTOR)
    for name, tensor in VECTOR.items():
        assert made[name].shape == tensor.shape
        assert made[name].dtype == tensor.dtype
        length = float(tensor.double().norm())
        assert float(made[name].double().norm()) == pytest.approx(length, rel=1e-3)


@nulls
def test_one_seed_is_one_direction_unlike_the_vector(
    null: Callable[[TaskVector, int], TaskVector],
) -> None:
    first, again, other = null(VECTOR, 3), null(VECTOR, 3), null(VECTOR, 4)
    assert all(torch.equal(first[name], again[name]) for name in VECTOR)
    for unlike in (other, VECTOR):
        assert abs(first.cosine(unlike)) < 0.1


def test_a_permutation_keeps_the_numbers_of_each_tensor() -> None:
    made = permuted_vector(VECTOR, 0)
    for name, tensor in VECTOR.items():
        assert torch.equal(made[name].flatten().sort().values, tensor.flatten().sort().values)


def test_a_random_vector_is_gaussian() -> None:
    values = random_vector(VECTOR, 0)["w"].flatten()
    values = values / values.std()
    assert float((values.abs() < 1).float().mean()) == pytest.approx(0.683, abs=0.03)
    assert float((values.abs() < 2).float().mean()) == pytest.approx(0.954, abs=0.02)
