from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image

from taskarith.errors import AssetError
from taskarith.models.clip.pixels import (
    OPENAI_MEAN,
    PixelNormalizer,
    open_clip_transform,
    transformers_transform,
)
from taskarith.models.clip.pretrained import described_model
from taskarith.models.picture_transform import PictureTransform
from taskarith.models.torchvision_operators import declare_torchvision_operators
from taskarith.tasks.decoding import fitted

OPEN_CLIP = {"vision_cfg": {"image_size": 24}}
TRANSFORMERS = {"vision_config": {"image_size": 24}}


def test_what_is_not_said_is_clips_own() -> None:
    assert open_clip_transform(OPEN_CLIP, {}) == PictureTransform(24)
    assert transformers_transform(TRANSFORMERS, {}) == PictureTransform(24)
    assert transformers_transform({"vision_config": {}}, {}) == PictureTransform(224)
    both = open_clip_transform({"vision_cfg": {"image_size": [336, 336]}}, {"size": 336})
    assert both == PictureTransform(336)


@pytest.mark.parametrize(
    "said",
    [
        {},
        {"size": 30},
        {"size": {"shortest_edge": 30}, "resample": 2},
        {"size": {"height": 24, "width": 24}, "do_center_crop": False},
        {"size": {"height": 32, "width": 32}},
        {"do_resize": False},
        {"do_normalize": False},
        {"do_rescale": False, "image_mean": [100.0, 90.0, 80.0], "image_std": [50.0, 60.0, 70.0]},
        {"rescale_factor": 1 / 127.5, "image_mean": [1, 1, 1], "image_std": [1, 1, 1]},
    ],
)
# Where the border is odd, torchvision and transformers cut one pixel apart: we as torchvision.
@pytest.mark.parametrize("shape", [(16, 64), (64, 32), (40, 40)])
def test_it_is_what_transformers_image_processor_does(
    said: dict[str, Any], shape: tuple[int, int]
) -> None:
    declare_torchvision_operators()
    processors = pytest.importorskip("transformers.models.clip.image_processing_pil_clip")
    size = {"size": {"shortest_edge": 24}, "crop_size": {"height": 24, "width": 24}}
    processor = processors.CLIPImageProcessorPil(**{**size, **said})
    pixels = np.random.default_rng(0).integers(0, 256, (*shape, 3), dtype=np.uint8)
    picture = Image.fromarray(pixels)
    expected = torch.as_tensor(np.asarray(processor(picture)["pixel_values"][0]))
    transform = transformers_transform(TRANSFORMERS, said)
    square = torch.from_numpy(np.array(fitted(picture, transform, what="it")))
    ours = PixelNormalizer.of(transform)(square[None])[0]
    # One step of a whole byte: the two round at different places.
    step = 1.01 * float((1 / transform.white) / min(transform.std))
    assert (ours - expected).abs().max() <= step


@pytest.mark.parametrize(
    ("said", "words"),
    [
        ({"resize_mode": "crop"}, "resize_mode 'crop' is not known"),
        ({"size": 32}, "size is 32, but the model takes squares of 24 pixels"),
        ({"size": [24, 48]}, "is no square"),
        ({"mode": "L"}, "only RGB"),
        ({"std": [0, 1, 1]}, "std: .* three positive numbers"),
        ({"mean": [1]}, "mean: .* three numbers"),
        ({"fill_color": -1}, "fill_color"),
    ],
)
def test_what_open_clip_asks_for_and_is_not_done_is_refused(
    said: dict[str, Any], words: str
) -> None:
    with pytest.raises(AssetError, match=words):
        open_clip_transform(OPEN_CLIP, said)


@pytest.mark.parametrize(
    ("said", "words"),
    [
        ({"do_center_crop": False}, "becomes no square of 24 pixels"),
        ({"crop_size": 32}, "crop_size is 32, but the model takes squares of 24"),
        ({"size": {"longest_edge": 24}}, "known are shortest_edge, or height and width"),
        ({"size": {"height": 24, "width": 48}}, "is no square"),
        ({"resample": 9}, "resample 9 is none of PIL's filters"),
        ({"rescale_factor": 0}, "rescale_factor 0 is no positive number"),
        ({"image_std": [0, 1, 1]}, "image_std: .* positive"),
        ({"image_mean": [1, 2, float("nan")]}, "image_mean"),
        ({"size": "large"}, "no whole number"),
    ],
)
def test_what_transformers_asks_for_and_is_not_done_is_refused(
    said: dict[str, Any], words: str
) -> None:
    with pytest.raises(AssetError, match=words):
        transformers_transform(TRANSFORMERS, said)


def test_whole_bytes_become_the_networks_input() -> None:
    pixels = torch.full((1, 2, 2, 3), 255, dtype=torch.uint8)
    seen = PixelNormalizer(std=(1, 1, 1))(pixels)
    assert seen.shape == (1, 3, 2, 2)
    assert torch.allclose(seen[0, :, 0, 0], 1 - torch.tensor(OPENAI_MEAN))


@pytest.mark.parametrize(
    ("model", "words"),
    [
        ("ViT-B-16-SigLIP", "vision_cfg.timm_model_name|text_cfg.hf_tokenizer_name"),
        ("ViT-L-14-CLIPA", "tokenizer comes from elsewhere"),
        ("xlm-roberta-base-ViT-B-32", "text_cfg.hf_model_name"),
    ],
)
def test_a_model_with_another_librarys_words_is_refused(model: str, words: str) -> None:
    with pytest.raises(AssetError, match=words):
        described_model({}, model=model)


@pytest.mark.parametrize("model", ["ViT-B-32", "ViT-L-14-336"])
def test_openclips_own_sizes_are_found(model: str) -> None:
    side = 336 if "336" in model else 224
    assert open_clip_transform(*described_model({}, model=model)).side == side
