"""Names are matched by what fits the base: their ends and the shapes of their tensors."""

from pathlib import Path

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import Tensor, nn

from taskarith.errors import WeightsError
from taskarith.sources import LazyState
from taskarith.sources.align import align, best_renaming, fitting, untied
from taskarith.sources.pickles import open_pickle

BASE = {
    "logit_scale": torch.tensor(2.0),
    "visual.conv1.weight": torch.ones(4, 3),
    **{f"visual.layers.{i}.mlp.weight": torch.ones(4, 4) for i in range(3)},
    "visual.ln.weight": torch.ones(4),
    **{f"text.layers.{i}.mlp.weight": torch.ones(5, 5) for i in range(3)},
    "text.ln.weight": torch.ones(5),
}
BASE_STATE = LazyState.of(BASE)


def aligned(state: dict[str, Tensor], **options: object) -> dict[str, str]:
    return dict(align(LazyState.of(state), BASE_STATE, **options).names)  # type: ignore[arg-type]


words = st.lists(st.from_regex(r"[a-z_]{1,8}|[0-9]", fullmatch=True), max_size=3)


@given(words)
def test_any_words_may_stand_before_the_names(before: list[str]) -> None:
    prefix = "".join(f"{word}." for word in before)
    state = {prefix + name: tensor for name, tensor in BASE.items()}
    assert aligned(state) == {prefix + name: name for name in BASE}


@given(words, words)
def test_the_base_may_have_words_of_its_own(theirs: list[str], ours: list[str]) -> None:
    one, other = ("".join(f"{word}." for word in before) for before in (theirs, ours))
    base = LazyState.of({other + name: tensor for name, tensor in BASE.items()})
    state = LazyState.of({one + name: tensor for name, tensor in BASE.items()})
    assert align(state, base).names == {one + name: other + name for name in BASE}


@pytest.mark.parametrize(
    "wrapped",
    [
        "_orig_mod.visual.conv1.weight",
        "visual._orig_mod.conv1.weight",
        "_fsdp_wrapped_module.visual._fsdp_wrapped_module.conv1.weight",
        "module._orig_mod.visual.conv1._checkpoint_wrapped_module.weight",
    ],
)
def test_wrappers_of_training_are_no_part_of_a_name(wrapped: str) -> None:
    renaming = best_renaming({wrapped: (4, 3)}, BASE_STATE.shapes())
    assert renaming(wrapped) == "visual.conv1.weight"


def test_a_tower_alone_goes_where_its_shapes_are() -> None:
    for part in ("visual", "text"):
        tower = {n.removeprefix(f"{part}."): t for n, t in BASE.items() if n.startswith(part)}
        assert aligned(tower) == {name: f"{part}.{name}" for name in tower}


def test_what_fits_two_places_is_not_guessed() -> None:
    base = {f"{tower}.layers.0.q.weight": (4, 4) for tower in ("vision", "text")}
    with pytest.raises(WeightsError, match=r"equally well, as (vision|text)\.layers"):
        best_renaming({"layers.0.q.weight": (4, 4)}, base)
    assert best_renaming({"text.layers.0.q.weight": (4, 4)}, base).added == ""


def test_a_layer_of_another_name_is_not_taken() -> None:
    renaming = best_renaming({"layers.0.query.weight": None}, BASE_STATE.shapes())
    assert renaming("layers.0.query.weight") not in BASE


def test_one_parameter_under_two_names_is_refused() -> None:
    state = {**BASE, "_orig_mod.logit_scale": torch.tensor(3.0)}
    with pytest.raises(WeightsError, match=r"there twice: logit_scale, _orig_mod\.logit_scale"):
        aligned(state)


def test_what_is_left_out_has_no_say() -> None:
    heads = {f"heads.{i}.visual.conv1.weight": torch.ones(4, 3) for i in range(9)}
    state = {f"net.{name}": tensor for name, tensor in BASE.items()} | heads
    assert aligned(state, exclude=["heads.*"]) == {f"net.{name}": name for name in BASE}


@pytest.mark.parametrize(
    "content",
    [
        {"model": {"name": "ViT", "layers": 2}, "state_dict": BASE},
        {"net": BASE, "optimizer": {"state": {i: {"exp_avg": torch.ones(4)} for i in range(99)}}},
        {"params": BASE},
        {"model_state": BASE, "epoch": 3, "loss": torch.tensor(0.3)},
        {"checkpoint": {"model_ema": BASE}},
        {"model": {"temperature": torch.ones(1)}, "weights": BASE},
        {"state_dict": {f"student.{n}": t for n, t in BASE.items()}, "centre": torch.ones(4)},
        {"teacher": {f"t.{i}": torch.ones(2, 2) for i in range(30)}, "student": BASE},
    ],
    ids=["settings", "net", "params", "model_state", "nested", "small", "prefixed", "larger"],
)
def test_the_dictionary_that_holds_the_tensors_is_found(content: object, tmp_path: Path) -> None:
    torch.save(content, tmp_path / "training.pt")
    found = fitting(open_pickle(tmp_path / "training.pt"), BASE_STATE)
    names = align(found, BASE_STATE).names
    assert set(names.values()) == set(BASE)
    assert all(torch.equal(found[name], BASE[own]) for name, own in names.items())


def test_parts_that_are_one_model_stay_together(tmp_path: Path) -> None:
    whole = {"visual": {}, "text": {}, "logit_scale": BASE["logit_scale"]}
    for name, tensor in BASE.items():
        part, _, own = name.partition(".")
        if own:
            whole[part][own] = tensor  # type: ignore[index]
    torch.save(whole, tmp_path / "nested.pt")
    found = fitting(open_pickle(tmp_path / "nested.pt"), BASE_STATE)
    assert set(align(found, BASE_STATE).names) == set(BASE)


class Tower(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.model = nn.ModuleDict({"first": nn.Linear(3, 4), "norm": nn.BatchNorm1d(4)})
        mask = torch.full((4, 4), float("-inf")).triu(1)
        self.model.register_buffer("mask", mask, persistent=False)
        self.model.register_buffer("kept", torch.ones(2))


@pytest.mark.parametrize("protocol", [2, 4])
def test_a_modules_own_masks_are_no_weights(protocol: int, tmp_path: Path) -> None:
    """As in the first task-vector checkpoints: `attn_mask`, minus infinity, no parameter."""
    tower = Tower()
    torch.save(tower, tmp_path / "tower.pt", pickle_protocol=protocol)
    found = open_pickle(tmp_path / "tower.pt")
    assert set(found) == set(tower.state_dict())
    assert found.is_buffer("model.norm.running_mean")
    assert not found.is_buffer("model.norm.weight")


def test_buffers_that_the_base_has_not_are_left_out(tmp_path: Path) -> None:
    tower = Tower()
    torch.save(tower, tmp_path / "tower.pt")
    base = {n.removeprefix("model."): p.detach() for n, p in tower.named_parameters()}
    found = align(open_pickle(tmp_path / "tower.pt"), LazyState.of(base))
    assert set(found.names.values()) == set(base)
    assert "model.kept" in found.excluded


TIES = {"lm_head.weight": "wte.weight"}
TIED = {"wte.weight": torch.ones(3, 2), "h.0.w": torch.ones(2)}


@pytest.mark.parametrize("base_has", ["wte.weight", "lm_head.weight", "both"])
@pytest.mark.parametrize("found_has", ["wte.weight", "lm_head.weight", "both"])
def test_a_tied_tensor_is_one_whatever_it_is_called(base_has: str, found_has: str) -> None:
    def state(has: str) -> LazyState:
        names = ["wte.weight", "lm_head.weight"] if has == "both" else [has]
        return LazyState.of({"h.0.w": TIED["h.0.w"]} | dict.fromkeys(names, TIED["wte.weight"]))

    base = untied(state(base_has), TIES)
    assert set(base) == set(TIED)
    found = align(state(found_has), base, aliases=TIES)
    assert sorted(found.names.values()) == sorted(TIED)
    assert found.excluded == ()


def test_tensors_said_to_be_tied_that_differ_are_refused() -> None:
    state = LazyState.of(TIED | {"lm_head.weight": torch.zeros(3, 2)})
    with pytest.raises(WeightsError, match="different numbers; the model ties the two"):
        untied(state, TIES)
    with pytest.raises(WeightsError, match="different numbers; the model ties the two"):
        align(state, LazyState.of(TIED), aliases=TIES)
    assert align(state, LazyState.of(TIED), aliases=TIES, exclude=["lm_head.*"]).names
