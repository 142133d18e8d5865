"""What recipes may ask of a suite of texts: what a model answers to any texts, and to learn some.

Knows texts and label words; models and files stay behind the callables.
"""

from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Protocol

import numpy as np

__all__ = ["Ask", "Lesson", "Plan", "Share", "Teach", "TextLab"]


@dataclass(frozen=True)
class Lesson:
    """One thing to learn: a text, and what should follow it."""

    text: str
    answer: str


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
        questions: Sequence[str],
        labels: Sequence[str],
    ) -> np.ndarray:
        """Log p of each label after each question, float32 [n, labels]."""
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


@dataclass(frozen=True)
class TextLab:
    """The callables."""

    ask: Ask
    teach: Teach
