"""The best order of outputs against all there are, and what does not tell."""

from itertools import permutations

import numpy as np
import pytest

from taskarith.heads.label_order import balanced, try_orders


@pytest.mark.parametrize("classes", [2, 3, 4])
def test_best_and_next_are_those_of_trying_all(classes: int) -> None:
    random = np.random.default_rng(classes)
    hidden = random.permutation(classes)
    for _ in range(20):
        labels = random.integers(classes, size=40)
        knows = random.random(40) < 0.5
        outputs = np.where(knows, hidden[labels], random.integers(classes, size=40))
        trial = try_orders(outputs, labels, classes=classes)
        rights = sorted(
            (
                int((outputs == np.array(order)[labels]).sum())
                for order in permutations(range(classes))
            ),
            reverse=True,
        )
        assert [trial.right, trial.rival_right] == rights[:2]
        assert trial.right == int((outputs == np.array(trial.order)[labels]).sum())
        assert trial.n == 40


def test_what_does_not_tell_is_not_clear() -> None:
    random = np.random.default_rng(0)
    labels = np.repeat([0, 1, 2], 20)
    told = try_orders(np.array([2, 0, 1])[labels], labels, classes=3)
    assert told.order == (2, 0, 1)
    assert told.clear
    assert not try_orders(random.integers(3, size=60), labels, classes=3).clear
    # Two of three classes told apart is not enough, and an output that always wins tells nothing.
    assert not try_orders(np.minimum(labels, 1), labels, classes=3).clear
    assert not try_orders(np.zeros(60, dtype=int), labels, classes=3).clear
    assert not try_orders(labels[::20], labels[::20], classes=3).clear  # too few


def test_classes_are_tried_alike_often() -> None:
    labels = np.array([0] * 90 + [1] * 7 + [2] * 30)
    rows = balanced(labels, classes=3, most=64)
    assert np.bincount(labels[rows]).tolist() == [7, 7, 7]
    assert len(set(rows)) == 21
    assert np.bincount(labels[balanced(labels, classes=3, most=9)]).tolist() == [3, 3, 3]
    assert not len(balanced(labels, classes=4, most=64))
