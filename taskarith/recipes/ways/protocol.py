"""What is compared, and λ of every use is chosen on validation.

A way is written as on the command line, with what is asked beside it: "full", "full+anchor",
"blocks+sharp". Knows the lab's callables; how models are trained and measured stays behind them.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from statistics import fmean

from taskarith.evaluation import Estimate
from taskarith.recipes.choosing import best_on_grid
from taskarith.recipes.lab import Answer, Lab
from taskarith.recipes.negation.protocol import choose_negation
from taskarith.recipes.way_lab import MADE, Learned, Learning
from taskarith.tasks import SplitName
from taskarith.training.ways.registry import WAYS

__all__ = [
    "ALPHAS",
    "ANCHORED",
    "OF_PICTURES",
    "OF_TEXTS",
    "SHARP",
    "at",
    "choose_added",
    "choose_alpha",
    "choose_negated",
    "planned",
]

ANCHORED, SHARP = "+anchor", "+sharp"
RADIUS = 0.05  # ρ of sharpness-aware minimization, as its paper has it
ALPHAS = (0.25, 0.5, 0.75, 1.0)
ADDED = (0.5, 0.75, 1.0)
NEGATED = (0.0, -0.25, -0.5, -0.75, -1.0)


def _ways(kind: str, *beside: str) -> tuple[str, ...]:
    own = [name for name, way in WAYS.items() if kind in way.examples]
    return tuple(sorted([*own, *beside], key=lambda name: own.index(name.partition("+")[0])))


OF_PICTURES = _ways("images", f"blocks{ANCHORED}", f"blocks{SHARP}", f"full{ANCHORED}")
OF_TEXTS = _ways("texts", f"blocks{SHARP}")


def planned(name: str, *, task: str, steps: int, faster: float = 1.0, seed: int = 0) -> Learning:
    """The training that a way's name stands for.

    >>> planned("full+anchor", task="textures", steps=60).anchor
    True
    """
    way, *beside = name.split("+")
    return Learning(
        task,
        way,
        steps,
        faster=faster,
        seed=seed,
        anchor=ANCHORED[1:] in beside,
        sharpness=RADIUS if SHARP[1:] in beside else 0.0,
    )


def at(lab: Lab, learned: Learned) -> Lab:
    """The lab in which coefficients may name what was learned."""
    return replace(lab, answer=learned.answer, score=_score(learned.answer))


def choose_alpha(lab: Lab, task: str) -> float:
    """How far towards what was learned is best on validation, λ from ¼ to 1."""
    return _best(lab, lambda value: {MADE: value}, [task], grid=ALPHAS)


def choose_added(lab: Lab, task: str, other: str) -> float:
    """The common λ at which what was learned and the vector `other` are best on both tasks."""
    return _best(lab, lambda value: {MADE: value, other: value}, [task, other], grid=ADDED)


def choose_negated(lab: Lab, task: str, control: str) -> float:
    """The λ with the least of the task at which the control surely keeps 95 %."""
    return choose_negation(lab, vector=MADE, target=task, control=control, grid=NEGATED)


def _best(
    lab: Lab,
    edit: Callable[[float], Mapping[str, float]],
    tasks: Sequence[str],
    *,
    grid: Sequence[float],
) -> float:
    def quality(value: float) -> float:
        found = lab.score(edit(value), tasks, split="validation")
        return fmean(one.skills[0] for one in found.values())

    return best_on_grid(quality, grid=grid)


def _score(answer: Answer) -> Callable[..., dict[str, Estimate]]:
    def score(
        coefficients: Mapping[str, float], tasks: Sequence[str], *, split: SplitName
    ) -> dict[str, Estimate]:
        return {task: answer(coefficients, task, split=split).estimate for task in tasks}

    return score
