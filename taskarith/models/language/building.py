"""Networks of text models from their configuration, and the names their parameters go by.

A configuration is read, not obeyed: kinds of models that are not in a family's list, code of a
repository's own and quantized weights are refused. Knows transformers' classes by their names.
"""

import json
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from taskarith.errors import AssetError
from taskarith.models.fitting import build_fitting, check_config
from taskarith.models.library import import_transformers

__all__ = [
    "Named",
    "RemoteCodeError",
    "as_built",
    "build",
    "named_parameters",
    "read_config",
    "renamed",
]

LOOKED_AT = 64  # names that suggest a prefix
# Words that say who trained it or what with, and what would change how it is built here.
NOT_OBEYED = (
    "_name_or_path", "transformers_version", "torch_dtype", "dtype", "_attn_implementation",
    "attn_implementation", "gradient_checkpointing",
)  # fmt: skip


class RemoteCodeError(AssetError):
    """A base that is nothing without code of its own."""


@dataclass(frozen=True)
class Named:
    """A network's parameters: each once, by name, and the other names of the tied ones."""

    shapes: Mapping[str, tuple[int, ...]]
    aliases: Mapping[str, str]


def as_built(network: nn.Module) -> nn.Module:
    """The network as the library built it."""
    return network


def read_config(files: Mapping[str, Path], *, known: Collection[str]) -> dict[str, Any]:
    """What `config.json` says; AssetError where it is not there, or of no kind in `known`."""
    if "config.json" not in files:
        raise AssetError("the base has no config.json, which says what it is")
    try:
        config = json.loads(files["config.json"].read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError) as error:
        raise AssetError(f"config.json cannot be read: {error!s:.200}") from error
    kind = config.get("model_type") if isinstance(config, dict) else None
    if "auto_map" in (config if isinstance(config, dict) else {}):
        raise RemoteCodeError(
            "its config.json asks for code of the repository's own (auto_map), which is never run "
            "here; choose a base of a kind that transformers has built in"
        )
    if not isinstance(kind, str) or kind not in known:
        raise AssetError(
            f"config.json describes a {kind!r:.40}; known are {', '.join(sorted(known))}"
        )
    if config.get("quantization_config") is not None:
        raise AssetError(
            "its weights are quantized, and numbers of four or eight bits are no weights to add "
            "to; choose the base they were made of"
        )
    return {name: value for name, value in config.items() if name not in NOT_OBEYED}


def build(
    config: Mapping[str, Any],
    state: Mapping[str, Tensor],
    *,
    auto: str,
    finish: Callable[[nn.Module], nn.Module],
) -> Any:
    """The network that `config` describes, with the weights of `state`, in float32.

    `auto` is the library's class that chooses one by the kind of model, and `finish` changes what
    it built before weights go in.
    """

    def built() -> nn.Module:
        return finish(_built(config, auto))

    return build_fitting(built, state, config=_sizes(config)).eval().requires_grad_(False)


def named_parameters(
    config: Mapping[str, Any], *, auto: str, finish: Callable[[nn.Module], nn.Module]
) -> Named:
    """The parameters of the network that `build` would give, without making them."""
    return _named(json.dumps(config, sort_keys=True), auto, finish)


@lru_cache(maxsize=32)
def _named(config: str, auto: str, finish: Callable[[nn.Module], nn.Module]) -> Named:
    described = json.loads(config)
    check_config(_sizes(described))
    try:
        with torch.device("meta"):
            network = finish(_built(described, auto))
    except Exception as error:  # whatever a library says to numbers it cannot use
        raise AssetError(
            "config.json describes no model that the library can build: a setting is missing, of "
            "another kind, or contradicts another; compare it with the original's"
        ) from error
    own = dict(network.named_parameters())
    names = {id(parameter): name for name, parameter in own.items()}
    every = network.named_parameters(remove_duplicate=False)
    return Named(
        {name: tuple(parameter.shape) for name, parameter in own.items()},
        {name: names[id(parameter)] for name, parameter in every if name not in own},
    )


def _sizes(config: Mapping[str, Any]) -> dict[str, Any]:
    """The whole numbers of a configuration: a network is as large as they say."""
    return {
        name: _sizes(value) if isinstance(value, Mapping) else value
        for name, value in config.items()
        if isinstance(value, int | Mapping | list)
    }


def _built(config: Mapping[str, Any], auto: str) -> nn.Module:
    transformers = import_transformers()
    described = transformers.CONFIG_MAPPING[config["model_type"]].from_dict(dict(config))
    described.use_cache = False
    network: nn.Module = getattr(transformers, auto).from_config(described, dtype=torch.float32)
    return network


def renamed(names: Iterable[str], expected: Collection[str]) -> dict[str, str]:
    """The names of `expected` that a file has, each with the file's own name for it.

    Files may have words before all names, or lack some.

    >>> renamed(["bert.w", "bert.b", "head.w"], ["w", "b"])
    {'w': 'bert.w', 'b': 'bert.b'}
    """
    wanted, names = set(expected), list(names)
    drop, add = _prefixes(names, wanted)
    found: dict[str, str] = {}
    for own in names:
        # As it is where it fits: what stands beside the body has no prefix.
        for tried in (own, add + own.removeprefix(drop)):
            if tried in wanted:
                found.setdefault(tried, own)
                break
    return found


def _prefixes(names: Iterable[str], wanted: Collection[str]) -> tuple[str, str]:
    """What to take from, and what to put before, the names so that most are wanted."""
    names = list(names)
    step = max(1, len(names) // LOOKED_AT)
    counts: Counter[tuple[str, str]] = Counter()
    for name in names[::step]:
        for own in wanted:
            if name == own:
                counts["", ""] += 1
            elif name.endswith(f".{own}"):
                counts[name.removesuffix(own), ""] += 1
            elif own.endswith(f".{name}"):
                counts["", own.removesuffix(name)] += 1
    return max(counts, key=lambda pair: counts[pair], default=("", ""))
