"""GELU by its tanh form in one pass over the numbers, where the library makes nine.

transformers spells the formula out (`gelu_new`), which takes a quarter of a small model's time.
torch has the same function, equal to rounding. Only in inference mode, so that what was fine-tuned
is fine-tuned to the same bits again. Knows nothing of models.
"""

from functools import lru_cache

import torch
from torch import Tensor, nn
from torch.nn.functional import gelu

from taskarith.models.library import import_transformers

__all__ = ["with_fused_gelus"]


def with_fused_gelus(module: nn.Module) -> None:
    """Make every `gelu_new` inside `module` compute in one pass, in place."""
    spelled, fused = _classes()
    for layer in module.modules():
        if type(layer) is spelled:
            layer.__class__ = fused


@lru_cache(maxsize=1)
def _classes() -> tuple[type[nn.Module], type[nn.Module]]:
    spelled: type[nn.Module] = import_transformers().activations.NewGELUActivation

    class FusedGelu(spelled):  # type: ignore[misc, valid-type]
        def forward(self, input: Tensor) -> Tensor:
            if torch.is_inference_mode_enabled():
                return gelu(input, approximate="tanh")
            return super().forward(input)

    return spelled, FusedGelu
