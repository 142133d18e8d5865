"""Shard by shard the same bits come out, and the device holds the live weights and a stage."""

from pathlib import Path

import pytest
import torch
from torch import Tensor, nn

from taskarith.core import Recomposer, TaskVector
from taskarith.core.buffers import MemoryNeed, allocate
from taskarith.core.sharded import ShardedRecomposer, ShardNeed
from taskarith.errors import MemoryBudgetError
from taskarith.sources.mapped import MappedBuffers

MB = 10**6
# A thousandth of 7 B parameters, in groups of very different size; none of them a whole shard.
SHAPES = {
    "embed.weight": (3000, 700),
    **{f"h.{i}.w": (700, 700) for i in range(10)},
    "ln.bias": (7,),
}
DTYPES = (torch.float32, torch.bfloat16)


def state(
    seed: int, dtype: torch.dtype, shapes: dict[str, tuple[int, ...]] = SHAPES
) -> dict[str, Tensor]:
    generator = torch.Generator().manual_seed(seed)
    return {n: (torch.randn(s, generator=generator) / 8).to(dtype) for n, s in shapes.items()}


def test_7_b_parameters_with_three_vectors_fit_80_gb_by_formula() -> None:
    three = [torch.bfloat16] * 3
    assert MemoryNeed(7 * 10**9, three, torch.bfloat16).total > 80e9
    need = ShardNeed(7 * 10**9, three, torch.bfloat16)
    assert need.total == pytest.approx(14.27e9, rel=0.01)
    need.check(64 * 10**9)
    with pytest.raises(MemoryBudgetError, match=r"live weights of 14 GB and a stage of 0\.27 GB"):
        need.check(14 * 10**9)


def test_at_a_thousandth_of_that_size_it_is_the_same_sum(tmp_path: Path) -> None:
    base = state(0, torch.bfloat16)
    vectors = {n: TaskVector(state(i + 1, torch.bfloat16)) for i, n in enumerate("abc")}
    with pytest.raises(MemoryBudgetError, match="3 vectors"):
        Recomposer(base, vectors, budget=80 * MB)
    sharded = ShardedRecomposer(
        base,
        vectors,
        device="cpu",
        keep=MappedBuffers(tmp_path),
        budget=20 * MB,
        stage_bytes=MB,
    )
    whole = Recomposer(base, vectors)
    for move in ({"a": 0.3, "b": -0.5, "c": 1.0}, {"b": 2.0}, {}):
        sharded.recompose(move)
        whole.recompose(move)
        same = whole.state()
        assert all(torch.equal(t, same[n]) for n, t in sharded.state().items())
    assert all(torch.equal(t, base[n]) for n, t in sharded.state().items())  # λ = 0
    # What the device was given, counted buffer by buffer, is what the formula says.
    assert sharded.on_device == sharded.memory.total < 20 * MB


@pytest.mark.parametrize("dtype", DTYPES)
def test_it_is_the_textbook_with_layers_and_mixed_widths(dtype: torch.dtype) -> None:
    shapes = {"h.0.w": (5, 40), "h.1.w": (300,), "ln.bias": (3,)}
    base = state(0, dtype, shapes)
    wide, narrow = (
        TaskVector(state(i, d, shapes)) for i, d in ((1, torch.float32), (2, torch.float16))
    )
    engine = ShardedRecomposer(
        base, {"a": wide, "b": narrow}, device="cpu", keep=allocate, stage_bytes=1000
    )
    engine.add_vector("c", TaskVector({"h.1.w": wide["h.1.w"]}))
    layers = {"*": {"h.1": 0.5}, "a": {"h.0": 0.0}}
    edit = {"a": 0.7, "b": -1.3, "c": 0.25}
    engine.recompose(edit, layers=layers)
    factors = {"h.0.w": (0.0, 1.0), "h.1.w": (0.5, 0.5), "ln.bias": (1.0, 1.0)}
    for name, found in engine.state().items():
        own, other = factors[name]
        exact = base[name].double() + 0.7 * own * wide[name].double()
        exact += -1.3 * other * narrow[name].double()
        exact += 0.125 * wide[name].double() if name == "h.1.w" else 0.0
        assert (found.double() - exact).abs().max() <= 4 * torch.finfo(dtype).eps
    engine.recompose({"a": 0.0})
    assert all(torch.equal(tensor, base[name]) for name, tensor in engine.state().items())


def test_a_live_model_follows_and_what_does_not_fit_is_refused() -> None:
    module = nn.Linear(40, 50, bias=False)
    base = {"weight": module.weight.detach().clone()}
    vector = TaskVector({"weight": torch.ones(50, 40)})
    engine = ShardedRecomposer(
        base, {"t": vector}, device="cpu", keep=allocate, budget=9000, stage_bytes=900
    )
    engine.bind(module)
    engine.recompose({"t": 2.0})
    assert torch.equal(module.weight, base["weight"] + 2.0)
    with pytest.raises(MemoryBudgetError, match="even shard by shard these edits need"):
        ShardedRecomposer(base, {"t": vector}, device="cpu", keep=allocate, budget=8000)
