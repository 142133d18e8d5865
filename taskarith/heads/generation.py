"""Generation: what a model writes after a prompt, compared with an answer or judged by words."""

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from taskarith.errors import AssetError
from taskarith.heads.head import LanguageModel, Prompts, per_token

__all__ = ["OUTSIDE", "Generation", "Samples"]

OUTSIDE = -1  # the row of an answer that is none of the labels


@dataclass(frozen=True)
class Generation:
    """Writes the likeliest continuation and compares it, as a whole, with the right answer.

    Attributes:
        labels: the answers there are; rows are their numbers, or OUTSIDE. Without labels a row is 0
            where the answer is right, which is what every example's label then is.
        most: tokens that are written at most.
    """

    labels: tuple[str, ...]
    most: int

    def rows(self, model: LanguageModel, prompts: Prompts) -> Tensor:
        """The number of the label that was written, or OUTSIDE, int64 [n].

        Raises AssetError where there are neither labels nor answers to compare with.
        """
        written = [_plain(text) for text in self.written(model, prompts)]
        if self.labels:
            numbers = {_plain(label): number for number, label in enumerate(self.labels)}
            return torch.tensor([numbers.get(text, OUTSIDE) for text in written])
        if prompts.answers is None:
            raise AssetError("these texts have no answers to compare with, and no labels")
        pairs = zip(written, prompts.answers, strict=True)
        return torch.tensor([0 if text == _plain(answer) else OUTSIDE for text, answer in pairs])

    def loss(self, model: LanguageModel, prompts: Prompts, labels: Tensor) -> Tensor:
        """The mean −log p of the tokens of the right answers, each with what ends it.

        Raises AssetError where there are neither labels nor answers.
        """
        if self.labels:
            answers: Sequence[str] = [self.labels[label] for label in labels.tolist()]
        elif prompts.answers is not None:
            answers = prompts.answers
        else:
            raise AssetError("these texts have no answers to learn, and no labels")
        ids = model.continuations(answers)
        return per_token(model.answer_losses(prompts.tokens, ids, closed=True))

    def written(self, model: LanguageModel, prompts: Prompts) -> list[str]:
        """What it writes after each prompt."""
        seeds = prompts.places.tolist()
        found = model.generate(prompts.tokens, most=self.most, temperature=0.0, seeds=seeds)
        return [model.decode(ids) for ids in found]


@dataclass(frozen=True)
class Samples:
    """Samples a continuation of each prompt and judges it by a list of words.

    A row is 0 where one of the words is in it, which is what every example's label is, else 1.

    Attributes:
        words: what the judge looks for, in lower case.
        most: tokens of a continuation.
        temperature: of the sampling; 1 is the model's own distribution.
        seed: with an example's place it decides what is drawn for it.
    """

    words: frozenset[str]
    most: int
    temperature: float
    seed: int

    def rows(self, model: LanguageModel, prompts: Prompts) -> Tensor:
        """0 where the judge finds one of its words, else 1, int64 [n]."""
        written = self.written(model, prompts)
        return torch.tensor([0 if self._judged(text) else 1 for text in written])

    def loss(self, model: LanguageModel, prompts: Prompts, labels: Tensor) -> Tensor:
        """There is none: AssetError. How a model should go on is no text of this task."""
        raise AssetError(
            "openings that are continued and judged have no right answer to learn; fine-tune on "
            "texts of the manner that is wanted, with a head of language modelling"
        )

    def written(self, model: LanguageModel, prompts: Prompts) -> list[str]:
        """The sampled continuation of each prompt."""
        found = model.generate(
            prompts.tokens,
            most=self.most,
            temperature=self.temperature,
            seeds=[self.seed * 1_000_003 + place for place in prompts.places.tolist()],
        )
        return [model.decode(ids) for ids in found]

    def _judged(self, text: str) -> bool:
        return not self.words.isdisjoint(_words(text))


def _words(text: str) -> Sequence[str]:
    return [word.strip(".,;:!?\"'()") for word in text.lower().split()]


def _plain(text: str) -> str:
    """A text as answers are compared: without case, outer spaces and a last full stop."""
    return " ".join(text.lower().split()).removesuffix(".").strip()
