import pytest
import torch

from taskarith.core import Recomposer, TaskVector
from taskarith.core.buffers import LARGE_PAGE, MemoryNeed, allocate
from taskarith.errors import MemoryBudgetError


@pytest.mark.parametrize("size", [0, 7, LARGE_PAGE])
@pytest.mark.parametrize("dtype", [torch.float32, torch.float16, torch.bfloat16])
def test_a_buffer_is_zero_and_ours(size: int, dtype: torch.dtype) -> None:
    buffer = allocate(size, dtype)
    assert buffer.shape == (size,)
    assert buffer.dtype == dtype
    assert buffer.count_nonzero() == 0
    assert allocate(size, dtype).fill_(3).count_nonzero() == size
    assert buffer.count_nonzero() == 0


@pytest.mark.parametrize(
    ("vectors", "storage", "gigabytes"),
    [(8, torch.float32, 3.85), (20, torch.float16, 4.55), (100, torch.bfloat16, 18.54)],
)
def test_the_need_is_k_stored_vectors_and_three_buffers(
    vectors: int, storage: torch.dtype, gigabytes: float
) -> None:
    need = MemoryNeed(parameters=87_456_000, vectors=[storage] * vectors)
    assert need.total / 1e9 == pytest.approx(gigabytes, abs=0.01)


def test_over_the_budget_the_sizes_are_named() -> None:
    need = MemoryNeed(parameters=87_456_000, vectors=[torch.float32] * 100)
    need.check(need.total)
    with pytest.raises(MemoryBudgetError) as raised:
        need.check(8 * 10**9)
    assert "36 GB: 100 vectors of 0.35 GB and 3 buffers of 0.35 GB" in str(raised.value)
    assert "8 GB may be used" in str(raised.value)
    assert "half precision" in str(raised.value)
    assert "TASKARITH_DEVICE=cpu" in str(raised.value)


def test_a_model_that_is_too_large_by_itself_is_told_so() -> None:
    need = MemoryNeed(parameters=87_456_000, vectors=[torch.float16])
    with pytest.raises(MemoryBudgetError, match=r"1 vector of 0\.17 GB.*take a smaller model"):
        need.check(10**9)


def test_vectors_of_two_widths_are_named_apart() -> None:
    need = MemoryNeed(parameters=10**9, vectors=[torch.float16, torch.float32, torch.float16])
    assert str(need) == "20 GB: 2 vectors of 2 GB and 1 vector of 4 GB and 3 buffers of 4 GB"


def test_an_engine_refuses_what_does_not_fit_and_stays_as_it_was() -> None:
    base = {"w": torch.zeros(64)}
    vector = TaskVector({"w": torch.ones(64)})
    room_for_two = MemoryNeed(parameters=64, vectors=[torch.float16] * 2).total
    engine = Recomposer(base, {"a": vector, "b": vector}, budget=room_for_two)
    assert engine.memory.total == room_for_two
    with pytest.raises(MemoryBudgetError, match="3 vectors"):
        engine.add_vector("c", vector)
    engine.add_vector("b", vector)  # in place of one that is there
    engine.remove_vector("a")
    engine.add_vector("c", vector)
    assert engine.vectors == ("b", "c")
    with pytest.raises(MemoryBudgetError, match="3 vectors"):
        Recomposer(base, dict.fromkeys("abc", vector), budget=room_for_two)
