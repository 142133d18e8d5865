"""The plain network is open_clip's, bit for bit: answers, gradients, names and their order."""

from typing import Any

import pytest
import torch
from torch import Tensor

from taskarith.models.clip.open_clip import import_open_clip, load_clip
from taskarith.models.clip.plain_network import PlainClip

VISION = {"image_size": 24, "patch_size": 8, "width": 32, "layers": 2, "head_width": 8}
TEXT = {"context_length": 8, "vocab_size": 7, "width": 32, "heads": 2, "layers": 2}
WORDS = ["mug", "red", "a"]


def config(**changes: Any) -> dict[str, Any]:
    return {
        "embed_dim": 16,
        "vision_cfg": VISION | changes.get("vision", {}),
        "text_cfg": TEXT | changes.get("text", {}),
    }


def theirs(described: dict[str, Any]) -> Any:
    """open_clip's network with random weights, also where it starts with 0 or 1."""
    torch.manual_seed(5)
    network = import_open_clip().CLIP(**described).eval()
    with torch.no_grad():
        for parameter in network.parameters():
            parameter.add_(0.1 * torch.randn_like(parameter))
    return network


def pair(**changes: Any) -> tuple[Any, PlainClip]:
    """open_clip's network and ours with the same weights."""
    network = theirs(config(**changes))
    ours = load_clip(config(**changes), network.state_dict(), WORDS).network
    assert type(ours) is PlainClip
    return network, ours


def planes(count: int) -> Tensor:
    return torch.randn(count, 3, 24, 24, generator=torch.Generator().manual_seed(3))


def tokens(count: int) -> Tensor:
    return torch.randint(0, 7, (count, 8), generator=torch.Generator().manual_seed(4))


SHAPES: dict[str, dict[str, Any]] = {
    "as the suites have it": {},
    "another ratio": {"vision": {"mlp_ratio": 2.0}, "text": {"mlp_ratio": 3.0}},
    "one block": {"vision": {"layers": 1}, "text": {"layers": 1}},
}


@pytest.mark.parametrize("count", [1, 5])
@pytest.mark.parametrize("shape", SHAPES.values(), ids=list(SHAPES))
def test_answers_are_equal_bit_for_bit(shape: dict[str, Any], count: int) -> None:
    network, ours = pair(**shape)
    with torch.inference_mode():
        assert torch.equal(ours.encode_image(planes(count)), network.encode_image(planes(count)))
        assert torch.equal(ours(planes(count))[0], network(planes(count))[0])
        assert torch.equal(ours(planes(count))[2], network(planes(count))[2])
        for length_1 in (False, True):
            found = ours.encode_text(tokens(count), normalize=length_1)
            assert torch.equal(found, network.encode_text(tokens(count), normalize=length_1))


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
def test_gradients_are_equal_bit_for_bit(dtype: torch.dtype) -> None:
    gradients = []
    for network in pair():
        network.train().requires_grad_(True)
        with torch.autocast("cpu", dtype=torch.bfloat16, enabled=dtype is torch.bfloat16):
            alike = network.encode_image(planes(4)) @ network.encode_text(tokens(4)).T
        (alike.float() * network.logit_scale.exp()).logsumexp(dim=-1).sum().backward()
        gradients.append({name: p.grad for name, p in network.named_parameters()})
    theirs, ours = gradients
    assert list(ours) == list(theirs)  # an optimizer's order, too
    assert all(torch.equal(ours[name], gradient) for name, gradient in theirs.items())


@pytest.mark.parametrize(
    "shape",
    [
        {"vision": {"pool_type": "avg"}},
        {"vision": {"ls_init_value": 0.5}},
        {"text": {"no_causal_mask": True}},
    ],
    ids=str,
)
def test_what_it_cannot_be_is_built_by_open_clip(shape: dict[str, Any]) -> None:
    network = theirs(config(**shape))
    model = load_clip(config(**shape), network.state_dict(), WORDS)
    assert type(model.network) is type(network)
