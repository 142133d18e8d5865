"""Batches of like length: everything once, and little padding."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from taskarith.models.language.batches import PADDING, TOKENS, by_length, padding_share


@given(st.lists(st.integers(0, 600), max_size=300))
def test_everything_once_and_little_padding(lengths: list[int]) -> None:
    batches = by_length(lengths)
    assert sorted(i for batch in batches for i in batch) == list(range(len(lengths)))
    for batch in batches:
        real = [max(1, lengths[i]) for i in batch]
        padded = max(real) * len(batch)
        assert padded - sum(real) < PADDING * padded or len(batch) == 1
        assert padded <= TOKENS or len(batch) == 1


@pytest.mark.parametrize("lengths", [[], [0], [5, 5, 5]])
def test_few(lengths: list[int]) -> None:
    assert len(by_length(lengths)) <= 1
    assert padding_share(lengths, by_length(lengths)) == 0.0
