"""In which precision weights are computed with: never narrower than float32.

Weights are stored as narrow as you like; sums, differences and products of them are made wide and
rounded once, where they are stored.
"""

import torch
from torch import Tensor

__all__ = ["double", "wide"]


def wide(tensor: Tensor) -> Tensor:
    """The tensor in float32, or in float64 where it is that.

    >>> wide(torch.ones(1, dtype=torch.bfloat16)).dtype, wide(torch.ones(1).double()).dtype
    (torch.float32, torch.float64)
    """
    return tensor if tensor.dtype == torch.float64 else tensor.float()


def double(tensor: Tensor) -> Tensor:
    """The tensor in float64; on the CPU where its device (Apple's) has no float64.

    >>> double(torch.ones(1)).dtype
    torch.float64
    """
    return tensor.to("cpu" if tensor.device.type == "mps" else tensor.device, torch.float64)
