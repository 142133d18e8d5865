"""PAINT: patching a model by interpolation (arXiv 2208.05592).

(1−α)θ₀ + αθ_t gains a task on which the pretrained model is poor and keeps those on which it is
good. Knows the two ways of choosing α and the three ways of patching several tasks; how an edit is
measured and how a model is fine-tuned stays behind the lab.
"""

from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from functools import partial

from taskarith.evaluation import Estimate
from taskarith.recipes.interpolation import (
    ALPHAS,
    CurvePoint,
    best_point,
    curve,
    mean_standing,
)
from taskarith.recipes.lab import Lab
from taskarith.recipes.score import Score
from taskarith.recipes.search import coordinate_search

__all__ = [
    "CRITERIA",
    "POINT",
    "ROUNDS",
    "WAYS",
    "Accuracies",
    "Criterion",
    "Patched",
    "choose_alpha",
    "patch_jointly",
    "patch_one",
    "patch_parallel",
    "patch_sequentially",
]

POINT = 0.01  # how much the control may lose: of a share, or of what a mean retains
ROUNDS = 2  # of the coordinate search of parallel patching
# Alone is one task at a time, the others are ways of patching several.
WAYS = ("alone", "parallel", "joint", "sequential")
Accuracies = Mapping[str, Estimate]
Criterion = Callable[[Accuracies, Accuracies, Sequence[str], Sequence[str]], float]


def _best_mean(
    accuracies: Accuracies, pretrained: Accuracies, tasks: Sequence[str], supported: Sequence[str]
) -> float:
    mean = partial(mean_standing, accuracies, pretrained)
    return (mean(tasks) + mean(supported)) / 2


def _within_a_point(
    accuracies: Accuracies, pretrained: Accuracies, tasks: Sequence[str], supported: Sequence[str]
) -> float:
    kept = mean_standing(accuracies, pretrained, supported)
    # A hair of tolerance: 0.97 − 0.01 must not lose against its own rounding.
    lost = mean_standing(pretrained, pretrained, supported) - kept > POINT + 1e-9
    return kept - 1 if lost else mean_standing(accuracies, pretrained, tasks)


# By name: from the estimates of an edit and of the pretrained model, the patching and the
# supported tasks, to how good the edit is.
CRITERIA: dict[str, Criterion] = {
    "best mean": _best_mean,
    "within a point": _within_a_point,
}


@dataclass(frozen=True)
class Patched:
    """A patched model: an edit chosen on validation.

    Attributes:
        way: "one" (the task's own vector), "alone" (fine-tuned here), "parallel", "joint" or
            "sequential".
        tasks: the patching tasks.
        edit: the coefficients; of a vector made on the way, they hold while the lab keeps it.
        alphas: the mixing coefficients in words, by task (or of the joint model).
        curve: what was measured along α on validation; of the last task for "sequential".
    """

    way: str
    criterion: str
    tasks: tuple[str, ...]
    edit: dict[str, float]
    alphas: dict[str, float]
    curve: tuple[CurvePoint, ...]


def choose_alpha(
    points: Sequence[CurvePoint],
    *,
    criterion: str,
    tasks: Sequence[str],
    supported: Sequence[str],
    pretrained: Accuracies | None = None,
) -> CurvePoint:
    """The point of an α curve (validation) that the criterion likes best.

    On one axis, shares as they are and means as what they retain. "best mean": the best mean of
    patching and supported tasks. "within a point": the best patching whose supported tasks are
    within 1 point of the pretrained model's, which is the curve's first point unless `pretrained`
    is given.
    """
    before = points[0].accuracies if pretrained is None else pretrained
    return best_point(
        points,
        quality=lambda point: CRITERIA[criterion](point.accuracies, before, tasks, supported),
    )


def patch_one(score: Score, *, task: str, supported: Sequence[str], criterion: str) -> Patched:
    """Patch one task with its own vector."""
    points = curve(score, along={task: 1.0}, tasks=[task, *supported], split="validation")
    chosen = choose_alpha(points, criterion=criterion, tasks=[task], supported=supported)
    return Patched(
        way="one",
        criterion=criterion,
        tasks=(task,),
        edit=chosen.coefficients,
        alphas={task: chosen.alpha},
        curve=points,
    )


def patch_parallel(
    score: Score, *, tasks: Sequence[str], supported: Sequence[str], criterion: str
) -> Patched:
    """Add the tasks' own vectors: a common α first, then each α by coordinate search."""
    measured = [*tasks, *supported]
    points = curve(score, along=dict.fromkeys(tasks, 1.0), tasks=measured, split="validation")
    common = choose_alpha(points, criterion=criterion, tasks=tasks, supported=supported)

    def quality(coefficients: Mapping[str, float]) -> float:
        accuracies = score(coefficients, measured, split="validation")
        return CRITERIA[criterion](accuracies, points[0].accuracies, tasks, supported)

    alphas = coordinate_search(
        quality, start=dict.fromkeys(tasks, common.alpha), grid=ALPHAS, rounds=ROUNDS
    )
    return Patched("parallel", criterion, tuple(tasks), alphas, alphas, points)


def patch_jointly(
    lab: Lab, *, tasks: Sequence[str], supported: Sequence[str], criterion: str, keep: ExitStack
) -> Patched:
    """Fine-tune once on all tasks together, then interpolate; one task is patched "alone".

    The edit names a vector that lasts as long as `keep`.
    """
    vector = keep.enter_context(lab.tune({}, tasks, split="train"))
    points = curve(lab.score, along={vector: 1.0}, tasks=[*tasks, *supported], split="validation")
    chosen = choose_alpha(points, criterion=criterion, tasks=tasks, supported=supported)
    way = "joint" if len(tasks) > 1 else "alone"
    return Patched(way, criterion, tuple(tasks), chosen.coefficients, {way: chosen.alpha}, points)


def patch_sequentially(
    lab: Lab, *, tasks: Sequence[str], supported: Sequence[str], criterion: str, keep: ExitStack
) -> Patched:
    """Patch one task after the other, each starting from the model patched so far.

    α of each step looks at the tasks patched so far and the supported ones.
    """
    edit: dict[str, float] = {}
    alphas: dict[str, float] = {}
    points: tuple[CurvePoint, ...] = ()
    pretrained = lab.score({}, [*tasks, *supported], split="validation")
    for index, task in enumerate(tasks):
        so_far = tasks[: index + 1]
        vector = keep.enter_context(lab.tune(edit, [task], split="train"))
        points = curve(
            lab.score,
            start=edit,
            along={vector: 1.0},
            tasks=[*so_far, *supported],
            split="validation",
        )
        chosen = choose_alpha(
            points, criterion=criterion, tasks=so_far, supported=supported, pretrained=pretrained
        )
        edit, alphas[task] = chosen.coefficients, chosen.alpha
    return Patched("sequential", criterion, tuple(tasks), edit, alphas, points)
