"""A lab of made-up accuracies and perplexities that writes down every question it is asked."""

import math
import zlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from string import ascii_lowercase
from typing import Any

import numpy as np
import torch

from taskarith.core import TaskVector
from taskarith.errors import SettingError
from taskarith.evaluation import Estimate
from taskarith.recipes.lab import AS_USUAL, Answers, Course, Lab, Merged, Mixture
from taskarith.recipes.sample import Sample
from taskarith.recipes.text_lab import Distillation, Match, Plan, Question, Share, TextLab
from taskarith.recipes.way_lab import MADE, NOTHING, Learned, Learning, WayLab
from taskarith.tasks import SplitName

N = 1_000

Accuracy = Callable[[Mapping[str, float], str], float]


class FakeLab:
    """`accuracy(coefficients, task)` is what every split of every task gives, over N examples.

    Of tasks in `means` it is a perplexity: texts of ten tokens whose losses differ a little.

    The first images are the ones answered rightly, so paired differences are those of the
    accuracies. A tuned vector is called "tuned(…)", a merged one "merged(…)", and a mixture takes
    its first ingredient alone.

    Attributes:
        asked: (what, task, split, coefficients) in the order of asking.
        tuned: (coefficients, tasks, split, examples) of every fine-tuning.
        courses: of every fine-tuning, beside it.
        alive: the vectors that a recipe may name now beside the suite's own.
    """

    def __init__(
        self,
        accuracy: Accuracy,
        *,
        means: Sequence[str] = (),
        sample: Sample | None = None,
        texts: "FakeTexts | None" = None,
    ) -> None:
        self.accuracy = accuracy
        self.means = means
        self.sample = sample or Sample()
        self.asked: list[tuple[str, str, str, dict[str, float]]] = []
        self.tuned: list[tuple[dict[str, float], tuple[str, ...], str, int | None]] = []
        self.alive: set[str] = set()
        self.courses: list[Course] = []
        self.texts = texts

    @property
    def lab(self) -> Lab:
        return Lab(
            self.score,
            self.answer,
            self.logits,
            self.probe,
            self.tune,
            self.mix,
            self.merge,
            self.gradient,
            self.direction,
            self.hold,
            lambda seed: self.direction(f"shuffled {seed}"),
            self.sample,
            None if self.texts is None else self.texts.lab,
        )

    def splits(self) -> list[str]:
        return [split for _, _, split, _ in self.asked]

    def score(
        self, coefficients: Mapping[str, float], tasks: Sequence[str], *, split: SplitName
    ) -> dict[str, Estimate]:
        return {task: self.answer(coefficients, task, split=split).estimate for task in tasks}

    def answer(
        self, coefficients: Mapping[str, float], task: str, *, split: SplitName, least: int = 0
    ) -> Answers:
        edit = {name: value for name, value in coefficients.items() if value}
        for name in edit:
            assert not name.startswith(("tuned", "merged", "held")) or name in self.alive
        self.asked.append(("answer", task, split, edit))
        if task in self.means:
            losses = 10 * (math.log(self.accuracy(edit, task)) + 0.01 * np.sin(np.arange(N)))
            rows = np.stack([losses, np.full(N, 10.0)], axis=1).astype(np.float32)
            return Answers(rows, np.zeros(N, dtype=np.int32), N, split, "perplexity")
        labels = (np.arange(N) % 2).astype(np.int32)
        right = np.arange(N) < round(N * self.accuracy(edit, task))
        return Answers(np.where(right, labels, 1 - labels), labels, N, split)

    def logits(
        self, coefficients: Mapping[str, float], task: str, *, split: SplitName
    ) -> np.ndarray:
        return np.eye(2, dtype=np.float32)[self.answer(coefficients, task, split=split).rows]

    def probe(self, coefficients: Mapping[str, float], task: str) -> Estimate:
        self.asked.append(("probe", task, "test", dict(coefficients)))
        return Estimate.share(correct=N // 2, n=N, total=N, split="test")

    @contextmanager
    def tune(
        self,
        coefficients: Mapping[str, float],
        tasks: Sequence[str],
        *,
        split: SplitName,
        examples: int | None = None,
        course: Course = AS_USUAL,
    ) -> Iterator[str]:
        name = (
            f"tuned({'+'.join(tasks)}, {examples}, from {len(coefficients)}{course_told(course)})"
        )
        self.courses.append(course)
        self.tuned.append((dict(coefficients), tuple(tasks), split, examples))
        self.alive.add(name)
        yield name

    @contextmanager
    def mix(self, vectors: Sequence[str], task: str, *, by_layer: bool) -> Iterator[Mixture]:
        alone = {vectors[0]: 1.0}
        yield Mixture(coefficients=alone, weights={"": alone})

    def gradient(
        self, coefficients: Mapping[str, float], task: str, *, split: SplitName, examples: int
    ) -> TaskVector:
        self.asked.append(("gradient", task, split, dict(coefficients)))
        return -0.1 * self.direction(task)

    def direction(self, name: str) -> TaskVector:
        """A vector of its own for every name, the same each time."""
        generator = torch.Generator().manual_seed(sum(map(ord, name)))
        return TaskVector({"w": torch.randn(64, generator=generator) + 0.3})

    @contextmanager
    def hold(self, vector: TaskVector) -> Iterator[str]:
        name = f"held({float(vector['w'].sum()):.4f})"
        self.alive.add(name)
        yield name

    @contextmanager
    def merge(
        self,
        coefficients: Mapping[str, float],
        *,
        method: str,
        settings: Mapping[str, float],
        seed: int = 0,
    ) -> Iterator[Merged]:
        if method == "slerp" and len(coefficients) > 2:
            raise SettingError("slerp goes between two vectors")
        name = f"merged({method}, {seed}, {'+'.join(coefficients)}, {settings.get('scale', 1)})"
        self.alive.add(name)
        yield Merged(name, seconds=0.5)
        self.alive.discard(name)


def course_told(course: Course) -> str:
    """What of a course is not as usual, for a vector's name."""
    return "" if course.sharpness == 0 else ", sharp"


class FakeTexts:
    """A text lab whose answers are right as often as `accuracy(coefficients, question)` says.

    `truth` gives the right answer of a question. A taught vector is called "taught(number)". An
    embedding counts letters, the more even the further a retriever was taught.

    Attributes:
        asked: (coefficients, questions) in the order of asking.
        taught: (vector, coefficients, shares, plan) of every lesson.
        distilled: (vector, matches, loss, plan) of every retriever.
    """

    def __init__(
        self,
        truth: Callable[[Any], str],
        accuracy: Callable[[Mapping[str, float], Any], float],
    ) -> None:
        self.truth = truth
        self.accuracy = accuracy
        self.asked: list[tuple[dict[str, float], tuple[Question, ...]]] = []
        self.taught: list[tuple[str, dict[str, float], tuple[Share, ...], Plan]] = []
        self.distilled: list[tuple[str, tuple[Match, ...], Distillation, Plan]] = []

    @property
    def lab(self) -> TextLab:
        return TextLab(self.ask, self.teach, self.embed, self.distil)

    def ask(
        self,
        coefficients: Mapping[str, float],
        questions: Sequence[Question],
        labels: Sequence[str],
    ) -> np.ndarray:
        edit = {name: value for name, value in coefficients.items() if value}
        self.asked.append((edit, tuple(questions)))
        logits = np.zeros((len(questions), len(labels)), np.float32)
        for row, question in enumerate(questions):
            said = question if isinstance(question, str) else " ".join(question)
            chance = zlib.crc32(said.encode()) % 1000 / 1000
            right = labels.index(self.truth(question).lower())
            wrong = (right + 1) % len(labels)
            logits[row, right if chance < self.accuracy(edit, question) else wrong] = 1
        return logits

    @contextmanager
    def teach(
        self, coefficients: Mapping[str, float], shares: Sequence[Share], *, plan: Plan
    ) -> Iterator[str]:
        name = f"taught({len(self.taught)})"
        self.taught.append((name, dict(coefficients), tuple(shares), plan))
        yield name

    def embed(self, coefficients: Mapping[str, float], texts: Sequence[str]) -> np.ndarray:
        letters = np.array([[text.lower().count(one) for one in ascii_lowercase] for text in texts])
        counted = letters ** (0.5 if coefficients else 1.0)
        return counted / np.linalg.norm(counted, axis=1, keepdims=True)

    @contextmanager
    def distil(
        self,
        coefficients: Mapping[str, float],
        matches: Sequence[Match],
        *,
        loss: Distillation,
        plan: Plan,
    ) -> Iterator[str]:
        name = f"distilled({len(self.distilled)})"
        self.distilled.append((name, tuple(matches), loss, plan))
        yield name


class FakeWays:
    """A way lab that learns at once; answers are those of `fake`.

    `called` gives the name under which `fake` finds what a training made. Ways in `refused` cannot
    be taken, for the reason given.

    Attributes:
        learned: every training, in the order of asking.
    """

    def __init__(
        self,
        fake: FakeLab,
        called: Callable[[Learning], str],
        *,
        refused: Mapping[str, str] = NOTHING,
        total: int = 1000,
    ) -> None:
        self.fake = fake
        self.total = total
        self.called = called
        self.refused = refused
        self.learned: list[Learning] = []

    @property
    def lab(self) -> Lab:
        """The fake's lab, in which ways can be compared."""
        ways = WayLab(self.learn, lambda learning: self.refused.get(learning.way), began=self.began)
        return replace(self.fake.lab, way_lab=ways)

    def began(self, learning: Learning) -> Learned:
        """Answers are those of a vector "began …" at λ = 1."""
        return self._came_of(learning, {}, {f"began {self.called(learning)}": 1.0})

    def learn(self, learning: Learning, *, beside: Mapping[str, Learning] = NOTHING) -> Learned:
        self.learned.append(learning)
        names = {name: self.called(one) for name, one in (*beside.items(), (MADE, learning))}
        return self._came_of(learning, names, {})

    def _came_of(
        self, learning: Learning, names: Mapping[str, str], always: Mapping[str, float]
    ) -> Learned:
        def named(coefficients: Mapping[str, float]) -> dict[str, float]:
            return {**always, **{names.get(n, n): value for n, value in coefficients.items()}}

        def answer(
            coefficients: Mapping[str, float], task: str, *, split: SplitName, least: int = 0
        ) -> Answers:
            return self.fake.answer(named(coefficients), task, split=split, least=least)

        def logits(coefficients: Mapping[str, float], task: str, *, split: SplitName) -> np.ndarray:
            return self.fake.logits(named(coefficients), task, split=split)

        return Learned(
            answer,
            logits,
            moved=100 if names else 0,
            total=self.total,
            size=200,
            seconds=2.0,
            fitted=0 if names else 10,
            examples=2 * learning.few or 200,
        )


def looked_at_test_last(fake: FakeLab) -> bool:
    """Whether everything on test came after everything on validation, and there was some."""
    splits = fake.splits()
    return "test" in splits and "validation" not in splits[splits.index("test") :]
