"""What recipes may ask of a suite of texts: what a model answers to any texts, and to learn some.

A question is one text, or several (passages) that are read apart and answered together. Knows
texts and label words; models and files stay behind the callables.
"""

from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Literal, Protocol

import numpy as np

__all__ = [
    "Ask", "Distil", "Distillation", "Embed", "Lesson", "Match", "Plan", "Question", "Share",
    "Teach", "TextLab",
]  # fmt: skip

Question = str | tuple[str, ...]
Distillation = Literal["PDist", "EMDR²"]


@dataclass(frozen=True)
class Lesson:
    """One thing to learn: a question, and what should follow it."""

    text: Question
    answer: str


@dataclass(frozen=True)
class Match:
    """A question with passages, and what a reader makes of each.

    Attributes:
        likelihoods: log p of the question's answer by each passage alone.
    """

    question: str
    passages: tuple[str, ...]
    likelihoods: tuple[float, ...]


@dataclass(frozen=True)
class Share:
    """Lessons of one sort, and how often a batch takes one of them (a weight, not normalized)."""

    weight: float
    lessons: tuple[Lesson, ...]


@dataclass(frozen=True)
class Plan:
    """How long, how fast and in which order is learned; the same for all that are compared."""

    steps: int
    rate: float = 1e-3
    batch: int = 32
    seed: int = 7


class Ask(Protocol):
    """Asks an edited model."""

    def __call__(
        self,
        coefficients: Mapping[str, float],
        questions: Sequence[Question],
        labels: Sequence[str],
    ) -> np.ndarray:
        """Log p of each label after each question, float32 [n, labels].

        Raises RecipeError for several texts a question where the family cannot read them apart.
        """
        ...


class Teach(Protocol):
    """Fine-tunes from an edit on lessons."""

    def __call__(
        self, coefficients: Mapping[str, float], shares: Sequence[Share], *, plan: Plan
    ) -> AbstractContextManager[str]:
        """A new vector ν = θ_taught − θ_start, to be named in coefficients while it lasts.

        It is kept, so that a recipe that was stopped does not learn the same again.
        """
        ...


class Embed(Protocol):
    """Embeds texts by an edited model's encoder."""

    def __call__(self, coefficients: Mapping[str, float], texts: Sequence[str]) -> np.ndarray:
        """Embeddings of length 1, float32 [n, d]; RecipeError where the family has no encoder."""
        ...


class Distil(Protocol):
    """Teaches an edited model's encoder to find the passages that a reader answers by."""

    def __call__(
        self,
        coefficients: Mapping[str, float],
        matches: Sequence[Match],
        *,
        loss: Distillation,
        plan: Plan,
    ) -> AbstractContextManager[str]:
        """A new vector, as `Teach` gives it; its embeddings' cosines rank passages."""
        ...


@dataclass(frozen=True)
class TextLab:
    """The callables."""

    ask: Ask
    teach: Teach
    embed: Embed
    distil: Distil
