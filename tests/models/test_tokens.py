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
