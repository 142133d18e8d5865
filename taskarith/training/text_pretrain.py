"""Pre-training of the embedded language models on the written world's corpus.

Knows the losses of the two kinds of model; knows nothing of target tasks. A causal model reads rows
of packed documents; a text-to-text model is given the beginning of a text, or a prompt, and writes
what follows.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch.nn import functional

from taskarith.training.loop import Recipe, compiled, fit, precision
from taskarith.training.text_corpus import Reading, documents, numbered, packed
from taskarith.training.text_lessons import END, PAD, word_numbers
from taskarith.worlds.texts import vocabulary

__all__ = ["ROW", "SOURCE", "TARGET", "pretrain_causal", "pretrain_seq2seq"]

ROW = 64  # tokens of a packed row
SOURCE, TARGET = 40, 32  # tokens given and written
# Tasks are rare and their answers short: an answer's tokens weigh this much against one of others.
CAUSAL_WEIGHT, SEQ2SEQ_WEIGHT = 20.0, 10.0


def pretrain_causal(
    model: torch.nn.Module,
    *,
    recipe: Recipe,
    size: int,
    families: Sequence[str],
    folder: Path,
) -> None:
    """Train `model` on `size` documents, in place; resumable through `folder`."""
    numbers = word_numbers(vocabulary())
    ids, answers = packed(documents(size, seed=recipe.seed, families=families), numbers, end=END)
    corpus = torch.from_numpy(ids.astype(np.int64))
    weights = torch.from_numpy(1 + (CAUSAL_WEIGHT - 1) * answers.astype(np.float32))
    forward, dtype = compiled(model, steps=recipe.steps), precision(torch.device("cpu"))

    def loss(rng: np.random.Generator) -> torch.Tensor:
        starts = rng.integers(0, len(corpus) - ROW - 1, recipe.batch)
        rows = torch.stack([corpus[start : start + ROW + 1] for start in starts])
        weight = torch.stack([weights[start + 1 : start + ROW + 1] for start in starts])
        with torch.autocast("cpu", dtype=dtype, enabled=dtype != torch.float32):
            logits = forward(input_ids=rows[:, :-1]).logits
        return _weighted(logits, rows[:, 1:], weight)

    _fit(model, loss, recipe, folder)


def pretrain_seq2seq(
    model: torch.nn.Module,
    *,
    recipe: Recipe,
    size: int,
    families: Sequence[str],
    folder: Path,
) -> None:
    """Train `model` on `size` documents, in place; resumable through `folder`."""
    corpus = _Documents.of(list(documents(size, seed=recipe.seed, families=families)))
    forward, dtype = compiled(model, steps=recipe.steps), precision(torch.device("cpu"))

    def loss(rng: np.random.Generator) -> torch.Tensor:
        source, target, weight = corpus.batch(rng, recipe.batch)
        before = functional.pad(target[:, :-1], (1, 0), value=PAD)
        with torch.autocast("cpu", dtype=dtype, enabled=dtype != torch.float32):
            logits = forward(
                input_ids=source, attention_mask=(source != PAD).long(), decoder_input_ids=before
            ).logits
        return _weighted(logits, target, weight)

    _fit(model, loss, recipe, folder)


@dataclass(frozen=True)
class _Documents:
    """Token ids of all documents in one row, where each ends, and how much of it is a prompt."""

    ids: np.ndarray
    ends: np.ndarray
    prompts: np.ndarray

    @classmethod
    def of(cls, readings: Sequence[Reading]) -> "_Documents":
        numbers = word_numbers(vocabulary())
        ids: list[int] = []
        ends, prompts = [0], []
        for reading in readings:
            prompt = numbered(reading.prompt, numbers)
            ids += prompt + numbered(reading.text, numbers)
            ends.append(len(ids))
            prompts.append(len(prompt))
        return cls(np.array(ids, np.int64), np.array(ends), np.array(prompts))

    def batch(
        self, rng: np.random.Generator, size: int
    ) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
        """Sources [size, SOURCE], targets and their weights [size, TARGET], padded.

        Stretches are cut anywhere.
        """
        weights = np.ones((size, 1), np.float32)
        source = np.full((size, SOURCE), PAD, np.int64)
        target = np.full((size, TARGET), PAD, np.int64)
        for row, number in enumerate(rng.integers(0, len(self.prompts), size)):
            text = self.ids[self.ends[number] : self.ends[number + 1]]
            cut = int(self.prompts[number])
            if cut:
                weights[row] = SEQ2SEQ_WEIGHT
            else:
                earliest = max(1, min(len(text) - TARGET + 1, SOURCE))
                cut = int(rng.integers(earliest, 1 + max(1, min(len(text) - 1, SOURCE))))
            given, said = text[:cut][-SOURCE:], np.append(text[cut:], END)[:TARGET]
            source[row, : len(given)] = given
            target[row, : len(said)] = said
        weighed = torch.from_numpy(weights) * torch.from_numpy(target != PAD)
        return torch.from_numpy(source), torch.from_numpy(target), weighed


def _weighted(logits: torch.Tensor, ids: torch.Tensor, weights: torch.Tensor) -> torch.Tensor:
    """The weighted mean of −log p."""
    losses = functional.cross_entropy(logits.float().flatten(0, 1), ids.flatten(), reduction="none")
    return (losses * weights.flatten()).sum() / weights.sum()


def _fit(model: torch.nn.Module, loss: object, recipe: Recipe, folder: Path) -> None:
    model.train().requires_grad_(True)
    fit(model.parameters(), loss, recipe=recipe, folder=folder, name="pretrain")  # type: ignore[arg-type]
    model.eval().requires_grad_(False)
