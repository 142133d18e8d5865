"""Answers that are numbers, held against the right ones by their order: similarity, from 0 to 5.

A row is a score with the right one, float32 [n, 2]; Spearman's ρ of both is the metric. A score is
a number that is written, as by T5 (Raffel et al. 2020, arXiv:1910.10683, section 2.4), or the one
output of a checkpoint's head.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn.functional import mse_loss

from taskarith.errors import AssetError
from taskarith.heads.checkpoint import Classifier
from taskarith.heads.head import LanguageModel, Prompts, per_token

__all__ = ["RegressionHead", "WrittenNumber", "number_in"]

UNREAD = 0.0  # the score of what is no number
STEPS = 5  # a taught number is rounded to the nearest 0.2, as T5's are


@dataclass(frozen=True)
class WrittenNumber:
    """Writes the likeliest continuation and reads it as a number; what is none scores 0.

    Attributes:
        most: tokens that are written at most.
    """

    most: int

    def rows(self, model: LanguageModel, prompts: Prompts) -> Tensor:
        """The number that was written, and the right one, float32 [n, 2]."""
        right = _right(prompts)
        written = [number_in(text) for text in self.written(model, prompts)]
        scores = [UNREAD if number is None else number for number in written]
        return torch.tensor([scores, right], dtype=torch.float32).T

    def loss(self, model: LanguageModel, prompts: Prompts, labels: Tensor) -> Tensor:
        """The mean −log p of the tokens of the right numbers, each with what ends it."""
        taught = [f"{round(number * STEPS) / STEPS:.1f}" for number in _right(prompts)]
        ids = model.continuations(taught)
        return per_token(model.answer_losses(prompts.tokens, ids, closed=True))

    def written(self, model: LanguageModel, prompts: Prompts) -> list[str]:
        """What it writes after each prompt."""
        seeds = prompts.places.tolist()
        found = model.generate(prompts.tokens, most=self.most, temperature=0.0, seeds=seeds)
        return [model.decode(ids) for ids in found]


@dataclass(frozen=True, eq=False)
class RegressionHead:
    """Answers with the one output of the head that a checkpoint was fine-tuned with.

    Attributes:
        tensors: the head's weights by the checkpoint's names.
    """

    tensors: Mapping[str, Tensor]

    def rows(self, model: Classifier, prompts: Prompts) -> Tensor:
        """The output, and the right score, float32 [n, 2]."""
        scores = self.scores(model, prompts)
        return torch.stack([scores, torch.tensor(_right(prompts)).to(scores)], dim=1)

    def scores(self, model: Classifier, prompts: Prompts) -> Tensor:
        """The output, float32 [n]; AssetError where the head has several."""
        found = model.class_logits(prompts.tokens, self.tensors)
        if found.shape[1] != 1:
            raise AssetError(
                f"the checkpoint's head has {found.shape[1]} outputs; a regression has one. Give "
                "the task its classes and a head of the kind checkpoint"
            )
        return found[:, 0]

    def loss(self, model: Classifier, prompts: Prompts, labels: Tensor) -> Tensor:
        """The mean squared error; the head itself stays as it is."""
        scores = self.scores(model, prompts)
        return mse_loss(scores, torch.tensor(_right(prompts)).to(scores))


def number_in(text: str) -> float | None:
    """The number that a text is, None where it is none.

    >>> number_in(" 3.8 "), number_in("very"), number_in("nan")
    (3.8, None, None)
    """
    try:
        number = float(text)
    except ValueError:
        return None
    return number if math.isfinite(number) else None


def _right(prompts: Prompts) -> list[float]:
    if prompts.answers is None:
        raise AssetError("these texts have no right scores; name their column as the answer")
    right = [number_in(answer) for answer in prompts.answers]
    for answer, number in zip(prompts.answers, right, strict=True):
        if number is None:
            raise AssetError(f"the right score {answer!r:.40} is no number")
    return [number for number in right if number is not None]
