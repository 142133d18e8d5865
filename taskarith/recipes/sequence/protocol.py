"""How a sequence is chosen for and judged: orders, learning rates, coefficients, sharpness.

Knows the lab's callables; how models are trained and measured stays behind them.
"""

from collections.abc import Callable, Mapping, Sequence
from statistics import fmean

import numpy as np

from taskarith.core import TaskVector
from taskarith.recipes.choosing import best_on_grid
from taskarith.recipes.lab import Course, Lab

__all__ = [
    "FASTER",
    "GRID",
    "LENGTH",
    "ROUNDS",
    "choose_coefficient",
    "choose_faster",
    "drawn_orders",
    "largest_curvature",
    "plus",
]

FASTER = (1.0, 3.0, 10.0)
GRID = tuple(round(0.1 * step, 1) for step in range(11))
ROUNDS = 4  # of power iteration
LENGTH = 0.05  # of the step between the two gradients of a difference
SEED = 5

Slope = Callable[[Mapping[str, float]], TaskVector]


def drawn_orders(tasks: Sequence[str], *, count: int) -> tuple[tuple[str, ...], ...]:
    """The tasks as they are, then `count` − 1 other orders, seeded; each begins with another task
    while there are any.

    >>> drawn_orders(["a", "b", "c"], count=2)
    (('a', 'b', 'c'), ('b', 'c', 'a'))
    """
    rng, orders = np.random.default_rng(SEED), [tuple(tasks)]
    for turn in range(1, count):
        first = tasks[turn % len(tasks)]
        rest = [task for task in tasks if task != first]
        orders.append((first, *(rest[place] for place in rng.permutation(len(rest)))))
    return tuple(dict.fromkeys(orders))


def choose_faster(
    lab: Lab, start: Mapping[str, float], task: str, *, examples: int, steps: int
) -> float:
    """How many times the usual learning rate is best for `task` from `start`, on validation.

    By the lower end of the 95 % interval; where two are as good, the slower one.
    """

    def quality(faster: float) -> float:
        course = Course(steps=steps, faster=faster)
        with lab.tune(start, [task], split="train", examples=examples, course=course) as vector:
            edit = {**start, vector: 1.0}
            return lab.score(edit, [task], split="validation")[task].skills[0]

    return best_on_grid(quality, grid=FASTER)


def choose_coefficient(
    lab: Lab, start: Mapping[str, float], vectors: Sequence[str], tasks: Sequence[str]
) -> float:
    """The λ from 0 to 1 at which start + λ·Σ vectors is best on validation, in the mean over tasks.

    By the lower ends of the 95 % intervals; where two are as good, the smaller one.
    """

    def quality(value: float) -> float:
        edit = plus(start, dict.fromkeys(vectors, value))
        found = lab.score(edit, tasks, split="validation")
        return fmean(one.skills[0] for one in found.values())

    return best_on_grid(quality, grid=GRID)


def plus(one: Mapping[str, float], two: Mapping[str, float]) -> dict[str, float]:
    """The sum of two edits.

    >>> plus({"a": 1.0, "b": 0.5}, {"b": 0.5})
    {'a': 1.0, 'b': 1.0}
    """
    return {name: one.get(name, 0.0) + two.get(name, 0.0) for name in (*one, *two)}


def largest_curvature(lab: Lab, slope: Slope, edit: Mapping[str, float]) -> float:
    """The largest eigenvalue of the loss's Hessian at `edit`, by power iteration.

    H·v ≈ (g(θ + ε·v) − g(θ − ε·v)) ÷ 2ε with unit v and ε = 0.05, from the gradient on, in 4 rounds
    (von Mises and Pollaczek-Geiringer 1929). A lower bound that rises with the rounds.
    """
    direction = _unit(slope(edit))
    found = 0.0
    for _ in range(ROUNDS):
        with lab.hold(direction) as name:
            ahead, behind = (slope({**edit, name: sign * LENGTH}) for sign in (1.0, -1.0))
        bent = TaskVector({n: (ahead[n] - behind[n]) / (2 * LENGTH) for n in direction})
        found = sum(float((bent[n] * direction[n]).sum()) for n in direction)
        if bent.norm() == 0:
            break
        direction = _unit(bent)
    return found


def _unit(vector: TaskVector) -> TaskVector:
    length = vector.norm()
    return TaskVector({name: t.float() / (length or 1.0) for name, t in vector.items()})
