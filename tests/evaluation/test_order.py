import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from taskarith.evaluation.order import stratified_order

labels_of_splits = st.lists(st.integers(0, 6), min_size=1, max_size=120).map(np.array)


@given(labels_of_splits, st.integers(0, 3))
def test_every_prefix_mirrors_the_classes(labels: np.ndarray, seed: int) -> None:
    order = stratified_order(labels, seed=seed)
    assert sorted(order.tolist()) == list(range(len(labels)))
    classes, sizes = np.unique(labels, return_counts=True)
    for n in range(len(labels) + 1):
        seen = (labels[order[:n]][:, None] == classes).sum(0)
        # One share f of the split fits every class c: its count is f·size, give or take one.
        assert ((seen - 1) / sizes).max() <= ((seen + 1) / sizes).min()
        if n % len(classes) == 0 and len(set(sizes)) == 1:
            assert (seen == n // len(classes)).all()


def test_unequal_classes_keep_their_share() -> None:
    labels = np.repeat([0, 1, 2], [600, 300, 100])
    order = stratified_order(labels)
    for n in (10, 16, 32, 128, 500):
        seen = np.bincount(labels[order[:n]], minlength=3)
        assert np.abs(seen - n * np.array([0.6, 0.3, 0.1])).max() <= 2


def test_the_order_is_seeded_and_the_seed_matters() -> None:
    labels = np.arange(60) % 4
    assert (stratified_order(labels) == stratified_order(labels)).all()
    assert (stratified_order(labels, seed=1) != stratified_order(labels, seed=2)).any()


def test_no_class_goes_by_its_place_in_the_file() -> None:
    order = stratified_order(np.zeros(500, dtype=int))
    assert abs(np.corrcoef(order, np.arange(500))[0, 1]) < 0.15


@pytest.mark.parametrize("n", [0, 1])
def test_tiny_splits(n: int) -> None:
    assert stratified_order(np.zeros(n, dtype=int)).tolist() == list(range(n))
