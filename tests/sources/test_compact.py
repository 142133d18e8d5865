import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from taskarith.errors import WeightsError
from taskarith.sources.compact import compacted, expanded, low_rank


@given(
    rows=st.integers(1, 5),
    columns=st.integers(1, 9),
    size=st.floats(1e-6, 1e3),
    seed=st.integers(0, 99),
)
def test_no_entry_is_off_by_more_than_half_a_step(
    rows: int, columns: int, size: float, seed: int
) -> None:
    matrix = size * torch.randn(rows, columns, generator=torch.Generator().manual_seed(seed))
    small = compacted({"w": matrix})
    assert small["w"].dtype == torch.int8
    off = (expanded(small)["w"] - matrix).abs()
    step = matrix.abs().amax(1, keepdim=True) / 127
    assert bool((off <= 0.5 * step * (1 + 1e-4)).all())


def test_a_zero_row_stays_zero() -> None:
    matrix = torch.tensor([[0.0, 0.0], [1.0, -1.0]])
    assert torch.equal(expanded(compacted({"w": matrix}))["w"], matrix)


def test_tensors_stored_whole_come_back_as_they_are() -> None:
    whole = {"w": torch.ones(2, 3), "b": torch.zeros(3)}
    back = expanded(whole)
    assert back.keys() == whole.keys()
    assert all(torch.equal(back[name], whole[name]) for name in whole)


def test_only_matrices_are_compacted() -> None:
    with pytest.raises(WeightsError, match="b is \\[3\\]; only matrices"):
        compacted({"b": torch.zeros(3)})


def test_scales_of_another_shape_are_refused() -> None:
    with pytest.raises(WeightsError, match="the scales of w are \\[3, 1\\]"):
        expanded({"w": torch.zeros(2, 2, dtype=torch.int8), "w.scale": torch.ones(3, 1)})


def test_a_low_rank_is_the_nearest_there_is() -> None:
    generator = torch.Generator().manual_seed(0)
    matrix = torch.randn(12, 20, generator=generator)
    for rank in (1, 5, 12):
        found = expanded(low_rank({"w": matrix}, rank=rank))["w"]
        left_out = torch.linalg.svdvals(matrix)[rank:]
        assert float((found - matrix).norm()) == pytest.approx(float(left_out.norm()), abs=1e-4)
    with pytest.raises(WeightsError, match="only matrices have a rank"):
        low_rank({"b": torch.zeros(3)}, rank=1)


def test_factors_that_do_not_fit_are_said() -> None:
    damaged = {"w.left": torch.zeros(3, 2), "w.right": torch.zeros(4, 5)}
    with pytest.raises(WeightsError, match=r"the factors of w are \[3, 2\] and \[4, 5\]"):
        expanded(damaged)
