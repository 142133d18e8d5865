"""Matrices in eight bits: whole numbers and one scale a row, a quarter of the size of float32.

Good enough for vectors that are many and small; a suite's report measures what rounding costs in
answers. Knows nothing of files.
"""

from collections.abc import Mapping

import torch
from torch import Tensor

from taskarith.errors import WeightsError

__all__ = ["SCALE", "compacted", "expanded"]

_LARGEST = 127
SCALE = ".scale"  # what the name of a matrix's scales ends with


def compacted(tensors: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Each matrix W [rows, columns] as int8 Q and float32 scales s [rows, 1], W ≈ s·Q.

    s is the row's largest magnitude ÷ 127, so an entry is off by at most s/2.

    >>> small = compacted({"w": torch.tensor([[1.0, -2.54]])})
    >>> small["w"].tolist(), expanded(small)["w"].tolist()
    ([[50, -127]], [[1.0, -2.5399999618530273]])
    """
    compact = {}
    for name, tensor in tensors.items():
        if tensor.ndim != 2:
            raise WeightsError(
                f"{name} is {list(tensor.shape)}; only matrices are stored compactly"
            )
        largest = tensor.float().abs().amax(1, keepdim=True)
        scale = torch.where(largest > 0, largest / _LARGEST, 1.0)
        compact[name] = (tensor.float() / scale).round().to(torch.int8)
        compact[name + SCALE] = scale
    return compact


def expanded(tensors: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """The float32 matrices that `compacted` stored; other tensors as they are."""
    matrices = {}
    for name, tensor in tensors.items():
        if name.endswith(SCALE) and name.removesuffix(SCALE) in tensors:
            continue
        scale = tensors.get(name + SCALE)
        if scale is not None and scale.shape != (*tensor.shape[:1], 1):
            raise WeightsError(f"the scales of {name} are {list(scale.shape)}, its shape is "
                               f"{list(tensor.shape)}; the file is damaged")  # fmt: skip
        matrices[name] = tensor if scale is None else tensor.float() * scale
    return matrices
