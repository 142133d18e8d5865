import torch
from hypothesis import given
from hypothesis import strategies as st

from taskarith.models.tokens import Tokens

ROWS = st.lists(st.lists(st.integers(1, 99), min_size=1, max_size=12), min_size=1, max_size=30)


@given(ROWS, st.randoms())
def test_rows_are_taken_joined_and_padded(rows: list[list[int]], random: object) -> None:
    tokens = Tokens.of(rows)
    order = torch.randperm(len(rows), generator=torch.Generator().manual_seed(len(rows)))
    assert tokens.rows() == rows
    assert tokens.take(order).rows() == [rows[i] for i in order.tolist()]
    assert Tokens.join([tokens, tokens]).rows() == rows + rows
    for side in ("left", "right"):
        ids, mask = tokens.padded(0, side=side)  # type: ignore[arg-type]
        assert [ids[i][mask[i]].tolist() for i in range(len(rows))] == rows
        assert int(mask.sum()) == sum(map(len, rows))
        assert (ids[~mask] == 0).all()


@given(ROWS)
def test_batches_by_length_hold_every_text_once(rows: list[list[int]]) -> None:
    batches = [batch.tolist() for batch in Tokens.of(rows).by_length(most=24)]
    assert sorted(i for batch in batches for i in batch) == list(range(len(rows)))
    for batch in batches:
        longest = max(len(rows[i]) for i in batch)
        assert len(batch) == 1 or longest * len(batch) <= 24


def test_padding_of_texts_of_natural_lengths_is_under_a_tenth() -> None:
    lengths = (8 + 40 * torch.rand(2000, generator=torch.Generator().manual_seed(0))).int().tolist()
    rows = [[1] * n for n in lengths]
    padded = sum(
        len(batch) * max(lengths[i] for i in batch.tolist())
        for batch in Tokens.of(rows).by_length(most=2048)
    )
    assert padded < 1.1 * sum(lengths)
