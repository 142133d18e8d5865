"""What language models are taught from: pairs of token ids, what is given and what should follow.

One form serves both kinds of model: a causal model reads the source and the target in one row, a
text-to-text model reads the source and writes the target. Knows token ids; nothing of weights.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch.nn import functional

from taskarith.training.text_corpus import numbered
from taskarith.worlds.texts import TextExample

__all__ = ["END", "PAD", "SPECIALS", "Pair", "Said", "causal_logits", "pairs_of_examples",
           "pairs_of_stretches", "seq2seq_logits", "word_numbers"]  # fmt: skip

SPECIALS = ("<pad>", "<end>", "<unknown>")
PAD, END = 0, 1


@dataclass(frozen=True)
class Pair:
    """Token ids: what is given, and what should follow it."""

    source: list[int]
    target: list[int]


@dataclass(frozen=True)
class Said:
    """A model's logits [n, words] wherever something should follow, and what should: ids [n]."""

    logits: torch.Tensor
    targets: torch.Tensor

    def loss(self) -> torch.Tensor:
        """The mean of −log p."""
        return functional.cross_entropy(self.logits.float(), self.targets)


def word_numbers(words: Sequence[str]) -> dict[str, int]:
    """The id of every word, after those of the special tokens.

    >>> word_numbers(["a", "b"])["b"]
    4
    """
    return {word: number for number, word in enumerate((*SPECIALS, *words))}


def pairs_of_examples(
    examples: Sequence[TextExample], numbers: Mapping[str, int], *, closed: bool
) -> list[Pair]:
    """Prompts and answers; `closed` answers have the end token behind them."""
    tail = [END] if closed else []
    return [
        Pair(numbered(example.prompt, numbers), numbered(example.answer, numbers) + tail)
        for example in examples
    ]


def pairs_of_stretches(
    stretches: Sequence[str], numbers: Mapping[str, int], *, split: bool
) -> list[Pair]:
    """Running text, all of it to be said; or, `split`, its second half after its first."""
    pairs = []
    for stretch in stretches:
        ids = [*numbered(stretch, numbers), END]
        half = len(ids) // 2 if split else 0
        pairs.append(Pair(ids[:half], ids[half:]))
    return pairs


def causal_logits(model: torch.nn.Module, pairs: Sequence[Pair]) -> Said:
    """What a causal model says at the targets of `pairs`: one row each, behind an end token."""
    rows = [[END, *pair.source, *pair.target] for pair in pairs]
    ids = _padded(rows)
    counted = torch.zeros_like(ids, dtype=torch.bool)
    for number, pair in enumerate(pairs):
        counted[number, 1 + len(pair.source) : len(rows[number])] = True
    logits = model(input_ids=ids[:, :-1]).logits
    return Said(logits[counted[:, 1:]], ids[counted])


def seq2seq_logits(model: torch.nn.Module, pairs: Sequence[Pair]) -> Said:
    """What a text-to-text model says at the targets of `pairs`."""
    source, target = _padded([p.source for p in pairs]), _padded([p.target for p in pairs])
    logits = model(
        input_ids=source,
        attention_mask=(source != PAD).long(),
        decoder_input_ids=functional.pad(target[:, :-1], (1, 0), value=PAD),
    ).logits
    counted = target != PAD
    return Said(logits[counted], target[counted])


def _padded(rows: Sequence[Sequence[int]]) -> torch.Tensor:
    longest = max(map(len, rows))
    padded = np.full((len(rows), longest), PAD, np.int64)
    for number, row in enumerate(rows):
        padded[number, : len(row)] = row
    return torch.from_numpy(padded)
