"""Context tokens (CoOp): what the text tower sees in the first places of prompts is learned.

Zhou et al. 2021, arXiv:2109.01134. There vectors v₁ … vₙ stand before a class's name, mostly begun
with the words "a photo of a". The tower adds the embedding of a place to what stands there, so a
vector v = word + δ is that word with δ added to the place: the rows of those places move, and
nothing beside the weights is needed. λ = 0 reads the words again; every export holds the vector.
A prompt with fewer words before its class's name has the name itself in some of these places.
"""

from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.utils.parametrize import register_parametrization

from taskarith.errors import SettingError
from taskarith.models.family import ModelFamily
from taskarith.training.ways.way import Knob, Moving, Setup, Way, Weights, model_shapes

__all__ = ["CONTEXT_TOKENS"]

LENGTH = Knob("length", "places after the start of every prompt", 4, 1, 32, whole=True)


class _Offsets(nn.Module):
    """E ↦ E with δ, zero at first, added to the rows 1 … n of a table of places [places, d]."""

    def __init__(self, table: Tensor, length: int) -> None:
        super().__init__()
        self.delta = nn.Parameter(torch.zeros(length, table.shape[1], device=table.device))

    def forward(self, table: Tensor) -> Tensor:
        """The table as it is now."""
        end = 1 + len(self.delta)
        return torch.cat([table[:1], table[1:end] + self.delta, table[end:]])


@dataclass(frozen=True, kw_only=True)
class _Context(Way):
    def start(self, model: Any, family: ModelFamily, *, setup: Setup) -> Moving:
        """Make the network of `model` ready, in place; SettingError where it has no such places."""
        name = getattr(model, "text_places", None)
        if name is None:
            raise SettingError(
                f"{family.title} has no text tower whose places can move; take another way"
            )
        places, length = model_shapes(model)[name][0], int(setup.settings[LENGTH.name])
        if length > places - 2:  # the start and the end of a prompt stay
            raise SettingError(
                f"length is {length}; the text tower has {places} places, so take {places - 2} or "
                "less"
            )
        return _RowsMoved(model.network, name, length)


class _RowsMoved:
    """The first places of a table."""

    def __init__(self, network: nn.Module, name: str, length: int) -> None:
        path, _, own = name.rpartition(".")
        self._name, self._own, self._module = name, own, network.get_submodule(path)
        offsets = _Offsets(getattr(self._module, own), length)
        register_parametrization(self._module, own, offsets, unsafe=True)
        self.trained = [f"{path}{'.' if path else ''}parametrizations.{own}.0.delta"]
        self.count = offsets.delta.numel()
        self.neutral: Weights = {}

    def weights(self) -> dict[str, Tensor]:
        with torch.no_grad():
            return {self._name: getattr(self._module, self._own).detach().float().cpu().clone()}


CONTEXT_TOKENS = _Context(
    name="context-tokens",
    title="Context tokens (CoOp)",
    about="moves what the text tower sees in the first places of every prompt; heads are made anew",
    paper="https://arxiv.org/abs/2109.01134",
    rate=1e-2,
    examples=("images",),
    knobs=(LENGTH,),
    remakes_heads=True,
)
