"""Small language models of a given configuration, new or with given weights.

The classes are transformers' own, bare, as training needs them; a suite's models come from
`taskarith.models`.
"""

from collections.abc import Mapping
from typing import Any

import torch

from taskarith.models.library import import_transformers

__all__ = ["new_gpt2", "new_t5"]


def new_gpt2(
    config: Mapping[str, Any], state: Mapping[str, torch.Tensor] | None
) -> torch.nn.Module:
    """A GPT-2 that predicts the next token; its weights are drawn by torch's generator or given."""
    library = import_transformers()
    return _filled(library.GPT2LMHeadModel(library.GPT2Config(**config, use_cache=False)), state)


def new_t5(config: Mapping[str, Any], state: Mapping[str, torch.Tensor] | None) -> torch.nn.Module:
    """A T5 that writes a target; its weights are drawn by torch's generator or given."""
    library = import_transformers()
    network = library.T5ForConditionalGeneration(library.T5Config(**config, use_cache=False))
    return _filled(network, state)


def _filled(network: torch.nn.Module, state: Mapping[str, torch.Tensor] | None) -> torch.nn.Module:
    if state is not None:
        parameters = dict(network.named_parameters())
        with torch.no_grad():
            for name, tensor in state.items():
                parameters[name].copy_(tensor)
    return network
