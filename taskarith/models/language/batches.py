"""Batches of texts of like length, so that little of what is computed is padding.

Knows lengths; nothing of tokens or models.
"""

from collections.abc import Sequence

__all__ = ["PADDING", "by_length", "padding_share"]

PADDING = 0.1  # of a batch at most, as a share
# Of a batch at most: larger ones leave a processor's cache, smaller ones are mostly calls. Of 512
# to 4096 the quickest on both embedded suites.
TOKENS = 2048


def by_length(
    lengths: Sequence[int], *, tokens: int = TOKENS, padding: float = PADDING
) -> list[list[int]]:
    """Batches of positions: rows of like length together, the longest rows first.

    In every batch less than the share `padding` is padding, and there are at most `tokens` tokens
    with it, unless one row alone has more.

    >>> by_length([3, 30, 3, 29])
    [[1, 3], [0, 2]]
    """
    batches: list[list[int]] = []
    widest = real = 0
    for position in sorted(range(len(lengths)), key=lambda i: (-lengths[i], i)):
        length = max(1, lengths[position])
        batch = batches[-1] if batches else []
        padded = widest * (len(batch) + 1)
        if batch and padded <= tokens and padded - real - length < padding * padded:
            batch.append(position)
            real += length
        else:
            batches.append([position])
            widest = real = length
    return batches


def padding_share(lengths: Sequence[int], batches: Sequence[Sequence[int]]) -> float:
    """The share of all tokens in `batches` that is padding.

    >>> padding_share([2, 4], [[0, 1]])
    0.25
    """
    padded = sum(len(batch) * max(lengths[i] for i in batch) for batch in batches)
    return 1 - sum(lengths[i] for batch in batches for i in batch) / padded if padded else 0.0
