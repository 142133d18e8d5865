"""The same CLIP in transformers' layout and in open_clip's: same numbers, same answers."""

import pytest
import torch
from torch import Tensor

from taskarith.errors import WeightsError
from taskarith.models.clip.layouts import ConvertedState, clip_layout, convert_vector
from tests.clips import tiny_open_clip, tiny_transformers_clip


@pytest.fixture(scope="module")
def theirs() -> dict[str, Tensor]:
    return {n: t.detach() for n, t in tiny_transformers_clip().named_parameters()}


def test_there_and_back_is_the_same(theirs: dict[str, Tensor]) -> None:
    ours = dict(ConvertedState(theirs, to="open_clip"))
    assert set(ours) == {name for name, _ in tiny_open_clip().named_parameters()}
    back = ConvertedState(ours, to="transformers")
    assert set(back) == set(theirs)
    for name, tensor in theirs.items():
        assert torch.equal(back[name], tensor), name


def test_both_give_the_same_embeddings(theirs: dict[str, Tensor]) -> None:
    transformers_clip, open_clip = tiny_transformers_clip(), tiny_open_clip()
    open_clip.load_state_dict(dict(ConvertedState(theirs, to="open_clip")))
    pixels = torch.randn(3, 3, 16, 16, generator=torch.Generator().manual_seed(0))
    with torch.inference_mode():
        one = transformers_clip.get_image_features(pixel_values=pixels)
        one = getattr(one, "pooler_output", one)
        other = open_clip.encode_image(pixels)
    torch.testing.assert_close(one, other, rtol=1e-5, atol=1e-6)


def test_the_layout_is_seen_in_whole_models_and_parts(theirs: dict[str, Tensor]) -> None:
    ours = ConvertedState(theirs, to="open_clip")
    assert clip_layout(theirs) == "transformers"
    assert clip_layout(ours) == "open_clip"
    tower = [n.removeprefix("vision_model.") for n in theirs if n.startswith("vision_model.")]
    assert clip_layout(tower) == "transformers"
    assert clip_layout(["visual.transformer.resblocks.0.mlp.c_fc.weight"]) == "open_clip"
    assert clip_layout(["base_model.model.encoder.layers.0.self_attn.q_proj.lora_A.weight"]) == (
        "transformers"
    )
    assert clip_layout(["h.0.attn.c_attn.weight", "wte.weight"]) is None


def test_differences_convert_as_weights_do(theirs: dict[str, Tensor]) -> None:
    ours = dict(ConvertedState(theirs, to="open_clip"))
    vision = {n: torch.randn_like(t) for n, t in theirs.items() if n.startswith("vision_model.")}
    converted = convert_vector(vision, base=ours)
    moved = ConvertedState({n: t + vision.get(n, 0) for n, t in theirs.items()}, to="open_clip")
    for name, tensor in ours.items():
        torch.testing.assert_close(tensor + converted.get(name, 0), moved[name])
    back = convert_vector(converted, base=theirs)
    assert {n: t.tolist() for n, t in back.items()} == {n: t.tolist() for n, t in vision.items()}


def test_of_q_k_and_v_what_did_not_move_is_zero(theirs: dict[str, Tensor]) -> None:
    ours = dict(ConvertedState(theirs, to="open_clip"))
    name = "vision_model.encoder.layers.0.self_attn.v_proj.weight"
    [(converted, difference)] = convert_vector({name: torch.ones(32, 32)}, base=ours).items()
    assert converted == "visual.transformer.resblocks.0.attn.in_proj_weight"
    assert difference[:64].abs().sum() == 0
    assert bool((difference[64:] == 1).all())


def test_a_whole_model_needs_q_k_and_v(theirs: dict[str, Tensor]) -> None:
    lacking = {n: t for n, t in theirs.items() if "layers.0.self_attn.k_proj.weight" not in n}
    with pytest.raises(WeightsError, match="needs q, k and v"):
        dict(ConvertedState(lacking, to="open_clip"))


def test_what_has_no_place_is_named(theirs: dict[str, Tensor]) -> None:
    ours = dict(ConvertedState(theirs, to="open_clip"))
    foreign = "vision_model.encoder.layers.7.mlp.fc1.weight"
    with pytest.raises(WeightsError, match=r"resblocks\.7\.mlp\.c_fc"):
        convert_vector({foreign: torch.ones(64, 32)}, base=ours)
