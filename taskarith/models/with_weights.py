"""A network asked with other weights than its own, for whoever differentiates in them.

Knows modules and tensors; nothing of families, heads or edits.
"""

from collections.abc import Callable, Mapping

from torch import Tensor, nn
from torch.func import functional_call

__all__ = ["with_weights"]


def with_weights(
    network: nn.Module, weights: Mapping[str, Tensor], make: Callable[[], Tensor]
) -> Tensor:
    """What `make` gives while the parameters of `network` are `weights`, by name.

    Whatever `make` calls sees them, and a gradient flows into them; afterwards the network is as it
    was.

    >>> import torch
    >>> layer, weight = nn.Linear(1, 1, bias=False), torch.ones(1, 1, requires_grad=True)
    >>> with_weights(layer, {"weight": weight}, lambda: layer(torch.ones(1, 1)).sum()).backward()
    >>> weight.grad
    tensor([[1.]])
    """
    named = {f"network.{name}": tensor for name, tensor in weights.items()}
    found: Tensor = functional_call(_Carrier(network, make), named, ())
    return found


class _Carrier(nn.Module):
    def __init__(self, network: nn.Module, make: Callable[[], Tensor]) -> None:
        super().__init__()
        self.network = network
        self._make = make

    def forward(self) -> Tensor:
        return self._make()
