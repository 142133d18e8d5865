"""λ from the lengths of task vectors alone, in closed form: a place to start, measured nowhere.

Knows lengths and no vectors, no data, and not how well any of it does.
"""

from collections.abc import Callable, Mapping

from taskarith.errors import CoefficientError, unknown_name

__all__ = ["LENGTH_RULES", "suggested_coefficients"]

Weight = Callable[[float], float]

# By name: what λ is proportional to. MetaGPT (arXiv 2406.11385) minimizes the losses' distance to
# those of the fine-tuned models, where losses are quadratic and vectors orthogonal: the long
# vector, which its task needs, gets more. NAN (arXiv 2505.16148) reads merging as least squares in
# which a long vector has the smaller share of information: the short one gets more.
LENGTH_RULES: Mapping[str, Weight] = {
    "metagpt": lambda length: length**2,
    "nan": lambda length: 1 / length,
}


def suggested_coefficients(lengths: Mapping[str, float], *, rule: str) -> dict[str, float]:
    """λ by vector for adding vectors of these lengths; all of them come to 1.

    The two rules want opposite things where lengths differ, and 1/K each where they do not. Raises
    UnknownNameError for another rule, CoefficientError for a vector that has no length.

    >>> suggested_coefficients({"a": 1.0, "b": 3.0}, rule="metagpt")
    {'a': 0.1, 'b': 0.9}
    >>> suggested_coefficients({"a": 1.0, "b": 3.0}, rule="nan")
    {'a': 0.75, 'b': 0.25}
    """
    if rule not in LENGTH_RULES:
        raise unknown_name("rule", rule, existing=LENGTH_RULES)
    empty = [name for name, length in lengths.items() if not length > 0]
    if empty:
        raise CoefficientError(
            f"no λ can be suggested for {', '.join(empty)}: the vector is zero; leave it out"
        )
    weights = {name: LENGTH_RULES[rule](length) for name, length in lengths.items()}
    total = sum(weights.values())
    return {name: weight / total for name, weight in weights.items()}
