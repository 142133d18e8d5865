"""DELLA: the masks by rank that it draws, and what it makes of them."""

import numpy as np
import pytest
import torch

from taskarith.core import TaskVector
from taskarith.core.merges import della
from taskarith.errors import SettingError
from tests.core.merges import textbook
from tests.core.merges.examples import fused_terms, random_vector

ROWS, COLUMNS = 2000, 11
RANKED = TaskVector({"w": torch.arange(1.0, COLUMNS + 1).flip(0).repeat(ROWS, 1)})


@pytest.mark.parametrize(("density", "window"), [(0.5, 0.2), (0.4, 0.7), (1.0, 0.0)])
def test_larger_entries_of_a_row_are_kept_more_often(density: float, window: float) -> None:
    found = della(fused_terms({"a": RANKED}), density=density, window=window)["w"]
    kept = (found != 0).float().mean(0).flip(0).numpy()  # from the smallest on
    chance = density + window * (np.arange(COLUMNS) / (COLUMNS - 1) - 0.5)
    assert kept == pytest.approx(chance, abs=0.04)
    for column in range(COLUMNS):
        values = found[:, -1 - column]
        expected = (column + 1) / chance[column]
        assert values[values != 0].numpy() == pytest.approx(expected, rel=1e-5)


def test_it_is_the_mean_of_those_that_agree_under_the_masks_it_draws() -> None:
    """Alone, a term shows what it keeps, enlarged; together signs are elected from that."""
    vectors = {name: random_vector(seed) for seed, name in enumerate("ab")}
    alone = [della(fused_terms({name: vectors[name]}), seed=3) for name in "ab"]
    both = della(fused_terms(vectors), seed=3)
    for name, tensor in both.items():
        parts = [each[name].double().numpy() for each in alone]
        assert tensor.numpy() == pytest.approx(textbook.elect(parts, mean=True), abs=1e-5)


def test_what_is_kept_whole_is_ties_without_trimming() -> None:
    vectors = {name: random_vector(seed) for seed, name in enumerate("abc")}
    found = della(fused_terms(vectors), density=1.0, window=0.0)
    for name, tensor in found.items():
        parts = [vectors[vector][name].double().numpy() for vector in "abc"]
        assert tensor.numpy() == pytest.approx(textbook.elect(parts, mean=True), abs=1e-5)


def test_the_mean_over_seeds_of_one_vector_is_that_vector() -> None:
    tau = TaskVector({"w": random_vector(1)["visual.proj"]})
    mean = sum(della(fused_terms({"a": tau}), seed=seed)["w"] for seed in range(400)) / 400
    error = (mean - tau["w"]).norm() / tau["w"].norm()
    assert float(error) < 3 * 400**-0.5


@pytest.mark.parametrize(("density", "window"), [(0.1, 0.2), (0.95, 0.2), (0.5, 1.0)])
def test_a_chance_outside_of_0_to_1_is_refused(density: float, window: float) -> None:
    with pytest.raises(SettingError, match="keep them above 0 and at most 1"):
        della(fused_terms({"a": RANKED}), density=density, window=window)
