"""Configurations of one library as the other's; what only one can say is refused by name."""

from typing import Any

import pytest

from taskarith.errors import ExportError
from taskarith.models.clip.shape import ClipShape
from taskarith.models.clip.tokenizer_files import word_level_files
from tests.clips import OPEN_CLIP_CONFIG, transformers_config


def test_there_and_back() -> None:
    shape = ClipShape.from_open_clip(OPEN_CLIP_CONFIG)
    assert ClipShape.from_open_clip(shape.to_open_clip()) == shape
    assert ClipShape.from_transformers(shape.to_transformers()) == shape
    assert ClipShape.from_transformers(transformers_config().to_dict()) == shape


@pytest.mark.parametrize(
    ("tower", "change", "words"),
    [
        ("vision_cfg", {"pool_type": "avg"}, "the vision tower has pool_type"),
        ("vision_cfg", {"timm_model_name": "x"}, "the vision tower has timm_model_name"),
        ("vision_cfg", {"layers": [3, 4, 6, 3]}, "is a ResNet"),
        ("vision_cfg", {"image_size": [224, 336]}, "takes squares"),
        ("text_cfg", {"no_causal_mask": True}, "the text tower has no_causal_mask"),
        ("text_cfg", {"hf_model_name": "x"}, "the text tower has hf_model_name"),
    ],
)
def test_open_clip_can_say_more(tower: str, change: dict[str, Any], words: str) -> None:
    config = {**OPEN_CLIP_CONFIG, tower: {**OPEN_CLIP_CONFIG[tower], **change}}
    with pytest.raises(ExportError, match=words):
        ClipShape.from_open_clip(config)


@pytest.mark.parametrize(
    ("change", "words"),
    [({"hidden_act": "relu"}, "activations are"), ({"layer_norm_eps": 1e-6}, "layer norms")],
)
def test_transformers_can_say_more(change: dict[str, Any], words: str) -> None:
    config = transformers_config().to_dict()
    config["vision_config"] |= change
    with pytest.raises(ExportError, match=words):
        ClipShape.from_transformers(config)


@pytest.mark.parametrize("word", ["two words", "Upper", "<|end|>", ""])
def test_words_that_are_none(word: str) -> None:
    with pytest.raises(ExportError, match="holds no single words"):
        word_level_files(["a", word], context=8)
