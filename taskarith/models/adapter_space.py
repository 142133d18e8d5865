"""Adapter space: parameters beside a model's own, in which an adapter is a task vector.

The base is its own state and these neutral parameters, and the engine is the same. Scales of (IA)³
(Liu et al. 2022, arXiv:2205.05638) stand at 1, or their logarithms at 0, and change nothing; a soft
prompt (Lester et al. 2021, arXiv:2104.08691) stands at its initial value, which is read before
every text. A name says what a parameter does: "MODULE.ia3_out.scale" multiplies what a module
gives, "MODULE.ia3_in.scale" what it takes, ".log" in place of ".scale" holds the logarithm, and
"soft_prompt.vectors" are the prompt. At λ scales add up, 1 + Σ λ(l − 1); logarithms multiply,
Π l^λ. Knows modules and names; nothing of families or tasks.
"""

import re
from collections.abc import Collection, Mapping
from typing import Any, Literal

import torch
from torch import Tensor, nn

from taskarith.errors import WeightsError, listed

__all__ = [
    "PROMPT",
    "LogScale",
    "Scale",
    "Side",
    "SoftPrompt",
    "attach",
    "fold",
    "is_beside",
    "neutral_scale",
    "read_after",
    "scale_name",
    "scales_of",
]

Side = Literal["out", "in"]
PROMPT = "soft_prompt.vectors"
SCALE = re.compile(r"(.+)\.ia3_(out|in)\.(scale|log)$")


class Scale(nn.Module):
    """l ⊙ x over the last axis; neutral at ones.

    >>> Scale(torch.tensor([1.0, 2.0]))(torch.ones(2))
    tensor([1., 2.], grad_fn=<MulBackward0>)
    """

    def __init__(self, values: Tensor) -> None:
        super().__init__()
        self.scale = nn.Parameter(values)

    def forward(self, x: Tensor) -> Tensor:
        """The scaled activations."""
        return x * self.scale


class LogScale(nn.Module):
    """exp(s) ⊙ x over the last axis; neutral at zeros.

    >>> LogScale(torch.zeros(2))(torch.ones(2))
    tensor([1., 1.], grad_fn=<MulBackward0>)
    """

    def __init__(self, values: Tensor) -> None:
        super().__init__()
        self.log = nn.Parameter(values)

    def forward(self, x: Tensor) -> Tensor:
        """The scaled activations."""
        return x * self.log.exp()


class SoftPrompt(nn.Module):
    """Embeddings [n, d] that are read before those of every text."""

    def __init__(self, vectors: Tensor) -> None:
        super().__init__()
        self.vectors = nn.Parameter(vectors)


def read_after(
    network: Any, embeddings: Tensor, mask: Tensor | None
) -> tuple[Tensor, Tensor | None]:
    """Embeddings [n, t, d] behind the network's soft prompt, if it has one, and their mask."""
    prompt = getattr(network, "soft_prompt", None)
    if prompt is None:
        return embeddings, mask
    rows = prompt.vectors.expand(len(embeddings), -1, -1)
    there = None if mask is None else torch.cat([mask.new_ones(rows.shape[:2]), mask], 1)
    return torch.cat([rows.to(embeddings), embeddings], 1), there


def scale_name(module: str, side: Side, *, log: bool) -> str:
    """What the scale of a module is called.

    >>> scale_name("block.0.k", "out", log=False)
    'block.0.k.ia3_out.scale'
    """
    return f"{module}.ia3_{side}.{'log' if log else 'scale'}"


def is_beside(name: str) -> bool:
    """Whether a parameter is one beside a model's own."""
    return name == PROMPT or SCALE.fullmatch(name) is not None


def neutral_scale(module: Any, side: Side, *, log: bool) -> Tensor:
    """The values under which a module is as it was, float32 [width]."""
    width = _width(module, side)
    return torch.zeros(width) if log else torch.ones(width)


def attach(model: Any, neutral: Mapping[str, Tensor]) -> None:
    """Put parameters beside those of the model's network, in place; those that are there stay.

    Raises WeightsError listing names that say nothing here, or shapes that do not fit.
    """
    network = model.network
    modules = dict(network.named_modules())
    wrong = [name for name, tensor in neutral.items() if not _fits(name, tensor, modules, model)]
    if wrong:
        raise WeightsError(
            f"this model has no place for {listed(wrong)}: parameters beside its own are (IA)³ "
            "scales of its modules, or a soft prompt where it reads one"
        )
    for name, tensor in neutral.items():
        values = tensor.detach().float().clone()
        if name == PROMPT:
            if not hasattr(network, "soft_prompt"):
                network.add_module("soft_prompt", SoftPrompt(values))
            continue
        path, side, kind = _read(name)
        module = modules[path]
        if not hasattr(getattr(module, f"ia3_{side}", None), kind):
            _scale(module, side, LogScale(values) if kind == "log" else Scale(values))


def fold(
    weight: Tensor, scales: Mapping[str, Tensor], *, transposed: bool, bias: bool = False
) -> Tensor:
    """A module's weight, or its bias, that gives with no scales what it gave with `scales`.

    `scales` are by name; a `transposed` weight is [in, out].

    >>> fold(torch.ones(2, 3), {"m.ia3_out.scale": torch.tensor([1.0, 2.0])}, transposed=False)
    tensor([[1., 1., 1.],
            [2., 2., 2.]])
    """
    for name, values in scales.items():
        _, side, kind = _read(name)
        factor = values.exp() if kind == "log" else values
        if side == "out":
            weight = weight * (factor if bias or transposed else factor[:, None])
        elif not bias:
            weight = weight * (factor[:, None] if transposed else factor)
    return weight


def scales_of(names: Collection[str]) -> dict[str, list[str]]:
    """The scales among `names`, by the module each is of."""
    found: dict[str, list[str]] = {}
    for name in names:
        match = SCALE.fullmatch(name)
        if match is not None:
            found.setdefault(match[1], []).append(name)
    return found


def _scale(module: Any, side: str, scale: nn.Module) -> None:
    there = getattr(module, f"ia3_{side}", None)
    if there is not None:
        raise WeightsError("a module takes one kind of scale: plain ones or logarithms")
    module.add_module(f"ia3_{side}", scale)
    if side == "out":
        module.register_forward_hook(lambda own, _, out: own.ia3_out(out))
    else:
        module.register_forward_pre_hook(lambda own, args: (own.ia3_in(args[0]), *args[1:]))


def _read(name: str) -> tuple[str, str, str]:
    match = SCALE.fullmatch(name)
    assert match is not None, name
    return match[1], match[2], match[3]


def _fits(name: str, tensor: Tensor, modules: Mapping[str, nn.Module], model: Any) -> bool:
    if name == PROMPT:
        return tensor.ndim == 2 and tensor.shape[1] == getattr(model, "prompt_width", None)
    match = SCALE.fullmatch(name)
    if match is None or match[1] not in modules:
        return False
    weight = getattr(modules[match[1]], "weight", None)
    if not isinstance(weight, Tensor) or weight.ndim != 2:
        return False
    side: Side = "out" if match[2] == "out" else "in"
    return tuple(tensor.shape) == (_width(modules[match[1]], side),)


def _width(module: Any, side: Side) -> int:
    """How many numbers a module gives or takes; only nn.Linear keeps its weight as [out, in]."""
    rows, columns = module.weight.shape
    if not isinstance(module, nn.Linear):
        rows, columns = columns, rows
    return int(rows if side == "out" else columns)
