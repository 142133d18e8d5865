"""Where estimates stand on a figure's one axis, and the words for what was measured.

A share, or a rank correlation, stands where it is. A mean, such as a perplexity, stands at what it
retains of the pretrained model's, so that tasks of all kinds share one axis and one floor.
"""

import math
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

from taskarith.figures.style import Theme, whiskers

if TYPE_CHECKING:
    from taskarith.evaluation import Estimate
    from taskarith.recipes.interval import Interval

__all__ = ["axis_title", "ends", "sample", "standing"]


def standing(
    estimate: "Estimate", pretrained: "Estimate | None" = None
) -> tuple[float, float, float]:
    """The place on the axis and its interval, (value, low, high).

    >>> from taskarith.evaluation import Estimate
    >>> before, after = (Estimate(v, v - 1, v + 1, 9, 9, "test", "perplexity") for v in (4.0, 5.0))
    >>> [round(place, 2) for place in standing(after, before)]
    [0.8, 0.67, 1.0]
    """
    if pretrained is None or not _is_mean(estimate):
        return estimate.value, estimate.low, estimate.high
    low, high = estimate.skills
    whole = pretrained.skill
    return estimate.skill / whole, low / whole, high / whole


def axis_title(estimates: "Iterable[Estimate]") -> str:
    """What the axis counts: "accuracy", "retained" of means, or both."""
    from taskarith.recipes.sample import measured_by

    every = list(estimates)
    shares = [estimate for estimate in every if not _is_mean(estimate)]
    named = [measured_by(shares)] if shares else []
    return ", ".join(named + (["retained"] if len(shares) < len(every) else []))


def sample(estimates: "Iterable[Estimate]", *, called: str = "images") -> str:
    """Which examples stand behind some estimates: the split, and how many a task.

    >>> from taskarith.evaluation import Estimate
    >>> def first(n):
    ...     return Estimate.share(correct=1, n=n, total=100, split="validation")
    >>> sample([first(64), first(50)], called="texts")
    'validation, 50–64 texts a task'
    """
    every = list(estimates)
    counts = sorted({estimate.n for estimate in every})
    splits = " and ".join(sorted({estimate.split for estimate in every}, reverse=True))
    if not counts:
        return "nothing measured"
    span = f"{counts[0]:,}" if len(counts) == 1 else f"{counts[0]:,}–{counts[-1]:,}"
    return f"{splits}, {span} {called} a task"


def ends(found: "Sequence[Interval]", theme: Theme) -> dict[str, Any]:
    """Whiskers of intervals; one of a single unit, which is endless, has none.

    >>> from taskarith.recipes.interval import mean_interval
    >>> ends([mean_interval([0.5], units="seeds")], "light")["array"]
    [0.0]
    """
    values = [one.value for one in found]
    lows = [one.low if math.isfinite(one.low) else one.value for one in found]
    highs = [one.high if math.isfinite(one.high) else one.value for one in found]
    return whiskers(lows, highs, values, theme)


def _is_mean(estimate: "Estimate") -> bool:
    from taskarith.tasks.metric import METRICS

    return METRICS[estimate.metric].kind == "mean"
