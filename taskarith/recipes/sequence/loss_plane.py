"""The loss on a plane through a sequence: its start, the end of its first task, and its end.

Cross-entropy on validation, by which nothing is chosen. Knows the lab's callables.
"""

from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass

import numpy as np

from taskarith.core import TaskVector
from taskarith.recipes.lab import Lab

__all__ = ["SIDE", "Place", "Plane", "loss_plane"]

SIDE = 7  # points along each axis
DIGITS = 3  # of places: weights are kept in half precision
MARGIN = 0.4  # of the path's extent, on every side


@dataclass(frozen=True)
class Place:
    """An end point of the path.

    Attributes:
        after: the task that was learned last; "" at the start.
        x, y: where it is on the plane, or the foot of its perpendicular.
        off: how far from the plane it is.
        losses: by task, at the end point itself.
    """

    after: str
    x: float
    y: float
    off: float
    losses: dict[str, float]


@dataclass(frozen=True)
class Plane:
    """The loss around a path, from `start` by `way`.

    x is along the first task's vector, y across, both in units of weights (‖θ − θ_start‖).

    Attributes:
        losses: by task, of every point: rows from the lowest y on, each from the lowest x on.
    """

    start: str
    way: str
    order: tuple[str, ...]
    xs: tuple[float, ...]
    ys: tuple[float, ...]
    losses: dict[str, tuple[tuple[float, ...], ...]]
    path: tuple[Place, ...]


def loss_plane(
    lab: Lab, edits: Sequence[Mapping[str, float]], *, order: Sequence[str], start: str, way: str
) -> Plane:
    """The plane of the path `edits`, the first of them its start; of the first and last task."""
    moves = _moves(lab, edits)
    first, second = _axes(moves[0], moves[-1])
    feet = [(0.0, 0.0, 0.0), *(_foot(move, first, second) for move in moves)]
    tasks = tuple(dict.fromkeys((order[0], order[-1])))
    xs, ys = (_ticks([foot[axis] for foot in feet]) for axis in (0, 1))
    labels = {task: lab.answer(edits[0], task, split="validation").labels for task in tasks}

    def loss(edit: Mapping[str, float], task: str) -> float:
        return _loss(lab.logits(edit, task, split="validation"), labels[task])

    with ExitStack() as keep:
        right, up = (keep.enter_context(lab.hold(axis)) for axis in (first, second))
        losses = {
            task: tuple(tuple(loss({**edits[0], right: x, up: y}, task) for x in xs) for y in ys)
            for task in tasks
        }
    return Plane(
        start=start,
        way=way,
        order=tuple(order),
        xs=xs,
        ys=ys,
        losses=losses,
        path=tuple(
            Place(after, *foot, {task: loss(edit, task) for task in tasks})
            for after, foot, edit in zip(("", *order), feet, edits, strict=True)
        ),
    )


def _moves(lab: Lab, edits: Sequence[Mapping[str, float]]) -> list[TaskVector]:
    """θ − θ_start of every edit but the first."""
    found = []
    for edit in edits[1:]:
        steps = [
            value * lab.direction(name) for name, value in edit.items() if name not in edits[0]
        ]
        found.append(sum(steps[1:], steps[0]))
    return found


def _axes(first: TaskVector, last: TaskVector) -> tuple[TaskVector, TaskVector]:
    """Two vectors of length 1 at right angles: along `first`, and of `last` what is left.

    Gram and Schmidt's; where nothing is left (one task, or a straight path), the second is zero.
    """
    right = (1.0 / (first.norm() or 1.0)) * first
    rest = last + (-last.dot(right)) * right
    length = rest.norm()
    straight = length <= 1e-6 * last.norm()
    return right, (0.0 if straight else 1.0 / length) * rest


def _foot(move: TaskVector, right: TaskVector, up: TaskVector) -> tuple[float, float, float]:
    """x, y and the distance from the plane."""
    x, y = move.dot(right), move.dot(up)
    off = float(np.sqrt(max(0.0, move.dot(move) - x * x - y * y)))
    return round(x, DIGITS) + 0.0, round(y, DIGITS) + 0.0, round(off, DIGITS)  # no −0


def _ticks(values: Sequence[float]) -> tuple[float, ...]:
    low, high = min(values), max(values)
    room = MARGIN * ((high - low) or 1.0)
    return tuple(round(float(one), 5) for one in np.linspace(low - room, high + room, SIDE))


def _loss(logits: np.ndarray, labels: np.ndarray) -> float:
    """The mean −log p of the right class.

    >>> round(_loss(np.zeros((2, 4)), np.array([0, 3])), 4)
    1.3863
    """
    wide = logits.astype(np.float64)
    highest = wide.max(1, keepdims=True)
    total = highest[:, 0] + np.log(np.exp(wide - highest).sum(1))
    return float((total - wide[np.arange(len(wide)), labels[: len(wide)]]).mean())
