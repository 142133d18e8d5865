"""The line on which models lie that nobody interpolated, on logit axes (arXiv 2109.01903)."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import linear_regression

from taskarith.recipes.shifted import Robustness

__all__ = ["Line", "effective", "robustness_line"]


@dataclass(frozen=True)
class Line:
    """logit(shifted) = intercept + slope·logit(reference): what to expect of a usual model.

    >>> Line(intercept=0.0, slope=1.0, models=2).expected(0.9)
    0.9
    """

    intercept: float
    slope: float
    models: int

    def expected(self, reference: float) -> float:
        """The shifted accuracy on the line, for a reference accuracy strictly in 0…1."""
        return 1 / (1 + math.exp(-(self.intercept + self.slope * _logit(reference))))


def robustness_line(models: Sequence[Robustness]) -> Line | None:
    """The least-squares line through models on logit axes; None where they share one reference.

    Shares of 0 and 1 count as half an example away, where the axes end.
    """
    points = [
        (_inside(model.reference.value, model), _inside(model.shifted.value, model))
        for model in models
    ]
    if len({reference for reference, _ in points}) < 2:
        return None
    fit = linear_regression(*zip(*((_logit(x), _logit(y)) for x, y in points), strict=True))
    return Line(intercept=fit.intercept, slope=fit.slope, models=len(models))


def effective(robustness: Robustness, line: Line | None) -> float | None:
    """Shifted mean minus what the line expects at this reference; None without a line."""
    if line is None:
        return None
    reference = _inside(robustness.reference.value, robustness)
    return robustness.shifted.value - line.expected(reference)


def _inside(share: float, model: Robustness) -> float:
    edge = 0.5 / model.reference.n
    return min(max(share, edge), 1 - edge)


def _logit(share: float) -> float:
    return math.log(share / (1 - share))
