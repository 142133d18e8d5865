"""A convolution over tokens is the linear layer; it is taken only where it is the quicker one."""

from typing import Any

import pytest
import torch
from torch import Tensor, nn
from torch.nn.functional import linear
from torch.utils._python_dispatch import TorchDispatchMode

from taskarith.models.token_linear import TokenLinear, token_linear, with_token_linears


class Watched(TorchDispatchMode):
    """Notes which operations torch is asked for."""

    def __init__(self) -> None:
        super().__init__()
        self.asked: list[str] = []

    @property
    def convolved(self) -> bool:
        return any("conv" in name for name in self.asked)

    def __torch_dispatch__(
        self, func: Any, types: Any, args: Any = (), kwargs: Any = None
    ) -> object:
        self.asked.append(str(func))
        return func(*args, **(kwargs or {}))


def layer(**kind: Any) -> tuple[Tensor, Tensor, Tensor]:
    generator = torch.Generator().manual_seed(1)
    shapes = ((64, 17, 64), (64, 64), (64,))
    tokens, weight, bias = (torch.randn(shape, generator=generator).to(**kind) for shape in shapes)
    return tokens, weight, bias


@pytest.mark.parametrize("count", [1, 2, 64])
@pytest.mark.parametrize("biased", [True, False])
def test_it_is_the_linear_layer(count: int, biased: bool) -> None:
    tokens, weight, bias = layer()
    given = bias if biased else None
    with torch.inference_mode():
        found = token_linear(tokens[:count], weight, given)
        assert found.is_contiguous()
        expected = linear(tokens[:count], weight, given)
    torch.testing.assert_close(found, expected, rtol=1e-5, atol=1e-5)


def test_tokens_need_not_lie_side_by_side() -> None:
    tokens, weight, bias = layer()
    apart = tokens.transpose(1, 2).contiguous().transpose(1, 2)
    with torch.inference_mode():
        found, expected = token_linear(apart, weight, bias), linear(tokens, weight, bias)
    torch.testing.assert_close(found, expected, rtol=1e-5, atol=1e-5)


@pytest.mark.skipif(not torch.backends.mkldnn.is_available(), reason="torch is without oneDNN")
def test_a_convolution_does_it_in_inference_mode_alone() -> None:
    tokens, weight, bias = layer()
    with Watched() as plain:
        token_linear(tokens, weight, bias)
    with torch.inference_mode(), Watched() as quick:
        token_linear(tokens, weight, bias)
    with torch.inference_mode(), Watched() as few:
        token_linear(tokens[:2], weight, bias)
    assert plain.asked
    assert few.asked
    assert not plain.convolved
    assert not few.convolved
    assert quick.convolved


def test_other_numbers_are_left_to_torch() -> None:
    tokens, weight, bias = layer(dtype=torch.bfloat16)
    with torch.inference_mode(), Watched() as watched:
        found = token_linear(tokens, weight, bias)
    assert not watched.convolved
    assert torch.equal(found, linear(tokens, weight, bias))


def test_the_layers_of_a_module_change_and_keep_their_weights() -> None:
    tokens, _, _ = layer()
    module = nn.Sequential(nn.Linear(64, 8), nn.ReLU(), nn.Linear(8, 3))
    with torch.inference_mode():
        before = module(tokens), module(tokens[0])
        state = module.state_dict()
        with_token_linears(module)
        assert [type(part) for part in module] == [TokenLinear, nn.ReLU, TokenLinear]
        assert all(torch.equal(module.state_dict()[name], state[name]) for name in state)
        assert torch.allclose(module(tokens), before[0], atol=1e-6)
        assert torch.equal(module(tokens[0]), before[1])
