"""Measuring an edit: from a step of the plan to estimates, by way of the cache.

The page's worker, the command line and the recipes all measure here, so they get the same
numbers. Knows nothing of threads, sessions or models beyond `Predictor`.
"""

import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

import numpy as np

from taskarith.core import Edit
from taskarith.evaluation.estimate import Estimate
from taskarith.evaluation.plan import Kind, Part, Step
from taskarith.evaluation.results import ResultCache, ResultKey
from taskarith.tasks import SplitName
from taskarith.tasks.metric import Metric

__all__ = [
    "Concurrent",
    "Measurer",
    "Piece",
    "Predictor",
    "Reading",
    "SweepRow",
    "measure",
    "sweep",
]


class Predictor(Protocol):
    """What measuring needs of an `Evaluator`."""

    def use(self, edit: Edit) -> Callable[[], float]:
        """Put `edit` in use; gives what tells, once the answers are there, the seconds it took."""
        ...

    def predict_parts(self, parts: Sequence[Part], *, split: SplitName) -> list[np.ndarray]:
        """Rows of each part under the edit in use, as `Estimate` is made of them."""
        ...

    def labels(self, task: str, split: SplitName) -> np.ndarray:
        """True labels, int32 [total], in the stratified order."""
        ...

    def metric(self, task: str) -> Metric:
        """What the task's examples are counted by."""
        ...

    def key(self, edit: Edit, *, task: str, split: SplitName) -> ResultKey:
        """What the answers to `task` under `edit` are kept under."""
        ...


@runtime_checkable
class Concurrent(Protocol):
    """A predictor that answers several questions at once, if it is told of those to come.

    Attributes:
        ahead_of: how many it should know of beside the one that is waited for.
    """

    ahead_of: int

    def begin(self, edit: Edit, parts: Sequence[Part], *, split: SplitName) -> None:
        """Start on what `use(edit)` and `predict_parts(parts)` will ask, and return at once."""
        ...


@dataclass(frozen=True, eq=False)
class Reading:
    """One task under one edit: the estimate and, one for each example, the rows it comes from."""

    estimate: Estimate
    rows: np.ndarray


@dataclass(frozen=True, eq=False)
class Piece:
    """What a step found out, for every task in it.

    Attributes:
        coefficient: λ of `focus` in `edit`; for a slice, where on the curve this is.
        cached: nothing had to be computed; both times are then 0.
        recompose_seconds: making the weights; 0 if they were in place.
        evaluate_seconds: from examples to answers.
        ends_stage: whether its step completes a picture.
    """

    kind: Kind
    edit: Edit
    split: SplitName
    focus: str | None
    coefficient: float | None
    readings: Mapping[str, Reading]
    cached: bool
    recompose_seconds: float
    evaluate_seconds: float
    ends_stage: bool = False


@dataclass(frozen=True)
class SweepRow:
    """One task at one coefficient of a sweep."""

    coefficient: float
    task: str
    estimate: Estimate


class Measurer:
    """Carries out steps: what the cache knows is taken from there, the rest is computed once."""

    def __init__(self, predictor: Predictor, *, cache: ResultCache | None = None) -> None:
        self.predictor = predictor
        self.cache = cache if cache is not None else ResultCache(on_disk=False)

    @property
    def concurrent(self) -> bool:
        """Whether several steps are measured at once, where they are begun."""
        return isinstance(self.predictor, Concurrent)

    def begin(self, step: Step) -> None:
        """Start on a step that `run` will be asked for, where several are measured at once.

        What comes before a part's start is taken to be known by then.
        """
        if isinstance(self.predictor, Concurrent):
            known = {
                part.task: max(part.start, len(self._known(step, part))) for part in step.parts
            }
            missing = _missing(step, known)
            if missing:
                self.predictor.begin(step.edit, missing, split=step.split)

    def run_all(self, steps: Iterable[Step]) -> Iterator[Piece]:
        """The pieces of steps in their order, each when it is asked for; some are begun ahead."""
        ahead = self.predictor.ahead_of if isinstance(self.predictor, Concurrent) else 0
        begun: deque[Step] = deque()
        for step in steps:
            self.begin(step)
            begun.append(step)
            if len(begun) > ahead:
                yield self.run(begun.popleft())
        while begun:
            yield self.run(begun.popleft())

    def run(self, step: Step) -> Piece:
        """Measure a step: estimates over positions 0…stop of each of its tasks.

        Where the answers before a part's start are not known they are computed too: an estimate
        is always over a whole first part of the stratified order.
        """
        known = {part.task: self._known(step, part) for part in step.parts}
        missing = _missing(step, {task: len(rows) for task, rows in known.items()})
        recompose_seconds = evaluate_seconds = 0.0
        if missing:
            started = time.perf_counter()
            recomposing = self.predictor.use(step.edit)
            answers = self.predictor.predict_parts(missing, split=step.split)
            recompose_seconds = recomposing()
            evaluate_seconds = time.perf_counter() - started - recompose_seconds
            for part, rows in zip(missing, answers, strict=True):
                before = known[part.task]
                known[part.task] = np.concatenate([before, rows]) if len(before) else rows
            self.cache.put({self._key(step, part): known[part.task] for part in missing})
        self._count_look(step)
        return Piece(
            kind=step.kind,
            edit=step.edit,
            split=step.split,
            focus=step.focus,
            coefficient=step.edit.coefficients.get(step.focus, 0.0) if step.focus else None,
            readings={
                part.task: self._reading(step, part, known[part.task]) for part in step.parts
            },
            cached=not missing,
            recompose_seconds=recompose_seconds,
            evaluate_seconds=evaluate_seconds,
            ends_stage=step.ends_stage,
        )

    def measure(
        self,
        edit: Edit,
        *,
        tasks: Sequence[str],
        split: SplitName = "validation",
        n: int | None = None,
        kind: Kind = "point",
    ) -> Piece:
        """Measure `edit` on the first `n` examples of each task (None: the whole split) at once."""
        return self.run(self.step(edit, tasks=tasks, split=split, n=n, kind=kind))

    def step(
        self,
        edit: Edit,
        *,
        tasks: Sequence[str],
        split: SplitName = "validation",
        n: int | None = None,
        kind: Kind = "point",
    ) -> Step:
        """What `measure` of the same carries out."""
        parts = []
        for task in dict.fromkeys(tasks):
            total = len(self.predictor.labels(task, split))
            parts.append(Part(task, 0, total if n is None else min(n, total)))
        return Step(edit, tuple(parts), split, kind)

    def _reading(self, step: Step, part: Part, rows: np.ndarray) -> Reading:
        labels = self.predictor.labels(part.task, step.split)
        rows = rows[: part.stop]
        rows.setflags(write=False)
        metric = self.predictor.metric(part.task)
        return Reading(Estimate.of(rows, labels=labels, split=step.split, metric=metric), rows)

    def _known(self, step: Step, part: Part) -> np.ndarray:
        return self.cache.get(self._key(step, part))

    def _key(self, step: Step, part: Part) -> ResultKey:
        return self.predictor.key(step.edit, task=part.task, split=step.split)

    def _count_look(self, step: Step) -> None:
        """A look is an edit someone chose, seen on test; θ₀ and fixed references are none."""
        if step.split == "test" and step.kind != "reference" and step.edit.coefficients:
            key = self._key(step, step.parts[0])
            self.cache.count_look(suite=key.suite, edit=key.edit)


def _missing(step: Step, known: Mapping[str, int]) -> list[Part]:
    """What is left of each part where so many answers are known."""
    return [
        Part(part.task, known[part.task], part.stop)
        for part in step.parts
        if known[part.task] < part.stop
    ]


def measure(
    evaluator: Predictor,
    edit: Edit,
    *,
    tasks: Sequence[str],
    split: SplitName = "validation",
    n: int | None = None,
    kind: Kind = "point",
    cache: ResultCache | None = None,
) -> dict[str, Estimate]:
    """The estimate of `edit` on the first `n` examples of each task (None: the whole split).

    Over the same examples for every edit. On the test split this counts as a
    look at it, unless `kind` says that it is a fixed "reference". Raises UnknownNameError.
    """
    piece = Measurer(evaluator, cache=cache).measure(edit, tasks=tasks, split=split, n=n, kind=kind)
    return {task: reading.estimate for task, reading in piece.readings.items()}


def sweep(
    evaluator: Predictor,
    edit: Edit,
    *,
    vary: str,
    coefficients: Iterable[float],
    tasks: Sequence[str],
    split: SplitName = "validation",
    n: int | None = None,
    cache: ResultCache | None = None,
) -> list[SweepRow]:
    """The estimates of `edit` with λ(vary) at each of `coefficients`, as `measure` gives them."""
    measurer, values = Measurer(evaluator, cache=cache), list(coefficients)
    edits = (edit.with_coefficient(vary, value) for value in values)
    steps = (measurer.step(one, tasks=tasks, split=split, n=n) for one in edits)
    rows = []
    for coefficient, piece in zip(values, measurer.run_all(steps), strict=True):
        rows += [
            SweepRow(coefficient, task, reading.estimate)
            for task, reading in piece.readings.items()
        ]
    return rows
