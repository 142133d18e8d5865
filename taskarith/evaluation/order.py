"""The order in which the images of a split are measured; knows labels, not images."""

import numpy as np

__all__ = ["ORDER_SEED", "stratified_order"]

ORDER_SEED = 5


def stratified_order(labels: np.ndarray, *, seed: int = ORDER_SEED) -> np.ndarray:
    """A seeded permutation, int64 [n], whose every prefix mirrors the split's class balance.

    After k of n images each class c has been seen k·n_c/n times, give or take one: so an early
    accuracy is an estimate of the final one, not of whichever classes came first. The j-th image
    (in random order) of class c stands at (j + u_c)/n_c of the way, with u_c random in (0, 1):
    systematic sampling within strata, Madow 1949, doi:10.1214/aoms/1177729988.

    >>> labels = np.array([0, 0, 0, 0, 1, 1, 1, 1])
    >>> sorted(labels[stratified_order(labels, seed=1)][:2].tolist())
    [0, 1]
    """
    rng = np.random.default_rng(seed)
    position = np.empty(len(labels))
    for label in np.unique(labels):
        members = np.flatnonzero(labels == label)
        ranks = rng.permutation(len(members))
        position[members] = (ranks + rng.uniform()) / len(members)
    return np.argsort(position, kind="stable")
