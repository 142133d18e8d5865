"""The shortened forward pass gives open_clip's own answers, and leaves other towers to it."""

from typing import Any

import pytest
import torch
from torch import Tensor, nn

from taskarith.models.clip.open_clip import import_open_clip, is_read_off_class_token
from taskarith.models.clip.tower import encode_class_token

VISION = {"image_size": 24, "patch_size": 8, "width": 32, "layers": 3, "head_width": 8}
TEXT = {"context_length": 8, "vocab_size": 10, "width": 32, "heads": 2, "layers": 1}


def tower(**vision: Any) -> Any:
    """A vision tower with random weights, also where open_clip starts with 0 or 1."""
    torch.manual_seed(7)
    clip = import_open_clip().CLIP
    visual = clip(embed_dim=16, vision_cfg=VISION | vision, text_cfg=dict(TEXT)).visual.eval()
    with torch.no_grad():
        for parameter in visual.parameters():
            parameter.add_(0.1 * torch.randn_like(parameter))
    return visual


def planes(count: int) -> Tensor:
    return torch.randn(count, 3, 24, 24, generator=torch.Generator().manual_seed(3))


@pytest.mark.parametrize("count", [1, 5])
@pytest.mark.parametrize(
    "vision",
    [
        {},
        {"layers": 1},
        {"ls_init_value": 0.5},
        {"final_ln_after_pool": True},
        {"mlp_ratio": 2.0, "width": 64, "head_width": 32},
    ],
    ids=str,
)
def test_it_is_what_open_clip_computes(vision: dict[str, Any], count: int) -> None:
    visual = tower(**vision)
    assert is_read_off_class_token(visual)
    with torch.inference_mode():
        expected = visual(planes(count))
        found = encode_class_token(visual, planes(count))
    torch.testing.assert_close(found, expected, rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize(
    "vision",
    [{"pool_type": "avg"}, {"attentional_pool": True}, {"block_type": "custom"}],
    ids=str,
)
def test_a_tower_that_reads_more_is_left_alone(vision: dict[str, Any]) -> None:
    assert not is_read_off_class_token(tower(**vision))


def test_the_last_mlp_sees_one_token_an_image() -> None:
    visual = tower()
    seen: list[int] = []

    def note(_: nn.Module, given: tuple[Tensor, ...], __: Tensor) -> None:
        seen.append(given[0].numel() // 32)

    for block in visual.transformer.resblocks:
        block.mlp.gelu.register_forward_hook(note)
    with torch.inference_mode():
        encode_class_token(visual, planes(5))
    assert seen == [4 * 5 * 10, 4 * 5 * 10, 4 * 5]  # the MLP is four times as wide
