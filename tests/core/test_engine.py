import math
from typing import Any

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor, nn

from taskarith.core import Recomposer, TaskVector, layer_group
from taskarith.core.kernels.plain import BLOCK
from taskarith.core.layout import exact_dtype
from taskarith.errors import CoefficientError, UnknownNameError, WeightsError

DTYPES = (torch.float32, torch.float16, torch.bfloat16)
SHAPES: dict[str, tuple[int, ...]] = {"w": (7, 9), "b": (5,), "scale": ()}
NAMES = ("a", "b", "c")

seeds = st.integers(0, 2**32)
coefficients = st.dictionaries(st.sampled_from(NAMES), st.floats(-3, 3) | st.just(0.0))


def random_state(
    seed: int, *, dtype: torch.dtype = torch.float32, shapes: dict[str, Any] = SHAPES
) -> dict[str, Tensor]:
    generator = torch.Generator().manual_seed(seed)
    return {name: torch.randn(s, generator=generator).to(dtype) for name, s in shapes.items()}


def random_vectors(seed: int, *, storage: torch.dtype = torch.float32) -> dict[str, TaskVector]:
    return {
        name: TaskVector(random_state(seed + i + 1, dtype=storage)) for i, name in enumerate(NAMES)
    }


def assert_is_textbook(
    engine: Recomposer,
    base: dict[str, Tensor],
    vectors: dict[str, TaskVector],
    coefficients: dict[str, float],
) -> None:
    """The output is θ₀ + Σλτ in float64, up to float32 additions and one final rounding."""
    for name, found in engine.state().items():
        exact, size = base[name].double(), base[name].double().abs()
        for vector, value in coefficients.items():
            if name in vectors[vector]:
                term = value * vectors[vector][name].to(engine.storage or torch.float32).double()
                exact, size = exact + term, size + term.abs()
        # Each addition and each product in float32, then the rounding to the output's own type.
        out = torch.finfo(found.dtype)
        allowed = (len(coefficients) + 2) * 2**-23 * size + out.eps * exact.abs()
        assert ((found.cpu().double() - exact).abs() <= allowed + out.smallest_normal).all()


@pytest.mark.parametrize("storage", DTYPES)
@pytest.mark.parametrize("dtype", DTYPES)
@given(seed=seeds, coefficients=coefficients)
@settings(max_examples=30)
def test_recompose_is_the_textbook_sum(
    dtype: torch.dtype, storage: torch.dtype, seed: int, coefficients: dict[str, float]
) -> None:
    base, vectors = random_state(seed, dtype=dtype), random_vectors(seed, storage=storage)
    engine = Recomposer(base, vectors, storage=storage)
    engine.recompose(coefficients)
    assert_is_textbook(engine, base, vectors, coefficients)


@pytest.mark.parametrize("dtype", DTYPES)
@given(seed=seeds, moves=st.lists(coefficients, max_size=4))
@settings(max_examples=30)
def test_lambda_0_is_the_pretrained_model_bit_for_bit(
    dtype: torch.dtype, seed: int, moves: list[dict[str, float]]
) -> None:
    base = random_state(seed, dtype=dtype)
    base["b"][0] = -0.0
    engine = Recomposer(base, random_vectors(seed))
    for move in moves:
        engine.recompose(move)
    for zero in ({}, dict.fromkeys(NAMES, 0.0), {"a": -0.0}):
        engine.recompose(zero)
        for name, tensor in engine.state().items():
            assert torch.equal(tensor.signbit(), base[name].signbit())
            assert torch.equal(tensor, base[name])


@pytest.mark.parametrize("storage", DTYPES)
@given(seed=seeds)
@settings(max_examples=30)
def test_lambda_1_is_the_finetuned_model_to_the_rounding_of_the_storage(
    storage: torch.dtype, seed: int
) -> None:
    pretrained, finetuned = random_state(seed), random_state(seed + 1)
    vector = TaskVector.from_states(pretrained, finetuned)
    engine = Recomposer(pretrained, {"t": vector}, storage=storage)
    engine.recompose({"t": 1.0})
    for name, tensor in engine.state().items():
        rounding = 0.0 if storage == torch.float32 else torch.finfo(storage).eps / 2
        size = torch.maximum(pretrained[name].abs(), finetuned[name].abs())
        allowed = rounding * vector[name].abs() + 2**-22 * size + torch.finfo(storage).tiny
        assert ((tensor - finetuned[name]).abs() <= allowed).all()


def test_a_thousand_moves_equal_one() -> None:
    base, vectors = random_state(0), random_vectors(0)
    moved, once = Recomposer(base, vectors), Recomposer(base, vectors)
    values = (6 * torch.rand(1000, len(NAMES), dtype=torch.float64) - 3).tolist()
    for row in values:
        moved.recompose(dict(zip(NAMES, row, strict=True)))
    last = dict(zip(reversed(NAMES), reversed(values[-1]), strict=True))  # order does not matter
    once.recompose(last)
    assert all(torch.equal(moved.state()[name], once.state()[name]) for name in SHAPES)


@pytest.mark.parametrize("dtype", DTYPES)
def test_blocks_make_no_difference(dtype: torch.dtype) -> None:
    shapes = {"w": (BLOCK + 77,), "b": (BLOCK, 2)}
    base = random_state(0, dtype=dtype, shapes=shapes)
    vectors = {name: TaskVector(random_state(i, shapes=shapes)) for i, name in enumerate("ab")}
    engine = Recomposer(base, vectors)
    engine.recompose({"a": 0.7, "b": -1.3})
    assert_is_textbook(engine, base, vectors, {"a": 0.7, "b": -1.3})


def test_a_vector_may_cover_a_part_and_the_rest_takes_no_part() -> None:
    base = random_state(0)
    part = TaskVector({"b": torch.ones(5)})
    engine = Recomposer(base, {"part": part})
    engine.recompose({"part": 2.0})
    assert engine.layout.names == ("b",)
    both = Recomposer(base, {"part": part, "scale": TaskVector({"scale": torch.tensor(1.0)})})
    both.recompose({"part": 2.0})
    assert torch.equal(both.state()["b"], base["b"] + 2)
    assert torch.equal(both.state()["scale"], base["scale"])


LAYERED: dict[str, Any] = {
    "token": (5,),
    **{f"layers.{i}.{name}": (9, 7) for i in range(3) for name in ("w", "b")},
    "layers.1.late": (3,),  # its layer is in two places
}
factors = st.dictionaries(
    st.sampled_from([*NAMES, "*"]),
    st.dictionaries(st.sampled_from(["token", "layers.0", "layers.1"]), st.floats(-1, 1)),
)


@given(seed=seeds, coefficients=coefficients, layers=factors)
@settings(max_examples=50)
def test_layers_have_coefficients_of_their_own(
    seed: int, coefficients: dict[str, float], layers: dict[str, dict[str, float]]
) -> None:
    base = random_state(seed, shapes=LAYERED)
    vectors = {n: TaskVector(random_state(seed + i, shapes=LAYERED)) for i, n in enumerate(NAMES)}
    engine = Recomposer(base, vectors)
    engine.recompose(coefficients, layers=layers)
    found = engine.state()
    for name in LAYERED:
        own = {
            vector: value
            * (
                layers.get("*", {}).get(layer_group(name), 1.0)
                * layers.get(vector, {}).get(layer_group(name), 1.0)
            )
            for vector, value in coefficients.items()
        }
        engine.recompose(own)
        assert torch.equal(found[name], engine.state()[name])


def test_a_factor_of_one_everywhere_changes_no_bit() -> None:
    base = random_state(1, shapes=LAYERED)
    engine = Recomposer(base, {"t": TaskVector(random_state(2, shapes=LAYERED))})
    engine.recompose({"t": 0.7}, layers={"t": {"token": 1.0, "layers.2": 1.0}})
    found = engine.state()
    engine.recompose({"t": 0.7})
    assert all(torch.equal(found[name], tensor) for name, tensor in engine.state().items())


def test_a_bad_factor_leaves_the_output_as_it_was() -> None:
    base = random_state(1, shapes=LAYERED)
    engine = Recomposer(base, {"t": TaskVector(random_state(2, shapes=LAYERED))})
    with pytest.raises(UnknownNameError, match=r"unknown layer group 'layers\.7'.*layers\.0"):
        engine.recompose({"t": 1.0}, layers={"t": {"layers.7": 0.5}})
    for bad in (math.nan, 5.0):
        with pytest.raises(CoefficientError, match="t in token"):
            engine.recompose({"t": 1.0}, layers={"t": {"token": bad}})
    assert all(torch.equal(base[name], tensor) for name, tensor in engine.state().items())


class Tied(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.first = nn.Linear(4, 4)
        self.second = nn.Linear(4, 4)
        self.second.weight = self.first.weight
        self.norm = nn.BatchNorm1d(4)


def test_a_bound_module_follows_every_edit() -> None:
    module = Tied()
    state = {name: tensor.clone() for name, tensor in module.state_dict().items()}
    edited = {name: state[name] for name in ("first.weight", "second.weight", "second.bias")}
    vector = TaskVector({name: torch.ones_like(tensor) for name, tensor in edited.items()})
    engine = Recomposer(state, {"t": vector})
    engine.bind(module)
    engine.recompose({"t": 0.5})
    after = module.state_dict()
    for name, tensor in state.items():
        assert torch.equal(after[name], tensor + 0.5 if name in edited else tensor), name
    assert module.second.weight is module.first.weight
    assert not module.first.weight.requires_grad
    assert torch.allclose(
        module.first(torch.ones(1, 4)), (state["first.weight"] + 0.5).sum(1) + state["first.bias"]
    )
    engine.recompose({})
    assert torch.equal(module.first.weight, state["first.weight"])


@pytest.mark.parametrize("module", [nn.Linear(3, 4), nn.Linear(4, 4).half(), nn.ReLU()])
def test_a_module_that_does_not_fit_is_refused_whole(module: nn.Module) -> None:
    before = dict(module.state_dict())
    vector = TaskVector({"weight": torch.ones(4, 4), "bias": torch.ones(4)})
    engine = Recomposer({"weight": torch.ones(4, 4), "bias": torch.ones(4)}, {"t": vector})
    with pytest.raises(WeightsError, match="weight"):
        engine.bind(module)
    assert all(torch.equal(before[name], now) for name, now in module.state_dict().items())


@pytest.mark.parametrize("storage", DTYPES)
def test_a_stored_vector_can_be_had_back(storage: torch.dtype) -> None:
    base, vectors = random_state(0), random_vectors(0, storage=storage)
    part = TaskVector({"b": vectors["a"]["b"]})
    engine = Recomposer(base, {**vectors, "part": part}, storage=storage)
    back = engine.vector("a")
    assert all(torch.equal(back[name], vectors["a"][name]) for name in base)
    assert torch.equal(engine.vector("part")["b"], part["b"])
    assert not engine.vector("part")["w"].any()
    with pytest.raises(UnknownNameError, match="'x'"):
        engine.vector("x")


def half(vector: TaskVector) -> TaskVector:
    return TaskVector({name: tensor.half().float() for name, tensor in vector.items()})


@pytest.mark.parametrize("device", ["cpu", pytest.param("cuda", marks=pytest.mark.gpu)])
@pytest.mark.parametrize("layers", [None, {"b": {"token": 0.5, "layers.2": 0.0}}])
def test_vectors_are_stored_as_narrow_as_they_are_and_mixed_without_rounding(
    device: str, layers: dict[str, dict[str, float]] | None
) -> None:
    base = random_state(0, shapes=LAYERED)
    full = {n: TaskVector(random_state(i, shapes=LAYERED)) for i, n in enumerate("abcd")}
    mixed = {n: half(v) if n in "ad" else v for n, v in full.items()}
    ours = Recomposer(base, mixed, device=device)
    wide = Recomposer(base, mixed, device=device, storage=torch.float32)
    assert [ours.vector(n)["token"].dtype.itemsize for n in "abcd"] == [2, 4, 4, 2]
    coefficients = {"d": 1 / 3, "a": -0.7, "b": 0.1, "c": 2.3}
    for engine in (ours, wide):
        engine.recompose(coefficients, layers=layers)
    assert all(torch.equal(wide.state()[name], t) for name, t in ours.state().items())


def test_in_half_precision_a_mixed_sum_is_rounded_once() -> None:
    base = random_state(0, dtype=torch.bfloat16)
    vectors = {n: TaskVector(random_state(i + 1)) for i, n in enumerate("abc")}
    vectors["b"] = half(vectors["b"])
    ours, wide = Recomposer(base, vectors), Recomposer(base, vectors, storage=torch.float32)
    for engine in (ours, wide):
        engine.recompose({"a": 0.3, "b": -1.1, "c": 0.7})
    assert all(torch.equal(wide.state()[name], t) for name, t in ours.state().items())


@pytest.mark.parametrize(
    ("numbers", "dtype"),
    [
        ([0.5, -0.0, 65504.0, 6e-8], torch.float16),  # 6e-8 rounds to the smallest there is
        ([1e30, 2.0**-100], torch.bfloat16),
        ([1e30, 0.1], torch.float32),
        ([1.0, 65520.5], torch.float32),
    ],
)
def test_the_narrowest_dtype_is_exact(numbers: list[float], dtype: torch.dtype) -> None:
    rounded = torch.tensor(numbers).to(dtype).float()
    assert exact_dtype({"w": rounded}) == dtype
    engine = Recomposer({"w": torch.zeros(len(numbers))}, {"t": TaskVector({"w": rounded})})
    assert engine.vector("t")["w"].dtype == dtype
    assert torch.equal(engine.vector("t")["w"].float(), rounded)


def test_vectors_can_be_added_and_replaced() -> None:
    engine = Recomposer({"w": torch.zeros(2)}, {"t": TaskVector({"w": torch.ones(2)})})
    engine.add_vector("null", TaskVector({"w": torch.tensor([1.0, -1.0])}))
    engine.recompose({"null": 1.0, "t": 1.0})
    assert engine.state()["w"].tolist() == [2, 0]
    engine.add_vector("null", TaskVector({"w": torch.tensor([0.0, 5.0])}))
    engine.recompose({"null": 1.0})
    assert engine.state()["w"].tolist() == [0, 5]
    assert engine.vectors == ("t", "null")
    engine.remove_vector("t")
    assert engine.vectors == ("null",)
    with pytest.raises(UnknownNameError, match="unknown vector 't'"):
        engine.recompose({"t": 1.0})
    with pytest.raises(UnknownNameError, match="unknown vector 't'"):
        engine.remove_vector("t")


@pytest.mark.parametrize("vector", [{"x": torch.ones(2)}, {"w": torch.ones(3)}])
def test_a_vector_that_does_not_fit_is_refused(vector: dict[str, Tensor]) -> None:
    base = {"w": torch.zeros(2)}
    with pytest.raises(WeightsError, match="vector 't'"):
        Recomposer(base, {"t": TaskVector(vector)})
    engine = Recomposer(base, {"s": TaskVector({"w": torch.ones(2)})})
    with pytest.raises(WeightsError, match="vector 't'"):
        engine.add_vector("t", TaskVector(vector))
    assert engine.vectors == ("s",)


def test_a_vector_too_large_for_its_storage_is_refused() -> None:
    large = TaskVector({"w": torch.tensor([1e6])})
    with pytest.raises(WeightsError, match="overflows"):
        Recomposer({"w": torch.zeros(1)}, {"t": large}, storage=torch.float16)


def test_edited_weights_share_one_dtype() -> None:
    base = {"a": torch.zeros(1), "b": torch.zeros(1).half()}
    with pytest.raises(WeightsError, match="one dtype"):
        Recomposer(base, {"t": TaskVector({"a": torch.ones(1), "b": torch.ones(1)})})


def test_bad_coefficients_leave_the_output_as_it_was() -> None:
    engine = Recomposer({"w": torch.zeros(1)}, {"letters": TaskVector({"w": torch.ones(1)})})
    engine.recompose({"letters": 0.5})
    with pytest.raises(UnknownNameError, match="did you mean 'letters'"):
        engine.recompose({"leters": 1.0})
    for bad in (math.nan, math.inf, 3.5):
        with pytest.raises(CoefficientError):
            engine.recompose({"letters": bad})
    assert engine.state()["w"] == 0.5


def test_an_engine_without_vectors_does_nothing() -> None:
    engine = Recomposer({"w": torch.ones(1)}, {})
    engine.recompose({})
    engine.bind(nn.ReLU())
    assert engine.state() == {}


@pytest.mark.gpu
@pytest.mark.parametrize("storage", DTYPES)
@pytest.mark.parametrize("dtype", DTYPES)
def test_a_gpu_gives_the_textbook_sum_and_exact_zeros(
    dtype: torch.dtype, storage: torch.dtype
) -> None:
    base, vectors = random_state(0, dtype=dtype), random_vectors(0, storage=storage)
    engine = Recomposer(base, vectors, device="cuda", storage=storage)
    engine.recompose({"a": 0.7, "c": -1.1})
    assert_is_textbook(engine, base, vectors, {"a": 0.7, "c": -1.1})
    engine.recompose({})
    assert all(torch.equal(tensor.cpu(), base[name]) for name, tensor in engine.state().items())
