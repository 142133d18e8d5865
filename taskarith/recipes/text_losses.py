"""What fine-tuning on texts lowers: −log p of answers, and the losses that distil a reader.

Knows a model of texts and what is to be learned; nothing of edits, nor of what is kept.
"""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from taskarith.errors import RecipeError
from taskarith.heads.head import per_token
from taskarith.models.tokens import Tokens
from taskarith.recipes.text_lab import Distillation, Lesson, Match, Question, Share

__all__ = ["DistillationLoss", "LessonLoss", "distillation", "label_logits"]

AT_ONCE = 64  # questions of several texts
SCALE = 20.0  # from cosine similarity to logits, as encoders of sentences are trained


def label_logits(model: Any, questions: Sequence[Question], labels: Sequence[str]) -> Tensor:
    """Log p of each label after each question, float32 [n, labels].

    Raises RecipeError for several texts a question where the model cannot read them apart, or
    where a label of theirs is not one token.
    """
    answers = model.continuations(labels)
    if all(isinstance(one, str) for one in questions):
        return model.label_logits(model.tokenize(questions), answers, normalized=False)
    chosen = [_only(ids) for ids in answers]
    parts = []
    for first in range(0, len(questions), AT_ONCE):
        some = [_texts(one) for one in questions[first : first + AT_ONCE]]
        tokens = model.tokenize([text for texts in some for text in texts])
        parts.append(_first_words(model, tokens, [len(texts) for texts in some])[:, chosen])
    return torch.cat(parts)


class LessonLoss:
    """The mean −log p of the answers to a batch that is drawn by shares."""

    def __init__(
        self, model: Any, shares: Sequence[Share], *, batch: int, check: Callable[[], None]
    ) -> None:
        self._model, self._batch, self._check = model, batch, check
        drawn = [one for one in shares if one.weight > 0 and one.lessons]
        weights = np.array([one.weight for one in drawn], np.float64)
        self._odds = weights / weights.sum()
        lessons: list[Lesson] = [lesson for one in drawn for lesson in one.lessons]
        self._sizes = np.array([len(one.lessons) for one in drawn])
        self._starts = np.cumsum(self._sizes) - self._sizes
        self._answers = model.continuations([lesson.answer for lesson in lessons])
        texts = [_texts(lesson.text) for lesson in lessons]
        self._counts = np.array([len(own) for own in texts])
        self._first = np.cumsum(self._counts) - self._counts
        self._tokens = model.tokenize([text for own in texts for text in own])
        self._apart = any(not isinstance(lesson.text, str) for lesson in lessons)

    def __call__(self, rng: np.random.Generator) -> Tensor:
        """Of one batch."""
        self._check()
        which = rng.choice(len(self._odds), self._batch, p=self._odds)
        rows = self._starts[which] + rng.integers(self._sizes[which])
        places = [np.arange(self._first[row], self._first[row] + self._counts[row]) for row in rows]
        tokens = self._tokens.take(torch.from_numpy(np.concatenate(places)))
        answers = [self._answers[row] for row in rows]
        if not self._apart:
            return per_token(self._model.answer_losses(tokens, answers, closed=False))
        found = _first_words(self._model, tokens, self._counts[rows].tolist())
        right = torch.tensor([_only(ids) for ids in answers], device=found.device)
        return functional.nll_loss(found, right)


class DistillationLoss:
    """The mean loss of a retriever on a batch of matches, by the embeddings of its encoder."""

    def __init__(
        self,
        model: Any,
        matches: Sequence[Match],
        *,
        loss: Distillation,
        batch: int,
        check: Callable[[], None],
    ) -> None:
        self._model, self._loss, self._check = model, loss, check
        self._batch = min(batch, len(matches))
        self._width = len(matches[0].passages)
        self._questions = model.tokenize([one.question for one in matches])
        self._passages = model.tokenize([text for one in matches for text in one.passages])
        self._likelihoods = torch.tensor([one.likelihoods for one in matches])

    def __call__(self, rng: np.random.Generator) -> Tensor:
        """Of one batch."""
        self._check()
        rows = torch.from_numpy(rng.choice(len(self._likelihoods), self._batch, replace=False))
        places = (rows[:, None] * self._width + torch.arange(self._width)).flatten()
        asked = self._model.embed(self._questions.take(rows))
        kept = self._model.embed(self._passages.take(places)).view(len(rows), self._width, -1)
        cosines = torch.einsum("nd,nkd->nk", asked, kept)
        return distillation(cosines, self._likelihoods[rows].to(cosines), loss=self._loss)


def distillation(cosines: Tensor, likelihoods: Tensor, *, loss: Distillation) -> Tensor:
    """The loss of a retriever with p(d | q) = softmax(20 · cosine) over K passages; a scalar.

    PDist: KL(softmax(log p(a | q, d)) ‖ p(d | q)). EMDR²: −log Σ_d p(a | q, d) · p(d | q).
    Both as in Izacard et al. 2023, arXiv:2208.03299, section 2.2.

    Args:
        cosines: of a question's embedding with each passage's, [n, K].
        likelihoods: log p(a | q, d) by the reader, [n, K].

    >>> even, sure = torch.zeros(1, 2), torch.tensor([[0.0, -50.0]])
    >>> f"{distillation(even, sure, loss='PDist'):.3f} {distillation(even, sure, loss='EMDR²'):.3f}"
    '0.693 0.693'
    >>> f"{distillation(even, torch.tensor([[-2.0, -2.0]]), loss='PDist'):.3f}"
    '0.000'
    """
    found = (SCALE * cosines).log_softmax(-1)
    if loss == "PDist":
        wanted = likelihoods.log_softmax(-1)
        return functional.kl_div(found, wanted, reduction="batchmean", log_target=True)
    return -(found + likelihoods).logsumexp(-1).mean()


def _texts(question: Question) -> tuple[str, ...]:
    return (question,) if isinstance(question, str) else question


def _first_words(model: Any, tokens: Tokens, sizes: Sequence[int]) -> Tensor:
    if not hasattr(model, "first_words"):
        raise RecipeError(
            "this model reads one text at a time; several passages read apart need a text-to-text "
            "model: choose a suite of one, as mini-t5"
        )
    return model.first_words(tokens, sizes)


def _only(ids: Sequence[int]) -> int:
    if len(ids) != 1:
        raise RecipeError(
            f"an answer to several passages must be one token to this model, found {len(ids)}; "
            "choose label words that are"
        )
    return ids[0]
