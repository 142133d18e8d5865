"""The quick CPU route for the layers of causal models, of which GPT-2 keeps its own turned."""

from typing import Any

from torch import Tensor, nn

from taskarith.models.library import import_transformers
from taskarith.models.token_linear import token_linear, with_token_linears

__all__ = ["with_quick_layers"]


def with_quick_layers(network: nn.Module) -> None:
    """Let every linear layer inside `network` take `token_linear`'s way, in place."""
    with_token_linears(network)
    turned = import_transformers().pytorch_utils.Conv1D
    for layer in network.modules():
        if type(layer) is turned:
            layer.forward = _Turned(layer)


class _Turned:
    """x W + b for tokens [n, t, k] and a weight [k, m]."""

    def __init__(self, layer: Any) -> None:
        self._layer = layer

    def __call__(self, x: Tensor) -> Tensor:
        return token_linear(x, self._layer.weight.T, self._layer.bias)
