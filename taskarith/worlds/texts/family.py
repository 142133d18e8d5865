"""What every family of the written world provides: examples of one task.

A family writes the task's contents in two domains: "web", which pre-training sees now and then,
and "task", which fine-tuning and evaluation see: other phrasings, more words, and forms that
pre-training has met in running text only.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Literal

import numpy as np

from taskarith.errors import AssetError
from taskarith.worlds.texts.words import Domain
from taskarith.worlds.texts.writing import pick, sentence

__all__ = ["CATEGORIES", "Category", "Content", "TextExample", "TextFamily", "Write"]

Category = Literal[
    "sentiment",
    "topic",
    "inference",
    "questions",
    "acceptability",
    "paraphrase",
    "tone",
    "relations",
    "sums",
    "order",
]
CATEGORIES: tuple[Category, ...] = (
    "sentiment",
    "topic",
    "inference",
    "questions",
    "acceptability",
    "paraphrase",
    "tone",
    "relations",
    "sums",
    "order",
)


@dataclass(frozen=True)
class Content:
    """What one example says, before it is phrased.

    Attributes:
        parts: what stands in a phrasing's blanks, by name.
        answer: the right answer.
    """

    parts: Mapping[str, str]
    answer: str


@dataclass(frozen=True)
class TextExample:
    """One example as a model gets it.

    Attributes:
        prompt: what is asked.
        answer: what should follow.
        label: the answer's number among the family's labels; None where it has no labels.
        passage: the part of the prompt that the answer is read from, where there is one, so that
            it can be kept in an index instead.
    """

    prompt: str
    answer: str
    label: int | None = None
    passage: str | None = None

    def after(self, shown: "list[TextExample]") -> "TextExample":
        """This example with others, answered, in front of it (in-context learning).

        >>> one = TextExample("two and two?", "four")
        >>> TextExample("one and two?", "three").after([one]).prompt
        'two and two? four. one and two?'
        """
        before = "".join(f"{example.prompt} {example.answer}. " for example in shown)
        return TextExample(before + self.prompt, self.answer, self.label, self.passage)


Write = Callable[[np.random.Generator, str, Domain], Content]


@dataclass(frozen=True)
class TextFamily:
    """A task that can be written down.

    Attributes:
        name: the task's name, in kebab-case.
        title: the name as people read it.
        category: what kind of task it is.
        labels: the answers to choose from, each one word; empty where answers are free.
        write: `write(rng, answer, domain)` gives a content with that answer; where answers are
            free, `answer` is empty.
        web_phrasings: how pre-training sees the task asked.
        phrasings: how fine-tuning and evaluation ask it.
    """

    name: str
    title: str
    category: Category
    labels: tuple[str, ...]
    write: Write
    web_phrasings: tuple[str, ...]
    phrasings: tuple[str, ...]
    web_labels: tuple[str, ...] = field(default=())

    def __post_init__(self) -> None:
        if any(len(label.split()) != 1 for label in self.labels):
            raise AssetError(f"the labels of {self.name!r} must be single words: {self.labels}")

    def example(self, rng: np.random.Generator, answer: str, domain: Domain) -> TextExample:
        """One example with this `answer`."""
        content = self.write(rng, answer, domain)
        phrasings = self.web_phrasings if domain == "web" else self.phrasings
        return TextExample(
            prompt=sentence(pick(rng, phrasings).format_map(content.parts)),
            answer=content.answer,
            label=self.labels.index(content.answer) if content.answer in self.labels else None,
            passage=content.parts.get("passage"),
        )

    def answers(self, domain: Domain) -> tuple[str, ...]:
        """The labels that `domain` asks for; one empty answer where answers are free."""
        labels = self.web_labels if domain == "web" and self.web_labels else self.labels
        return labels or ("",)
