import pytest
import torch

from taskarith.core import ParameterLayout, all_finite, check_states
from taskarith.errors import WeightsError

STATE = {"w": torch.arange(6.0).view(2, 3), "b": torch.tensor(7.0), "empty": torch.zeros(0, 4)}


def test_flatten_and_views_are_inverse() -> None:
    layout = ParameterLayout.from_state(STATE)
    views = layout.views(layout.flatten(STATE))
    assert views.keys() == STATE.keys()
    assert all(torch.equal(views[name], STATE[name]) for name in STATE)


def test_every_tensor_starts_aligned_and_gaps_are_zero() -> None:
    layout = ParameterLayout.from_state(STATE)
    assert all(offset % 32 == 0 for offset in (*layout.offsets, layout.size))
    flat = layout.flatten({name: tensor + 1 for name, tensor in STATE.items()})
    assert flat.count_nonzero() == 7


def test_views_share_memory_with_the_buffer() -> None:
    layout = ParameterLayout.from_state(STATE)
    flat = torch.zeros(layout.size)
    layout.views(flat)["w"].fill_(5)
    assert flat.sum() == 30


def test_a_state_may_cover_only_a_part() -> None:
    layout = ParameterLayout.from_state(STATE)
    views = layout.views(layout.flatten({"b": torch.tensor(2.0)}, dtype=torch.bfloat16))
    assert views["b"].dtype == torch.bfloat16
    assert views["b"] == 2
    assert views["w"].count_nonzero() == 0


@pytest.mark.parametrize("state", [{"w": torch.zeros(3, 2)}, {"unknown": torch.zeros(1)}])
def test_what_does_not_fit_the_layout_is_refused(state: dict[str, torch.Tensor]) -> None:
    with pytest.raises(WeightsError, match=next(iter(state))):
        ParameterLayout.from_state(STATE).flatten(state)


def test_a_buffer_of_another_size_is_refused() -> None:
    with pytest.raises(WeightsError, match="buffer"):
        ParameterLayout.from_state(STATE).views(torch.zeros(3))


def test_integers_have_no_place_in_a_layout() -> None:
    with pytest.raises(WeightsError, match="steps"):
        ParameterLayout.from_state({"w": torch.zeros(1), "steps": torch.tensor(3)})


def test_one_error_lists_every_kind_of_mismatch() -> None:
    expected = {
        "gone": torch.zeros(1),
        "shape": torch.zeros(2),
        "dtype": torch.zeros(2),
        "nan": torch.zeros(2),
        "inf": torch.tensor([torch.inf]),
    }
    found = {
        "new": torch.zeros(1),
        "shape": torch.zeros(2, 1),
        "dtype": torch.zeros(2, dtype=torch.int64),
        "nan": torch.tensor([0.0, torch.nan]),
        "inf": torch.zeros(1),
    }
    with pytest.raises(WeightsError) as caught:
        check_states(expected, found, "A and B")
    message = str(caught.value)
    for part in (
        "A and B do not fit",
        "missing: gone",
        "unexpected: new",
        "shape differs: shape ([2] expected, [2, 1] found)",
        "dtype differs: dtype (float32 expected, int64 found)",
        "NaN or Inf in the expected: inf",
        "NaN or Inf: nan",
    ):
        assert part in message


def test_long_lists_are_cut_and_counted() -> None:
    with pytest.raises(WeightsError, match="and 12 more"):
        check_states({str(i): torch.zeros(1) for i in range(20)}, {}, "they")


def test_other_floats_pass_where_the_dtype_may_differ() -> None:
    single, half = {"w": torch.zeros(1)}, {"w": torch.zeros(1).half()}
    check_states(single, half, "they", same_dtype=False)
    with pytest.raises(WeightsError, match="dtype"):
        check_states(single, half, "they")
    with pytest.raises(WeightsError, match="dtype"):
        check_states(single, {"w": torch.zeros(1).long()}, "they", same_dtype=False)


@pytest.mark.parametrize(
    "dtype", [torch.float16, torch.bfloat16, torch.float32, torch.float64], ids=str
)
def test_one_number_that_is_none_is_found_and_large_ones_are_none_such(dtype: torch.dtype) -> None:
    largest = torch.finfo(dtype).max
    numbers = torch.full((10_000,), largest, dtype=dtype)
    assert all_finite(numbers)
    assert all_finite(numbers[:0])
    for bad in (float("nan"), float("inf"), -float("inf")):
        numbers[7_777] = bad
        assert not all_finite(numbers)
        assert not all_finite(numbers.view(100, 100).T)


def test_infinities_of_both_signs_do_not_cancel() -> None:
    assert not all_finite(torch.tensor([float("inf"), -float("inf"), 1.0]))
