"""Token ids of texts of any length, without padding, and filled up to one length.

Knows numbers; what they mean is a tokenizer's business.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import torch
from torch import Tensor

__all__ = ["Tokens"]


@dataclass(frozen=True, eq=False)
class Tokens:
    """The ids of n texts, one after the other.

    Attributes:
        flat: int64 [Σ lengths].
        lengths: int64 [n].

    >>> tokens = Tokens.of([[5, 6, 7], [8]])
    >>> ids, mask = tokens.padded(0)
    >>> ids.tolist(), mask.tolist()
    ([[5, 6, 7], [8, 0, 0]], [[True, True, True], [True, False, False]])
    """

    flat: Tensor
    lengths: Tensor

    @classmethod
    def of(cls, rows: Sequence[Sequence[int]]) -> "Tokens":
        """Of lists of ids."""
        flat = torch.tensor([token for row in rows for token in row], dtype=torch.int64)
        return cls(flat, torch.tensor([len(row) for row in rows], dtype=torch.int64))

    @classmethod
    def join(cls, parts: Sequence["Tokens"]) -> "Tokens":
        """Several after each other."""
        flat = torch.cat([part.flat for part in parts])
        return cls(flat, torch.cat([part.lengths for part in parts]))

    def __len__(self) -> int:
        return len(self.lengths)

    @property
    def nbytes(self) -> int:
        """Bytes of the ids and lengths."""
        return self.flat.nbytes + self.lengths.nbytes

    def rows(self) -> list[list[int]]:
        """The ids as lists."""
        return [row.tolist() for row in self.flat.split(self.lengths.tolist())]

    def take(self, indices: Tensor) -> "Tokens":
        """The texts at `indices`, int64 [m], in that order."""
        lengths = self.lengths[indices]
        starts = (self.lengths.cumsum(0) - self.lengths)[indices]
        # Each row's ids are its start plus 0, 1, 2 …
        before = lengths.cumsum(0) - lengths
        steps = torch.arange(int(lengths.sum())) - before.repeat_interleave(lengths)
        return Tokens(self.flat[starts.repeat_interleave(lengths) + steps], lengths)

    def padded(
        self, pad: int, *, side: Literal["left", "right"] = "right"
    ) -> tuple[Tensor, Tensor]:
        """Ids [n, longest] with `pad` at one side, and where they are real, bool [n, longest]."""
        longest = int(self.lengths.max()) if len(self) else 0
        places = torch.arange(longest).expand(len(self), longest)
        lengths = self.lengths[:, None]
        mask = places < lengths if side == "right" else places >= longest - lengths
        ids = torch.full((len(self), longest), pad, dtype=torch.int64)
        ids[mask] = self.flat
        return ids, mask
