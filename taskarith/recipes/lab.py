"""The lab: everything a recipe may ask of the outside world, as callables.

A recipe is a protocol. It gets a `Lab`, measures, chooses, and gives back a result; models, files
and pages stay behind the callables, so that a test can run a recipe on made-up answers.
"""

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

import numpy as np

from taskarith.core import TaskVector
from taskarith.errors import RecipeCancelled, RecipeError
from taskarith.evaluation import Estimate, PairedDifference
from taskarith.evaluation.estimate import retained
from taskarith.recipes.model_size import OtherLab, SizeOf
from taskarith.recipes.sample import Sample
from taskarith.recipes.score import Score
from taskarith.recipes.text_lab import TextLab
from taskarith.tasks import SplitName
from taskarith.tasks.metric import ACCURACY, METRICS

if TYPE_CHECKING:
    from taskarith.recipes.way_lab import WayLab

__all__ = [
    "AS_USUAL",
    "Answer",
    "Answers",
    "Course",
    "Direction",
    "Gradient",
    "Hold",
    "Lab",
    "Logits",
    "Merge",
    "Merged",
    "Meter",
    "Mix",
    "Mixture",
    "Probe",
    "Progress",
    "Shuffled",
    "Tune",
]

Progress = Callable[[int, int, str], None]


@dataclass(frozen=True, eq=False)
class Answers:
    """What an edited model answered to a task's examples, in their stratified order.

    Attributes:
        rows: int32 [n], the answers; else float32 [n, 2], as `evaluation.estimate` has them.
        labels: int32 [n].
        total: how many examples the split holds; n may be fewer.
        metric: what they are counted by, a key of `METRICS`.
    """

    rows: np.ndarray
    labels: np.ndarray
    total: int
    split: SplitName
    metric: str = ACCURACY.name

    @property
    def counted(self) -> bool:
        """Whether answers are right or wrong, and the metric is their share."""
        return METRICS[self.metric].kind == "share"

    @property
    def right(self) -> np.ndarray:
        """Whether each answer is right, bool [n]; RecipeError where answers are not counted."""
        if not self.counted:
            raise RecipeError(
                f"{METRICS[self.metric].title} has no right and wrong answers; "
                "choose a task that has, or a recipe that needs none"
            )
        return self.rows == self.labels

    @property
    def estimate(self) -> Estimate:
        """What they come to."""
        whole = np.zeros(self.total, dtype=np.int32)
        whole[: len(self.labels)] = self.labels
        return Estimate.of(self.rows, labels=whole, split=self.split, metric=METRICS[self.metric])

    def retained(self, before: "Answers") -> tuple[float, float]:
        """The 95 % interval of what is kept of another edit's skill on the same examples.

        >>> rows = np.array([0, 0, 0]), np.array([0, 1, 1])
        >>> before, after = (Answers(one, np.zeros(3), total=3, split="test") for one in rows)
        >>> low, high = after.retained(before)
        >>> f"{low:.2f} {high:.2f}"
        '0.06 1.61'
        """
        return retained(
            before=before.rows, after=self.rows, labels=self.labels, metric=METRICS[self.metric]
        )

    def against(self, before: "Answers") -> PairedDifference:
        """The difference to another edit's answers to the same examples."""
        return PairedDifference.of(
            before=before.rows, after=self.rows, labels=self.labels, metric=METRICS[self.metric]
        )

    def confusion(self, classes: int) -> tuple[tuple[int, ...], ...]:
        """How often each class (row) was taken for each (column); nothing of no classes.

        >>> told = Answers(np.array([0, 1, 1]), np.array([0, 0, 1]), total=3, split="test")
        >>> told.confusion(2)
        ((1, 1), (0, 1))
        """
        if not classes:
            return ()
        inside = (self.rows >= 0) & (self.rows < classes)  # −1: an answer outside the label set
        cells = self.labels[inside].astype(np.int64) * classes + self.rows[inside]
        counts = np.bincount(cells, minlength=classes * classes).reshape(classes, classes)
        return tuple(tuple(row) for row in counts.tolist())


class Answer(Protocol):
    """Runs a task's examples through an edited model."""

    def __call__(
        self, coefficients: Mapping[str, float], task: str, *, split: SplitName, least: int = 0
    ) -> Answers:
        """What it answers; coefficients left out are 0.

        `least`: on so many examples, where there are as many, even if the run takes fewer.
        """
        ...


class Logits(Protocol):
    """The same before the answer is taken."""

    def __call__(
        self, coefficients: Mapping[str, float], task: str, *, split: SplitName
    ) -> np.ndarray:
        """Logits float32 [n, classes], in the order of `Answers`."""
        ...


class Probe(Protocol):
    """A linear probe of what an edited model's embeddings still tell."""

    def __call__(self, coefficients: Mapping[str, float], task: str) -> Estimate | None:
        """Its accuracy on test, fitted on validation; None where there are no classes to find."""
        ...


@dataclass(frozen=True)
class Course:
    """What one fine-tuning does otherwise than the lab's usual one; None: as usual.

    Attributes:
        steps: how many.
        faster: times the usual learning rate.
        weight_decay: of the optimizer.
        seed: of the batches, and of which examples are taken where only some are.
        sharpness: ρ of sharpness-aware minimization; 0 is without.
    """

    steps: int | None = None
    faster: float = 1.0
    weight_decay: float | None = None
    seed: int | None = None
    sharpness: float = 0.0


AS_USUAL = Course()


class Tune(Protocol):
    """Fine-tunes from an edit."""

    def __call__(
        self,
        coefficients: Mapping[str, float],
        tasks: Sequence[str],
        *,
        split: SplitName,
        examples: int | None = None,
        course: Course = AS_USUAL,
    ) -> AbstractContextManager[str]:
        """A new vector ν = θ_tuned − θ_start, to be named in coefficients while it lasts.

        Trains on the first `examples` of each task in `split` (None: on all of them); the
        tuned model is the edit {**coefficients, ν: 1}.
        """
        ...


class Gradient(Protocol):
    """Which way an edited model's weights would have to go to get worse at a task, steepest."""

    def __call__(
        self, coefficients: Mapping[str, float], task: str, *, split: SplitName, examples: int
    ) -> TaskVector:
        """∇ of the mean loss of the first `examples`, of all parameters that edits change."""
        ...


class Hold(Protocol):
    """Lets coefficients name a vector that a recipe made."""

    def __call__(self, vector: TaskVector) -> AbstractContextManager[str]:
        """What it is called while it lasts."""
        ...


Direction = Callable[[str], TaskVector]  # the vector that coefficients call so
# θ_s − θ₀ for a seed, where θ_s has the numbers of every matrix that vectors move in random order.
Shuffled = Callable[[int], TaskVector]


@dataclass(frozen=True)
class Mixture:
    """A weighted average of models.

    Attributes:
        coefficients: the edit that it is.
        weights: of each vector (inner key) in each layer group (outer key; "" for the whole).
    """

    coefficients: Mapping[str, float]
    weights: Mapping[str, Mapping[str, float]]


class Mix(Protocol):
    """Learns how to average models on a task's validation examples."""

    def __call__(
        self, vectors: Sequence[str], task: str, *, by_layer: bool
    ) -> AbstractContextManager[Mixture]:
        """The mixture with the lowest loss found; its edit may be scored while it lasts."""
        ...


@dataclass(frozen=True)
class Merged:
    """A merged vector.

    Attributes:
        vector: what coefficients call it while it lasts.
        seconds: making it took.
    """

    vector: str
    seconds: float


class Merge(Protocol):
    """Makes one vector of several by a merge method."""

    def __call__(
        self,
        coefficients: Mapping[str, float],
        *,
        method: str,
        settings: Mapping[str, float],
        seed: int = 0,
    ) -> AbstractContextManager[Merged]:
        """The merge of the terms λ_t·τ_t; SettingError where the method cannot take them."""
        ...


@dataclass(frozen=True)
class Lab:
    """The callables, of which a recipe uses what it needs; `sample` says what they measure.

    `text_lab` is there for models that answer in words, `way_lab` where ways can be compared.
    `size` tells how large the base is, and `others` opens the labs of other suites.
    """

    score: Score
    answer: Answer
    logits: Logits
    probe: Probe
    tune: Tune
    mix: Mix
    merge: Merge
    gradient: Gradient
    direction: Direction
    hold: Hold
    shuffled: Shuffled
    sample: Sample = field(default_factory=Sample)
    text_lab: TextLab | None = None
    way_lab: "WayLab | None" = None
    size: SizeOf | None = None
    others: OtherLab | None = None

    @property
    def texts(self) -> TextLab:
        """What may be asked of models of texts; RecipeError where the suite's are none."""
        if self.text_lab is None:
            raise RecipeError(
                "this recipe asks questions in words and its suite's models do not answer in "
                "words; choose a suite of a language model, as mini-lm"
            )
        return self.text_lab

    @property
    def ways(self) -> "WayLab":
        """What may be asked about ways of fine-tuning; RecipeError in a lab without."""
        if self.way_lab is None:
            raise RecipeError("this lab learns by one way alone; ask for ways of a suite's own lab")
        return self.way_lab


class Meter:
    """Counts evaluations, tells how far a recipe is, and stops it when it is told to.

    An evaluation is one edit on one task's split (or one fine-tuning, one probe). `needed` is the
    most there can be: a recipe that finds its answer sooner ends sooner.

    >>> meter = Meter(needed=2, progress=lambda done, needed, what: print(done, needed, what))
    >>> meter.count("digits at λ = −0.5")
    1 2 digits at λ = −0.5
    """

    def __init__(
        self,
        *,
        needed: int = 0,
        progress: Progress | None = None,
        cancelled: Callable[[], bool] | None = None,
    ) -> None:
        self.needed = needed
        self.done = 0
        self._progress = progress
        self._cancelled = cancelled

    def check(self) -> None:
        """Raise RecipeCancelled if the recipe was told to stop."""
        if self._cancelled is not None and self._cancelled():
            raise RecipeCancelled(
                f"the recipe was stopped after {self.done} of at most {self.needed} evaluations; "
                "it has no result. What was measured is kept: run it again and it goes on"
            )

    def count(self, what: str) -> None:
        """One more evaluation is done; `what` it was, for people."""
        self.done += 1
        if self._progress is not None:
            self._progress(self.done, max(self.needed, self.done), what)
