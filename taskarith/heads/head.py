"""What a head is: it turns what a model makes of examples into rows, one for each example.

A row is what estimates are made of (see `evaluation.estimate`): the answer's number for a share, a
loss with its tokens for a mean. Knows neither tasks' names nor edits.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import torch
from torch import Tensor

from taskarith.errors import AssetError
from taskarith.models.tokens import Tokens
from taskarith.tasks.examples import Requests, Texts

__all__ = ["LanguageModel", "Prompts", "TextHead", "per_token"]


class LanguageModel(Protocol):
    """What heads ask of a model of texts; it sorts and pads batches by itself."""

    def tokenize(self, texts: Sequence[str], second: Sequence[str] | None = None) -> Tokens:
        """The ids of each text, or of each pair; AssetError for one it cannot take."""

    def continuations(self, texts: Sequence[str]) -> list[list[int]]:
        """The ids of texts as they follow a prompt."""

    def decode(self, ids: Sequence[int]) -> str:
        """The text of ids."""

    def label_logits(
        self, prompts: Tokens, labels: Sequence[Sequence[int]], *, normalized: bool
    ) -> Tensor:
        """Log p of each label's tokens after each prompt, float32 [n, labels].

        With `normalized` divided by the label's tokens.
        """

    def answer_losses(
        self, prompts: Tokens, answers: Sequence[Sequence[int]], *, closed: bool
    ) -> Tensor:
        """−log p of each prompt's own answer and how many tokens that has, float32 [n, 2].

        A `closed` answer has the token that ends a text behind it, where there is one.
        """

    def losses(self, texts: Tokens) -> Tensor:
        """−log p of each text and how many of its tokens were predicted, float32 [n, 2]."""

    def generate(
        self, prompts: Tokens, *, most: int, temperature: float, seeds: Sequence[int]
    ) -> list[list[int]]:
        """At most `most` ids after each prompt; a temperature of 0 takes the likeliest.

        What follows a prompt depends on its own seed, not on the prompts beside it.
        """


@dataclass(frozen=True, eq=False)
class Prompts:
    """Examples as a language model takes them.

    Attributes:
        tokens: the ids of n texts.
        places: int64 [n], where each stands in its split: what is drawn at random follows it.
        answers: the right answers in words, where there are any.
        requests: what is asked about each, where that differs.
    """

    tokens: Tokens
    places: Tensor
    answers: tuple[str, ...] | None = None
    requests: tuple[Requests, ...] | None = None

    @classmethod
    def of(cls, model: LanguageModel, examples: Texts) -> "Prompts":
        """All examples of a split. AssetError where the model knows no word of any."""
        answers = None if examples.answers is None else tuple(examples.answers)
        pairs = () if examples.second is None else (examples.second,)
        tokens = model.tokenize(examples.texts, *pairs)
        if hasattr(model, "knows") and not model.knows(tokens):
            raise AssetError(
                f"the model knows none of the words of {_called(examples)}, and would answer as to "
                "any others; take texts in the words that it was trained on, or another base"
            )
        requests = None if examples.requests is None else tuple(examples.requests)
        return cls(tokens, torch.arange(len(examples)), answers, requests)

    def __len__(self) -> int:
        return len(self.tokens)

    def take(self, indices: Tensor) -> "Prompts":
        """Those at `indices`, int64 [m], in that order."""
        rows = indices.tolist()
        answers = self.answers and tuple(self.answers[i] for i in rows)
        requests = self.requests and tuple(self.requests[i] for i in rows)
        return Prompts(self.tokens.take(indices), self.places[indices], answers, requests)


def _called(examples: Texts) -> str:
    return "this text" if len(examples) == 1 else f"these {len(examples):,} texts"


class TextHead(Protocol):
    """A head that reads its rows off a language model."""

    def rows(self, model: Any, prompts: Prompts) -> Tensor:
        """The row of each prompt."""

    def loss(self, model: Any, prompts: Prompts, labels: Tensor) -> Tensor:
        """What fine-tuning lowers: a mean −log p, differentiable where gradients are wanted.

        `labels` are int64 [n], as the task's examples have them. Raises AssetError for a head whose
        examples have no right answer.
        """


def per_token(losses: Tensor) -> Tensor:
    """The mean over tokens of rows of −log p and tokens, float32 [n, 2]; a scalar.

    >>> per_token(torch.tensor([[2.0, 1.0], [1.0, 2.0]]))
    tensor(1.)
    """
    sums = losses.sum(0)
    return sums[0] / sums[1]
