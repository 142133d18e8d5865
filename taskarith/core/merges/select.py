"""The k-th largest magnitude of many entries, exactly, without sorting or copying them.

Two counting passes over the bits of the float32 numbers, whose order is that of the magnitudes:
the upper half of the bits, then the lower half of those that share the sought upper half. Knows
nothing of what is trimmed at the magnitude it finds.
"""

from collections.abc import Callable, Iterable, Iterator

import torch
from torch import Tensor

__all__ = ["at_rank", "kept_count", "magnitude_at_rank"]

HALF = 16  # bits


def kept_count(density: float, size: int) -> int:
    """How many of `size` entries the share `density` is: rounded, but never none of some.

    >>> kept_count(0.2, 10), kept_count(0.2, 1), kept_count(0.2, 0)
    (2, 1, 0)
    """
    return min(size, max(1, round(density * size)))


def magnitude_at_rank(blocks: Callable[[], Iterable[Tensor]], rank: int) -> float:
    """The `rank`-th largest |x| (from 1) of the float32 tensors that `blocks()` yields twice.

    0 for rank 0 or fewer entries than `rank`.

    >>> magnitude_at_rank(lambda: [torch.tensor([1.0, -3.0]), torch.tensor([2.0])], 2)
    2.0
    """
    upper, above = _counted((_bits(block) >> HALF for block in blocks()), rank)
    lower, _ = _counted(
        (bits[bits >> HALF == upper] & ((1 << HALF) - 1) for bits in map(_bits, blocks())),
        rank - above,
    )
    return float(torch.tensor((upper << HALF) | lower, dtype=torch.int32).view(torch.float32))


def at_rank(row: Tensor, rank: int) -> Tensor:
    """The `rank`-th largest |x|, from 1, of one tensor, which is small enough to be sorted."""
    return row.abs().flatten().kthvalue(row.numel() - rank + 1).values


def _bits(block: Tensor) -> Tensor:
    """|x| as whole numbers in the same order."""
    return block.reshape(-1).abs().view(torch.int32)


def _counted(blocks: Iterable[Tensor], rank: int) -> tuple[int, int]:
    """The value at `rank` from above among numbers of HALF bits, and how many are larger."""
    values = 1 << HALF
    counts = sum(
        (torch.bincount(run, minlength=values) for run in _runs(blocks, values // 8)),
        start=torch.zeros((), dtype=torch.int64),
    ).expand(values)
    at_least = counts.cpu().flip(0).cumsum(0)  # how many are ≥ the largest value, the next …
    place = int(torch.searchsorted(at_least, max(rank, 1)))
    if place == values:
        return 0, int(at_least[-1])
    return values - 1 - place, int(at_least[place - 1]) if place else 0


def _runs(blocks: Iterable[Tensor], size: int) -> Iterator[Tensor]:
    """The blocks, those of fewer entries side by side: counts take as long to add up for few."""
    held: list[Tensor] = []
    for block in blocks:
        held.append(block)
        if sum(map(len, held)) >= size:
            yield torch.cat(held)
            held = []
    if held:
        yield torch.cat(held)
