"""Which token comes next: the likeliest, or one that is drawn.

A row has a number in [0, 1) for every step, from its own seed, and takes the token at which the
chances summed up pass it. So a row's sample does not depend on its company, and a model that
changes a little says mostly the same.
"""

from collections.abc import Sequence

import torch
from torch import Tensor

__all__ = ["choose", "drawn_numbers"]


def drawn_numbers(seeds: Sequence[int], length: int) -> Tensor:
    """A number in [0, 1) for every row and step, float64 [rows, length].

    >>> bool((drawn_numbers([3, 4], 2)[1] == drawn_numbers([4], 2)[0]).all())
    True
    """
    rows = [
        torch.rand(length, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)
        for seed in seeds
    ]
    return torch.stack(rows) if rows else torch.zeros(0, length, dtype=torch.float64)


def choose(logits: Tensor, *, temperature: float, numbers: Tensor) -> Tensor:
    """The next token of each row, int64 [n], from logits [n, words] and numbers in [0, 1) [n].

    >>> logits = torch.tensor([[0.0, 9.0], [0.0, 0.0]])
    >>> choose(logits, temperature=1.0, numbers=torch.tensor([0.5, 0.4])).tolist()
    [1, 0]
    """
    if temperature == 0:
        return logits.argmax(-1)
    chances = (logits.double() / temperature).softmax(-1).cumsum(-1)
    # Summed up, chances may end a little below 1: the number is asked of what they end at.
    wanted = numbers.to(chances)[:, None] * chances[:, -1:]
    return torch.searchsorted(chances, wanted, right=True)[:, 0].clamp(max=logits.shape[-1] - 1)
