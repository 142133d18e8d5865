"""PAINT: patching a model by interpolation (arXiv 2208.05592).

(1−α)θ₀ + αθ_t gains a task on which the pretrained model is poor and keeps those on which it is
good. Knows the two ways of choosing α, both by the lower ends of 95 % intervals, and the three ways
of patching several tasks; how an edit is measured and how a model is fine-tuned stays behind the
lab.
"""

from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from math import hypot

from taskarith.recipes.choosing import coordinate_search
from taskarith.recipes.interpolation import (
    ALPHAS,
    CurvePoint,
    best_point,
    curve,
    mean_standing,
)
from taskarith.recipes.lab import Lab
from taskarith.tasks.metric import METRICS

__all__ = [
    "CONTROL_EXAMPLES",
    "CRITERIA",
    "POINT",
    "ROUNDS",
    "WAYS",
    "Patched",
    "choose_alpha",
    "patch_jointly",
    "patch_one",
    "patch_parallel",
    "patch_sequentially",
]

POINT = 0.01  # how much the control may lose: of a share, or of what a mean retains
CONTROL_EXAMPLES = 1_000  # the least it is judged on: fewer cannot show that a point is kept
ROUNDS = 2  # of the coordinate search of parallel patching
# Alone is one task at a time, the others are ways of patching several.
WAYS = ("alone", "parallel", "joint", "sequential")
Edit = Mapping[str, float]
Criterion = Callable[[Lab, Edit, Sequence[str], Sequence[str]], float]


def _best_mean(lab: Lab, edit: Edit, tasks: Sequence[str], supported: Sequence[str]) -> float:
    of_tasks, off_tasks = _standing(lab, edit, tasks)
    of_supported, off_supported = _standing(lab, edit, supported)
    return (of_tasks + of_supported - hypot(off_tasks, off_supported)) / 2


def _within_a_point(lab: Lab, edit: Edit, tasks: Sequence[str], supported: Sequence[str]) -> float:
    mean, off = _standing(lab, edit, tasks)
    least = _least_change(lab, edit, supported)
    return mean - off if least >= -POINT else least - 1


def _standing(lab: Lab, edit: Edit, tasks: Sequence[str]) -> tuple[float, float]:
    """`mean_standing` on validation, and how far its interval reaches below."""
    now = lab.score(edit, tasks, split="validation")
    before = lab.score({}, tasks, split="validation")
    below = (
        (one.skill - one.skills[0]) / before[task].skill
        if METRICS[one.metric].kind == "mean"
        else one.skill - one.skills[0]
        for task, one in now.items()
    )
    return mean_standing(now, before, tasks), hypot(*below) / len(tasks)


def _least_change(lab: Lab, edit: Edit, supported: Sequence[str]) -> float:
    """The lower end of the mean paired change against the pretrained model; 0 for itself."""
    if not any(edit.values()):
        return 0.0
    changes = [
        lab.answer(edit, task, split="validation", least=CONTROL_EXAMPLES).against(
            lab.answer({}, task, split="validation", least=CONTROL_EXAMPLES)
        )
        for task in supported
    ]
    below = hypot(*(change.difference - change.low for change in changes))
    return (sum(change.difference for change in changes) - below) / len(changes)


# By name: from an edit, the patching and the supported tasks, to how good the edit is.
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
    lab: Lab,
    points: Sequence[CurvePoint],
    *,
    criterion: str,
    tasks: Sequence[str],
    supported: Sequence[str],
) -> CurvePoint:
    """The point of an α curve (validation) that the criterion likes best.

    On one axis, shares as they are and means as what they retain, and by the lower ends of 95 %
    intervals. "best mean": the best mean of patching and supported tasks. "within a point": the
    best patching whose supported tasks are surely within 1 point of the pretrained model's, on the
    same examples.
    """
    return best_point(
        points,
        quality=lambda point: CRITERIA[criterion](lab, point.coefficients, tasks, supported),
    )


def patch_one(lab: Lab, *, task: str, supported: Sequence[str], criterion: str) -> Patched:
    """Patch one task with its own vector."""
    points = curve(lab.score, along={task: 1.0}, tasks=[task, *supported], split="validation")
    chosen = choose_alpha(lab, points, criterion=criterion, tasks=[task], supported=supported)
    return Patched(
        way="one",
        criterion=criterion,
        tasks=(task,),
        edit=chosen.coefficients,
        alphas={task: chosen.alpha},
        curve=points,
    )


def patch_parallel(
    lab: Lab, *, tasks: Sequence[str], supported: Sequence[str], criterion: str
) -> Patched:
    """Add the tasks' own vectors: a common α first, then each α by coordinate search."""
    measured = [*tasks, *supported]
    points = curve(lab.score, along=dict.fromkeys(tasks, 1.0), tasks=measured, split="validation")
    common = choose_alpha(lab, points, criterion=criterion, tasks=tasks, supported=supported)

    def quality(coefficients: Mapping[str, float]) -> float:
        return CRITERIA[criterion](lab, coefficients, tasks, supported)

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
    chosen = choose_alpha(lab, points, criterion=criterion, tasks=tasks, supported=supported)
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
        chosen = choose_alpha(lab, points, criterion=criterion, tasks=so_far, supported=supported)
        edit, alphas[task] = chosen.coefficients, chosen.alpha
    return Patched("sequential", criterion, tuple(tasks), edit, alphas, points)
