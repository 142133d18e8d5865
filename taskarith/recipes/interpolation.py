"""Interpolation (1−α)θ₀ + αθ_t between the pretrained and a fine-tuned model, on a fixed grid.

That is the edit α·τ_t, so the mixing coefficient α stands where λ would. PAINT and WiSE-FT measure
along it and choose from it; knows neither.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from statistics import fmean

from taskarith.evaluation import Estimate
from taskarith.recipes.score import Score, on_one_axis
from taskarith.tasks import SplitName

__all__ = ["ALPHAS", "CurvePoint", "best_point", "curve", "mean_standing"]

ALPHAS = tuple(round(0.05 * step, 2) for step in range(21))


@dataclass(frozen=True)
class CurvePoint:
    """The model at one α: its edit, and its estimate on every task asked for."""

    alpha: float
    coefficients: dict[str, float]
    accuracies: dict[str, Estimate]


def curve(
    score: Score,
    *,
    along: Mapping[str, float],
    tasks: Sequence[str],
    split: SplitName,
    start: Mapping[str, float] | None = None,
    alphas: Sequence[float] = ALPHAS,
) -> tuple[CurvePoint, ...]:
    """Measure the edit start + α·along at each α; α = 1 is the fine-tuned model."""
    edits = []
    for alpha in alphas:
        edit = dict(start or {})
        for name, value in along.items():
            edit[name] = edit.get(name, 0.0) + alpha * value
        edits.append(edit)
    asked = [score(edit, tasks, split=split) for edit in edits]  # all, before any is read
    told = zip(alphas, edits, asked, strict=True)
    return tuple(CurvePoint(alpha, edit, dict(measured)) for alpha, edit, measured in told)


def best_point(
    points: Sequence[CurvePoint], *, quality: Callable[[CurvePoint], float]
) -> CurvePoint:
    """The point with the highest quality; ties go to the smaller α."""
    return max(points, key=lambda point: (quality(point), -point.alpha))


def mean_standing(
    accuracies: Mapping[str, Estimate], pretrained: Mapping[str, Estimate], tasks: Sequence[str]
) -> float:
    """The mean over `tasks` on one axis: of shares as they are, of means as what they retain."""
    return fmean(on_one_axis(accuracies[task], pretrained=pretrained[task]) for task in tasks)
