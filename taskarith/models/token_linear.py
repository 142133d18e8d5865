"""Linear layers over tokens, by the quicker of torch's two routes on a CPU.

In float32 torch hands a linear layer to MKL, which gives processors that are not Intel's its code
for narrower registers: half of what they can do. Convolutions go to oneDNN, which takes what the
processor has. So on a CPU a layer is computed as a convolution of width 1 over the tokens, which is
the same sum: 220 billion operations a second instead of 100 on one core of an AMD EPYC with
AVX-512, at the sizes of ViT-B/32 180 instead of 97. To set a convolution up takes 50 µs, so few
products are left to the linear layer. Only in inference mode: whoever differentiates or watches the
products gets plain ones. Knows nothing of models.
"""

import torch
from torch import Tensor, nn
from torch.nn.functional import conv2d, linear

__all__ = ["TokenLinear", "token_linear", "with_token_linears"]

LEAST_PRODUCTS = 1 << 22  # 40 µs of either route


def token_linear(tokens: Tensor, weight: Tensor, bias: Tensor | None = None) -> Tensor:
    """Computes x Wᵀ + b for tokens [n, t, k] and a weight [m, k]: [n, t, m], up to rounding.

    >>> with torch.inference_mode():
    ...     token_linear(torch.ones(2, 3, 4), torch.ones(5, 4), torch.zeros(5)).unique().tolist()
    [4.0]
    """
    if not _by_convolution(tokens, len(weight)):
        return linear(tokens, weight, bias)
    # As torch sees it, n pictures of 1 × t pixels with k channels, the channels side by side.
    pictures = tokens.unsqueeze(1).permute(0, 3, 1, 2)
    convolved = conv2d(pictures, weight[:, :, None, None], bias)
    return convolved.permute(0, 2, 3, 1).squeeze(1)


class TokenLinear(nn.Linear):
    """A linear layer that takes `token_linear`'s way with tokens [n, t, k]."""

    def forward(self, x: Tensor) -> Tensor:
        """Computes x Wᵀ + b."""
        if x.ndim == 3:
            return token_linear(x, self.weight, self.bias)
        return super().forward(x)


def with_token_linears(module: nn.Module) -> None:
    """Make every plain linear layer inside `module` a TokenLinear, in place."""
    for layer in module.modules():
        if type(layer) is nn.Linear:
            layer.__class__ = TokenLinear


def _by_convolution(tokens: Tensor, outputs: int) -> bool:
    return (
        torch.is_inference_mode_enabled()
        and tokens.device.type == "cpu"
        and tokens.dtype == torch.float32
        and tokens.numel() * outputs >= LEAST_PRODUCTS
        and tokens.shape[0] > 1  # one picture is multiplied as a matrix, by MKL again
        and torch.backends.mkldnn.is_available()
        and not torch.is_autocast_enabled("cpu")
    )
