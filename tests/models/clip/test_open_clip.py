import json
import math
from pathlib import Path
from typing import Any

import pytest
import torch

from taskarith.errors import AssetError, WeightsError
from taskarith.models import ClipModel, load_clip
from taskarith.models.clip.open_clip import build_clip, import_open_clip
from taskarith.models.clip.pretrained import load_pretrained
from tests import clips

CONFIG = {
    "embed_dim": 16,
    "vision_cfg": {"image_size": 16, "patch_size": 8, "width": 32, "layers": 1, "head_width": 16},
    "text_cfg": {"context_length": 8, "width": 32, "heads": 2, "layers": 1},
}
WORDS = ["mug", "red"]


@pytest.fixture(scope="module")
def model() -> ClipModel:
    torch.manual_seed(0)
    return build_clip(CONFIG, WORDS)


def test_image_embeddings_are_those_of_open_clip_on_normalized_pixels(model: ClipModel) -> None:
    pixels = torch.randint(0, 256, (3, 16, 16, 3), dtype=torch.uint8)
    mean = torch.tensor([0.48145466, 0.4578275, 0.40821073])
    std = torch.tensor([0.26862954, 0.26130258, 0.27577711])
    planes = ((pixels / 255 - mean) / std).permute(0, 3, 1, 2)
    with torch.no_grad():
        expected = model.network.encode_image(planes)
    expected = expected / expected.norm(dim=-1, keepdim=True)
    torch.testing.assert_close(model.encode_images(pixels), expected, rtol=1e-4, atol=1e-5)


def test_text_embeddings_have_unit_length(model: ClipModel) -> None:
    lengths = model.encode_texts(["red mug", "mug", ""]).norm(dim=-1)
    torch.testing.assert_close(lengths, torch.ones(3))


def test_logit_scale_is_exponentiated(model: ClipModel) -> None:
    assert model.logit_scale == pytest.approx(math.exp(model.network.logit_scale.item()))


def test_vision_state_holds_the_vision_tower_alone(model: ClipModel) -> None:
    state = model.vision_state()
    assert set(state) == {f"visual.{n}" for n, _ in model.network.visual.named_parameters()}
    parameter = model.network.visual.proj
    assert state["visual.proj"].data_ptr() == parameter.data_ptr()


def test_loading_gives_the_same_model(model: ClipModel) -> None:
    again = load_clip(CONFIG, model.network.state_dict(), WORDS)
    pixels = torch.randint(0, 256, (2, 16, 16, 3), dtype=torch.uint8)
    assert torch.equal(again.encode_images(pixels), model.encode_images(pixels))


def test_weights_that_do_not_fit_are_refused_with_every_difference(model: ClipModel) -> None:
    state = dict(model.network.state_dict())
    state["surplus"] = torch.zeros(1)
    del state["visual.proj"]
    with pytest.raises(WeightsError, match=r"(?s)visual\.proj.*surplus|surplus.*visual\.proj"):
        load_clip(CONFIG, state, WORDS)


HOSTILE_CONFIGS: dict[str, tuple[dict[str, Any], str]] = {
    "timm and a repository of the Hub": (
        {"vision_cfg": {"timm_model_name": "hf-hub:evil/model", "image_size": 16}},
        "its tower comes from elsewhere",
    ),
    "a text tower of the Hub": (
        {"text_cfg": {"hf_model_name": "evil/model"}},
        "its tower comes from elsewhere",
    ),
    "a tokenizer of the Hub": (
        {"text_cfg": {"hf_tokenizer_name": "evil/model"}},
        "its tokenizer comes from elsewhere",
    ),
    "a list of layers": ({"vision_cfg": {"layers": [10**9, 1, 1, 1]}}, "no model has more than"),
    "no towers": ({"vision_cfg": 3}, "has no vision_cfg, or one that is no object"),
    "a vast table of positions": (
        {"vision_cfg": {"image_size": 10**6, "patch_size": 1, "pos_embed_type": "sin_cos_2d"}},
        "more than any model takes",
    ),
    "patches of nothing": ({"vision_cfg": {"patch_size": 0}}, "are no sizes"),
}


@pytest.mark.parametrize(("change", "words"), HOSTILE_CONFIGS.values(), ids=list(HOSTILE_CONFIGS))
def test_a_hostile_configuration_is_refused_before_anything_is_built(
    change: dict[str, Any], words: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def build(**_: Any) -> None:
        raise AssertionError("it was built")

    monkeypatch.setattr(import_open_clip(), "CLIP", build)
    described = {"model_cfg": {**clips.OPEN_CLIP_CONFIG, **change}}
    (tmp_path / "open_clip_config.json").write_text(json.dumps(described))
    folder = {"open_clip_config.json": tmp_path / "open_clip_config.json"}
    with pytest.raises(AssetError, match=words):
        load_pretrained({}, folder=folder)


def test_multiply_adds_are_those_of_every_matrix_at_every_token(model: ClipModel) -> None:
    def tower(width: int, layers: int, tokens: int) -> int:
        return layers * (12 * width**2 * tokens + 2 * tokens**2 * width)

    tokens = (16 // 8) ** 2 + 1
    expected = tower(32, 1, tokens) + (tokens - 1) * 3 * 8 * 8 * 32 + 32 * 16
    expected += tower(32, 1, 8) + 32 * 16
    assert model.multiply_adds() == expected
    assert torch.backends.mha.get_fastpath_enabled()
