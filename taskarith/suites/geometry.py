"""The geometry of a suite's task vectors, computed once: everything that follows for any λ.

A coefficient is a sign and a length, so angles, norms and sign conflicts of the terms λ·τ follow
from those of the vectors without touching the weights again. Knows nothing of accuracies.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from taskarith.core import (
    NULLS,
    TaskVector,
    Terms,
    layer_grams,
    layer_norms,
    sign_conflicts,
)
from taskarith.suites.suite import Suite

__all__ = ["DENSITIES", "SuiteGeometry", "suite_geometry"]

DENSITIES = (1.0, 0.2)  # all entries, and those that TIES looks at
REFERENCES = 2  # vectors of which null directions are made, one of each kind
SEED = 1_000


@dataclass(frozen=True, eq=False)
class SuiteGeometry:
    """Products, conflicts and null directions of K vectors in G layer groups.

    Attributes:
        vectors, groups: their names.
        base: ‖θ₀‖ by layer group, float64 [G].
        grams: ⟨τ_i, τ_j⟩ by layer group, float64 [G, K, K].
        conflicts: by density, the shares of `sign_conflicts`, float64 [K, K].
        null_cosine: the largest |cosine| between a null direction and another vector.
        null_conflicts: by density, the lowest and highest share of conflicts with one.
        null_count: how many null directions stand behind these.
    """

    vectors: tuple[str, ...]
    groups: tuple[str, ...]
    base: np.ndarray
    grams: np.ndarray
    conflicts: Mapping[float, np.ndarray]
    null_cosine: float
    null_conflicts: Mapping[float, tuple[float, float]]
    null_count: int

    def cosines(self, coefficients: Mapping[str, float] | None = None) -> np.ndarray:
        """Cosines of the terms λ·τ (none given: of the vectors), [K, K]; NaN where λ = 0."""
        products = self.grams.sum(0)
        lengths = np.sqrt(products.diagonal())
        with np.errstate(divide="ignore", invalid="ignore"):
            cosines = products / np.outer(lengths, lengths)
        signs = self._signs(coefficients)
        return cosines * np.outer(signs, signs)

    def sign_conflicts(
        self, coefficients: Mapping[str, float] | None = None, *, density: float = 1.0
    ) -> np.ndarray:
        """The share of entries that two terms pull in opposite directions, [K, K]; NaN for λ = 0.

        1 − the share of the vectors where the two λ have opposite signs. `density` is one of
        DENSITIES.
        """
        signs = self._signs(coefficients)
        product = np.outer(signs, signs)
        share = self.conflicts[density]
        return np.where(product < 0, 1 - share, share) + 0 * product

    def norms(self, coefficients: Mapping[str, float] | None = None) -> np.ndarray:
        """‖λ·τ‖ by layer group, [G, K]."""
        return np.sqrt(np.einsum("gkk->gk", self.grams)) * np.abs(self._values(coefficients))

    def edit_norms(self, coefficients: Mapping[str, float]) -> np.ndarray:
        """‖Σ λ_t τ_t‖ by layer group, [G]: shorter than its terms where they cancel."""
        values = self._values(coefficients)
        squares = np.einsum("i,gij,j->g", values, self.grams, values)
        return np.sqrt(np.maximum(squares, 0))

    def to_json(self) -> dict[str, object]:
        """As plain JSON values; an undefined share is None."""
        return {
            "vectors": list(self.vectors),
            "groups": list(self.groups),
            "base": self.base.tolist(),
            "grams": self.grams.tolist(),
            "conflicts": {f"{density:g}": _known(c) for density, c in self.conflicts.items()},
            "null": {
                "count": self.null_count,
                "cosine": self.null_cosine,
                "conflicts": {f"{d:g}": list(ends) for d, ends in self.null_conflicts.items()},
            },
        }

    def _values(self, coefficients: Mapping[str, float] | None) -> np.ndarray:
        if coefficients is None:
            return np.ones(len(self.vectors))
        return np.array([coefficients.get(name, 0.0) for name in self.vectors])

    def _signs(self, coefficients: Mapping[str, float] | None) -> np.ndarray:
        signs = np.sign(self._values(coefficients))
        return np.where(signs == 0, math.nan, signs)


def suite_geometry(suite: Suite) -> SuiteGeometry:
    """The geometry of every vector of `suite`, beside null directions of the first few.

    Reads all vectors at once: K + 4 buffers of the size of the model. Raises what loading raises.
    """
    vectors = {name: suite.vector(name) for name in suite.vectors}
    nulls = {
        f"{null}:{name}": suite.vector(f"{null}:{name}", seed=seed)
        for seed, name in enumerate(suite.vectors[:REFERENCES], start=SEED)
        for null in NULLS
    }
    terms = Terms(vectors | nulls)
    order = [terms.names.index(name) for name in vectors]
    beside = [terms.names.index(name) for name in nulls]
    grams = {group: gram.numpy() for group, gram in layer_grams(terms).items()}
    base = suite.base_state()
    covered = TaskVector({name: base[name].float() for name in terms.shapes})
    lengths = layer_norms(Terms({"base": covered}))
    shares = {d: sign_conflicts(terms, density=d).numpy() for d in DENSITIES}
    total = sum(grams.values(), np.zeros(()))
    own = np.sqrt(total.diagonal())
    return SuiteGeometry(
        vectors=tuple(vectors),
        groups=tuple(grams),
        base=np.array([float(lengths[group]) for group in grams]),
        grams=np.stack([gram[np.ix_(order, order)] for gram in grams.values()]),
        conflicts={d: share[np.ix_(order, order)] for d, share in shares.items()},
        null_cosine=float(
            np.abs((total / np.outer(own, own))[np.ix_(beside, order)]).max(initial=0)
        ),
        null_conflicts={d: _ends(share[np.ix_(beside, order)]) for d, share in shares.items()},
        null_count=len(nulls),
    )


def _ends(shares: np.ndarray) -> tuple[float, float]:
    return float(np.nanmin(shares)), float(np.nanmax(shares))


def _known(shares: np.ndarray) -> list[list[float | None]]:
    return [[None if math.isnan(share) else share for share in row] for row in shares.tolist()]
