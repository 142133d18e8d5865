"""What all text models have: a network, its tokenizer, and batches of texts of like length.

Texts are asked about in any number; batches are cut inside, so that answers do not depend on who
asks what together. No verb says whether gradients are wanted: the caller does.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Self

import torch
from torch import Tensor

from taskarith.models.language.batches import PADDING, by_length
from taskarith.models.language.tokenizer import TextTokenizer
from taskarith.models.tokens import Tokens

__all__ = ["Pair", "TextModel", "together"]


@dataclass(frozen=True)
class Pair:
    """What is given and what should follow it, as token ids."""

    context: Sequence[int]
    answer: Sequence[int]


class TextModel:
    """A network with its tokenizer, frozen and ready.

    Attributes:
        network: the library's own module; its parameters may be views into a recomposed buffer.
        tokenizer: the base's own.
        context: how many tokens a text may have.
        padding: how much of a batch may be padding. Little is quickest where nothing else is done;
            training, which pays for every batch, takes more.
    """

    padding: float = PADDING

    def __init__(self, network: Any, tokenizer: TextTokenizer, *, context: int) -> None:
        self.network = network
        self.tokenizer = tokenizer
        self.context = context
        self.device = torch.device("cpu")
        self._filling = tokenizer.pad if tokenizer.pad is not None else 0

    def to(self, device: torch.device | str) -> Self:
        """Move the model to `device`, in place."""
        self.device = torch.device(device)
        self.network.to(self.device)
        return self

    def tokenize(self, texts: Sequence[str], second: Sequence[str] | None = None) -> Tokens:
        """The ids of each text, with the special tokens that the model expects around it.

        Pairs are joined as the tokenizer joins them: GPT-2's puts nothing between the two.
        """
        return Tokens.of(self.tokenizer.encode(texts, second))

    def knows(self, tokens: Tokens) -> bool:
        """Whether texts are more than unknown words; of a tokenizer that knows all, always."""
        found = set(tokens.flat.unique().tolist())
        return self.tokenizer.unknown not in found or not found <= self.tokenizer.special

    def decode(self, ids: Sequence[int]) -> str:
        """The text of some ids, without special tokens."""
        return self.tokenizer.decode(ids)

    def _batches(
        self, tokens: Tokens, *, padding: float | None = None
    ) -> Iterator[tuple[Tensor, Tokens]]:
        """Texts of like length, with their places; less than the share `padding` is padding.

        None: the model's own share.
        """
        share = self.padding if padding is None else padding
        for batch in by_length(tokens.lengths.tolist(), padding=share):
            places = torch.tensor(batch)
            yield places, tokens.take(places)

    def _filled(self, batch: Tokens) -> tuple[Tensor, Tensor | None]:
        """Ids [n, longest], filled up on the right, and where tokens are; None where everywhere."""
        ids, mask = batch.padded(self._filling)
        everywhere = int(batch.lengths.min()) == ids.shape[1]
        return ids.to(self.device), None if everywhere else mask.to(self.device)


def together(parts: Iterable[tuple[Tensor, Tensor]], count: int) -> Tensor:
    """Rows of batches, each with its places, in the order in which they were asked for."""
    places, rows = [], []
    for at, tensor in parts:
        places.append(at)
        rows.append(tensor)
    if not rows:
        return torch.zeros(count, 0)
    order = torch.cat(places).argsort().to(rows[0].device)
    return torch.cat(rows)[order]
