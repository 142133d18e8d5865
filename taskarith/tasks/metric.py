"""Metrics: what is counted per example, how it is summed up, and which way is better.

Knows numbers and words; nothing of models, examples or intervals.
"""

import math
from dataclasses import asdict, dataclass
from typing import Any, Literal

__all__ = ["ACCURACY", "METRICS", "Metric"]

Kind = Literal["share", "mean", "rank"]


@dataclass(frozen=True)
class Metric:
    """What the examples of a task are counted by.

    A "share" counts right answers among n examples. A "mean" sums −log p over the texts, divides by
    their tokens, and is shown as perplexity, exp of that mean. A "rank" compares the order of all
    answers, which are numbers, with the order of the right ones: it is no sum over examples.

    Attributes:
        name: what manifests and estimates call it.
        title: the name as people read it.
        unit: "%" for shares of 1; empty for numbers as they are.
        low, high: the range of its values; `high` is None where there is no end.

    >>> METRICS["accuracy"].shown(0.971), METRICS["perplexity"].shown(12.34)
    ('97.1 %', '12.3')
    """

    name: str
    title: str
    kind: Kind
    higher_is_better: bool
    unit: str
    low: float
    high: float | None

    def skill(self, value: float) -> float:
        """What floors, ratios and gains are computed on, so that more is always better.

        The value itself, or 1 ÷ value where lower is better; a perplexity of infinity has skill 0.

        >>> METRICS["accuracy"].skill(0.5), METRICS["perplexity"].skill(4.0)
        (0.5, 0.25)
        """
        if self.higher_is_better:
            return value
        return 1 / value if value else math.inf

    def shown(self, value: float) -> str:
        """A value for people, with its unit."""
        if self.unit == "%":
            return f"{100 * value:z.1f} %"
        return f"{value:.3g}" if abs(value) < 1000 else f"{value:,.0f}"

    def to_json(self) -> dict[str, Any]:
        """Everything about it as plain JSON values."""
        return asdict(self)


ACCURACY = Metric("accuracy", "accuracy", "share", True, "%", 0.0, 1.0)

METRICS: dict[str, Metric] = {
    metric.name: metric
    for metric in (
        ACCURACY,
        Metric("exact-match", "exact match", "share", True, "%", 0.0, 1.0),
        Metric("rate", "rate", "share", True, "%", 0.0, 1.0),
        Metric("perplexity", "perplexity", "mean", False, "", 1.0, None),
        Metric("spearman", "Spearman's ρ", "rank", True, "", -1.0, 1.0),
    )
}
