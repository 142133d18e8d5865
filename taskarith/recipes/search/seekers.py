"""Who looks for good places in a box: CMA-ES, and its rival that draws at random.

Each is asked for a place and told how good it is. Knows nothing of edits. The library `cmaes` is
imported here alone.
"""

from typing import Protocol

import numpy as np

__all__ = ["CmaSeeker", "RandomSeeker", "Seeker"]

STEP = 0.2  # the first standard deviation, as a part of the box's side


class Seeker(Protocol):
    """Finds places of [0, 1]^d."""

    def ask(self) -> np.ndarray:
        """The next place, float64 [d]."""
        ...

    def tell(self, place: np.ndarray, quality: float) -> None:
        """How good the place that was asked for is; more is better."""
        ...


class CmaSeeker:
    """CMA-ES (Hansen, arXiv 1604.00772): a normal distribution that moves to where it is better.

    >>> seeker = CmaSeeker(np.array([0.2, 0.2]), seed=1)
    >>> for _ in range(150):
    ...     place = seeker.ask()
    ...     seeker.tell(place, -float(((place - [0.7, 0.4]) ** 2).sum()))
    >>> seeker.ask().round(1)
    array([0.7, 0.4])
    """

    def __init__(self, start: np.ndarray, *, seed: int) -> None:
        from cmaes import CMA

        # One dimension has no covariance to adapt, and the library takes two at least.
        self._padded = len(start) == 1
        mean = np.append(start, 0.5) if self._padded else start
        box = np.tile([0.0, 1.0], (len(mean), 1))
        self._cma = CMA(mean=mean.astype(np.float64), sigma=STEP, bounds=box, seed=seed)
        self._asked: np.ndarray | None = None
        self._told: list[tuple[np.ndarray, float]] = []

    def ask(self) -> np.ndarray:
        """A draw from the distribution."""
        self._asked = self._cma.ask()
        return self._asked[:-1] if self._padded else self._asked

    def tell(self, place: np.ndarray, quality: float) -> None:
        """Note it; after a whole generation the distribution moves."""
        assert self._asked is not None
        self._told.append((self._asked, -quality))  # the library makes small what it is told
        if len(self._told) == self._cma.population_size:
            self._cma.tell(self._told)
            self._told = []


class RandomSeeker:
    """Every place is as likely as any other."""

    def __init__(self, start: np.ndarray, *, seed: int) -> None:
        self._rng, self._size = np.random.default_rng(seed), len(start)

    def ask(self) -> np.ndarray:
        """A uniform draw."""
        return self._rng.uniform(size=self._size)

    def tell(self, place: np.ndarray, quality: float) -> None:
        """Learn nothing."""
