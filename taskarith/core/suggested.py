"""λ from the lengths of task vectors alone, in closed form: a place to start, measured nowhere.

Knows lengths and no vectors, no data, and not how well it does. NAN (arXiv 2505.16148) takes the
inverse of norms instead; of which, and how they are scaled, could not be read in the paper itself,
so it is not among what is suggested.
"""

from collections.abc import Mapping

from taskarith.errors import CoefficientError

__all__ = ["suggested_coefficients"]


def suggested_coefficients(lengths: Mapping[str, float]) -> dict[str, float]:
    """λ by vector for adding vectors of these lengths: MetaGPT's, which come to 1 together.

    λ_t = ‖τ_t‖² ÷ Σ_k ‖τ_k‖² (arXiv 2406.11385), under which the sum is the merge `metagpt` at
    λ = 1: long vectors get more. Raises CoefficientError for a vector that has no length.

    >>> suggested_coefficients({"a": 1.0, "b": 3.0})
    {'a': 0.1, 'b': 0.9}
    """
    empty = [name for name, length in lengths.items() if not length > 0]
    if empty:
        raise CoefficientError(
            f"no λ can be suggested for {', '.join(empty)}: the vector is zero; leave it out"
        )
    total = sum(length**2 for length in lengths.values())
    return {name: length**2 / total for name, length in lengths.items()}
