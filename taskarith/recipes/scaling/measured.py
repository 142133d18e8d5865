"""What several models answered on test, and its summary: errors, ratios, laws and their slopes."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from taskarith.errors import RecipeError
from taskarith.recipes.interval import Interval
from taskarith.recipes.sample import Sample
from taskarith.recipes.scaling.kinds import (
    ADDED,
    LAWS,
    NEGATED,
    OF_CONTROL,
    RANDOM_ADDED,
    RANDOM_NEGATED,
    TUNED,
    ZERO,
)
from taskarith.recipes.scaling.protocol import (
    Drawn,
    Draws,
    fitted_law,
    middle,
    over_doublings,
    ratio,
)
from taskarith.recipes.scaling.result import Rung, ScalingResult

__all__ = ["Base", "Measured", "summary"]

Errors = dict[str, Drawn]


@dataclass(frozen=True)
class Base:
    """One model of the collection.

    Attributes:
        seen: how many examples it was pretrained on.
        apart: why it takes no part in the law; empty for one that does.
        fingerprint: of its suite.
    """

    suite: str
    seen: int
    apart: str = ""
    fingerprint: str = ""


@dataclass(frozen=True, eq=False)
class Measured:
    """What one model answered.

    Attributes:
        coefficients: by way, those of each vector.
        wrong: by way and task, which answers were wrong: bool [n], or shares of several edits.
        labels: by task, int [n].
    """

    base: Base
    parameters: int
    multiply_adds: int
    coefficients: dict[str, dict[str, float]]
    wrong: dict[str, dict[str, np.ndarray]]
    labels: dict[str, np.ndarray]

    @property
    def compute(self) -> float:
        """Multiply-adds of all its pre-training's examples."""
        return float(self.multiply_adds) * self.base.seen


def summary(
    measured: Sequence[Measured],
    *,
    collection: str,
    opened: str,
    tasks: tuple[str, ...],
    control: str,
    sample: Sample,
) -> ScalingResult:
    """The result; RecipeError where models did not answer the same examples."""
    _check_same(measured)
    models = sorted(measured, key=lambda one: one.compute)
    labels = models[0].labels
    draws = Draws({task: len(own) for task, own in labels.items()})
    errors = [{way: draws.error(wrong) for way, wrong in one.wrong.items()} for one in models]

    def over(way: str) -> str:
        asked = [control] if way in OF_CONTROL else tasks
        return f"{sum(len(labels[task]) for task in asked):,} {sample.examples}"

    series = [index for index, one in enumerate(models) if not one.base.apart]
    laws = tuple(
        fitted_law(
            way,
            [(models[i].base.suite, models[i].compute, errors[i][way]) for i in series],
            least=0.5 / draws.total,
            over=over(way),
        )
        for way in LAWS
    )

    def by_doubling(number: Callable[[Errors], Drawn | None]) -> Interval | None:
        values = [value for i in series if (value := number(errors[i])) is not None]
        if len(values) < len(series):
            return None
        sizes = [models[i].multiply_adds for i in series]
        if len({*sizes}) == 1:
            return None
        return over_doublings(sizes, values, over=over(ZERO))

    return ScalingResult(
        collection=collection,
        opened=opened,
        tasks=tasks,
        control=control,
        rungs=tuple(_rung(one, own, over=over) for one, own in zip(models, errors, strict=True)),
        laws=laws,
        gain_by_doubling=by_doubling(lambda own: _gain(own, ADDED)),
        left_by_doubling=by_doubling(lambda own: _left(own, NEGATED)),
        sample=sample,
    )


def _rung(one: Measured, errors: Errors, *, over: Callable[[str], str]) -> Rung:
    def told(number: Drawn | None) -> Interval | None:
        return None if number is None else middle(number, over=over(ZERO))

    return Rung(
        suite=one.base.suite,
        parameters=one.parameters,
        multiply_adds=one.multiply_adds,
        seen=one.base.seen,
        apart=one.base.apart,
        fingerprint=one.base.fingerprint,
        coefficients=one.coefficients,
        errors={way: middle(error, over=over(way), percent=True) for way, error in errors.items()},
        gain=told(_gain(errors, ADDED)),
        null_gain=told(_gain(errors, RANDOM_ADDED)),
        left=told(_left(errors, NEGATED)),
        null_left=told(_left(errors, RANDOM_NEGATED)),
    )


def _gain(errors: Errors, way: str) -> Drawn | None:
    """(zero-shot − way) ÷ (zero-shot − fine-tuned) error: the gain recovered."""
    return ratio(_less(errors[ZERO], errors[way]), _less(errors[ZERO], errors[TUNED]))


def _left(errors: Errors, way: str) -> Drawn | None:
    """Accuracy after ÷ before: what is left of the tasks."""
    return ratio(_right(errors[way]), _right(errors[ZERO]))


def _less(one: Drawn, other: Drawn) -> Drawn:
    return one[0] - other[0], one[1] - other[1]


def _right(error: Drawn) -> Drawn:
    return 1 - error[0], 1 - error[1]


def _check_same(measured: Sequence[Measured]) -> None:
    first = measured[0]
    for one in measured[1:]:
        for task, labels in first.labels.items():
            if not np.array_equal(labels, one.labels[task]):
                raise RecipeError(
                    f"{one.base.suite} and {first.base.suite} answered other examples of {task!r}, "
                    "so they cannot be compared; give both the same data"
                )
