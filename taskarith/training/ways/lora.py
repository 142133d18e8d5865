"""LoRA: each matrix of the blocks moves by a product B·A of low rank; the matrix itself stays.

Hu et al. 2021, arXiv:2106.09685. The vector is what the products are as matrices, α ÷ r · B·A, so
that sliders, merges and exports take it like any other.
"""

from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.utils.parametrize import register_parametrization

from taskarith.errors import SettingError
from taskarith.models.family import ModelFamily
from taskarith.training.ways.way import Knob, Moving, Setup, Way, Weights, model_shapes

__all__ = ["LORA", "LowRank"]

RANK = Knob("rank", "of the product B·A that moves each matrix", 8, 1, 256, whole=True)
# α ÷ r: with it a rate that suits one rank suits the others.
ALPHA = 16.0


class LowRank(nn.Module):
    """W ↦ W + α ÷ r · B·A, with A drawn at random and B zero: at first nothing moves.

    `parts` matrices that lie above each other in W (a fused q, k and v) get a product each, as if
    they were apart.
    """

    def __init__(
        self, weight: Tensor, *, rank: int, parts: int, generator: torch.Generator
    ) -> None:
        super().__init__()
        rows, columns = weight.shape[0] // parts, weight.shape[1]
        self.scale = ALPHA / rank
        drawn = torch.randn(parts, rank, columns, generator=generator) * columns**-0.5
        self.a = nn.Parameter(drawn.to(weight.device))
        self.b = nn.Parameter(torch.zeros(parts, rows, rank, device=weight.device))

    def forward(self, weight: Tensor) -> Tensor:
        """The matrix as it is now."""
        return weight + self.scale * (self.b @ self.a).flatten(0, 1)


@dataclass(frozen=True, kw_only=True)
class _Lora(Way):
    def start(self, model: Any, family: ModelFamily, *, setup: Setup) -> Moving:
        """Make the network of `model` ready, in place; SettingError for a rank that is none."""
        shapes = model_shapes(model)
        names, rank = family.trained(shapes, "blocks"), int(setup.settings["rank"])
        smallest = min((min(shapes[name]) for name in names), default=0)
        if rank > smallest:
            raise SettingError(
                f"rank is {rank}; the smallest matrix that would move has rank {smallest}. Take "
                "that or less"
            )
        generator = torch.Generator().manual_seed(setup.seed)
        return _Products(model.network, names, family, rank=rank, generator=generator)


class _Products:
    """Matrices that move by a product each."""

    def __init__(
        self,
        network: nn.Module,
        names: list[str],
        family: ModelFamily,
        *,
        rank: int,
        generator: torch.Generator,
    ) -> None:
        self._places: dict[str, tuple[nn.Module, str]] = {}
        self.trained = []
        self.count = 0
        self.neutral: Weights = {}
        for name in names:
            path, _, own = name.rpartition(".")
            module = network.get_submodule(path)
            parts = max(1, family.fused(name))  # beside each other they share one product
            product = LowRank(getattr(module, own), rank=rank, parts=parts, generator=generator)
            register_parametrization(module, own, product, unsafe=True)
            self._places[name] = (module, own)
            self.trained += [f"{path}.parametrizations.{own}.0.{part}" for part in ("a", "b")]
            self.count += product.a.numel() + product.b.numel()

    def weights(self) -> dict[str, Tensor]:
        with torch.no_grad():
            return {
                name: getattr(module, own).detach().float().cpu().clone()
                for name, (module, own) in self._places.items()
            }


LORA = _Lora(
    name="lora",
    title="LoRA",
    about="moves each matrix of the blocks by a product of low rank",
    paper="https://arxiv.org/abs/2106.09685",
    rate=2e-3,
    knobs=(RANK,),
)
