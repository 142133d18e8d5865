"""Which output of a head is which class, found by trial where the checkpoint does not say.

MNLI's heads come in several orders, and the wrong one answers 7 % in place of 84 %. Knows answers
and labels; nothing of models.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

__all__ = ["MOST_CLASSES", "OrderTrial", "balanced", "try_orders"]

MOST_CLASSES = 64
LUCK = 0.01  # how often coins in place of examples may say it as clearly


@dataclass(frozen=True)
class OrderTrial:
    """The order of outputs that answers most of some labelled examples rightly, and its rival.

    Attributes:
        order: for each class, which output is its own.
        n: how many examples were tried.
        right: how many of them it answers rightly.
        rival_right: how many the best of all other orders does.
        luck: how often fair coins would favour it over that rival as clearly, where the two differ.
    """

    order: tuple[int, ...]
    n: int
    right: int
    rival_right: int
    luck: float

    @property
    def clear(self) -> bool:
        """Whether the examples tell the order from every other."""
        return self.luck <= LUCK

    def in_words(self) -> str:
        """What was found, with n.

        >>> OrderTrial((1, 0), 64, 60, 4, 0.0).in_words()
        'right on 94 % of 64 validation texts, the next order on 6 %'
        """
        return (
            f"right on {100 * self.right / self.n:.0f} % of {self.n} validation texts, the next "
            f"order on {100 * self.rival_right / self.n:.0f} %"
        )


def try_orders(outputs: np.ndarray, labels: np.ndarray, *, classes: int) -> OrderTrial:
    """The best order of all, from the largest output and the class of every example, int [n].

    The best assignment of outputs to classes on the table of both (Kuhn 1955,
    doi:10.1002/nav.3800020109), and the second best: the best of those that leave out one of its
    pairs. The two are compared by a sign test on the examples that they answer differently.

    >>> trial = try_orders(np.array([1, 0] * 8), np.array([0, 1] * 8), classes=2)
    >>> trial.order, trial.right, trial.rival_right, trial.clear
    ((1, 0), 16, 0, True)
    """
    table = np.zeros((classes, classes))
    np.add.at(table, (labels, outputs), 1)
    best = _best(table)
    rivals = []
    for label, output in enumerate(best):
        without = table.copy()
        without[label, output] = -len(labels) - 1
        rivals.append(_best(without))
    rival = max(rivals, key=lambda order: _right(table, order))
    ours = outputs == np.array(best)[labels]
    theirs = outputs == np.array(rival)[labels]
    luck = _sign_test(int((ours & ~theirs).sum()), int((theirs & ~ours).sum()))
    return OrderTrial(best, len(labels), int(ours.sum()), int(theirs.sum()), luck)


def balanced(labels: np.ndarray, *, classes: int, most: int) -> np.ndarray:
    """Rows of as many examples of each class, at most about `most` in all, drawn by a fixed seed.

    An output that is always the largest then tells nothing. Empty where a class has none.
    """
    random = np.random.default_rng(0)
    rows = [random.permutation(np.flatnonzero(labels == label)) for label in range(classes)]
    each = min(max(1, most // classes), *map(len, rows))
    return np.concatenate([own[:each] for own in rows])


def _best(table: np.ndarray) -> tuple[int, ...]:
    from scipy.optimize import linear_sum_assignment  # costs a second, and is seldom asked

    return tuple(int(output) for output in linear_sum_assignment(table, maximize=True)[1])


def _right(table: np.ndarray, order: Sequence[int]) -> float:
    return float(table[np.arange(len(order)), list(order)].sum())


def _sign_test(gained: int, lost: int) -> float:
    """How often n fair coins show at least `gained` heads, n = gained + lost."""
    n = gained + lost
    return sum(math.comb(n, k) for k in range(gained, n + 1)) / 2**n
