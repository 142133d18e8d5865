"""Sharpness-aware minimization: gradients taken where the loss nearby is worst.

Flat minima forget less and average better (Foret et al. 2021, arXiv:2010.01412; of lifelong
learning Mehta et al. 2023, arXiv:2112.09153). Costs a second forward and backward pass a step.
Knows parameters and a loss; nothing of models.
"""

from collections.abc import Callable, Sequence

import torch
from torch import Tensor

__all__ = ["add_sharper_gradients"]


def add_sharper_gradients(
    parameters: Sequence[Tensor], loss: Callable[[], Tensor], *, radius: float
) -> None:
    """Put the gradients at p + ρ·g ÷ ‖g‖ in the place of the gradients g at p, in place.

    `loss` is the loss that gave g, of the same examples. The parameters are p again afterwards, bit
    for bit.

    >>> p = torch.tensor([1.0], requires_grad=True)
    >>> (p**2).sum().backward()
    >>> add_sharper_gradients([p], lambda: (p**2).sum(), radius=0.5)
    >>> p.grad, p.detach()
    (tensor([3.]), tensor([1.]))
    """
    gradients = [p.grad for p in parameters if p.grad is not None]
    norm = torch.linalg.vector_norm(torch.stack([g.norm() for g in gradients]))
    kept = [p.detach().clone() for p in parameters]
    with torch.no_grad():
        for parameter in parameters:
            if parameter.grad is not None:
                parameter.add_(parameter.grad, alpha=radius / (float(norm) + 1e-12))
                parameter.grad = None
    loss().backward()
    with torch.no_grad():
        for parameter, own in zip(parameters, kept, strict=True):
            parameter.copy_(own)
