"""Builds a network that somebody else's configuration describes, once it is known to fit.

A configuration may ask for any number of layers of any width, or name a model elsewhere. Its
numbers and texts are bounded first, then the network is built without memory and compared with the
weights; only then is it built for real.
"""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import torch
from torch import Tensor, nn

from taskarith.errors import AssetError, WeightsError, listed

__all__ = ["build_fitting", "check_config", "refuse_misfits"]

LARGEST = 1_000_000  # of any number in a configuration; vocabularies are a tenth of it, or less
MOST_LAYERS = 200  # of all numbers of layers together
COUNTS_LAYERS = re.compile(r"(^|_)(layers?|depths?|blocks?)$")
MOST_VALUES = 10_000  # in all: labels by number are the longest tables
DEEPEST = 20


def build_fitting(
    build: Callable[[], nn.Module],
    state: Mapping[str, Tensor],
    *,
    config: Mapping[str, Any],
    strict: bool = False,
) -> Any:
    """What `build` gives, with the weights of `state` as float32.

    `config` is what `build` was told. Further tensors in `state` are left out, or refused where
    `strict`. Raises AssetError where the configuration is absurd, WeightsError listing names and
    shapes that do not fit.
    """
    check_config(config)
    try:
        with torch.device("meta"):
            shapes = {name: p.shape for name, p in build().named_parameters()}
    except Exception as error:  # whatever a library says to settings it cannot use
        raise AssetError(
            "the library cannot build a model of this configuration: a setting is missing, of "
            "another kind, or contradicts another; compare it with the original's"
        ) from error
    refuse_misfits(shapes, state, strict=strict)
    network = build()
    # What is not a parameter (numbers of positions, masks) the network has made itself.
    network.load_state_dict({name: state[name].float() for name in shapes}, strict=False)
    return network


def refuse_misfits(
    shapes: Mapping[str, Sequence[int]], state: Mapping[str, Tensor], *, strict: bool = False
) -> None:
    """WeightsError listing what `state` lacks of `shapes`, or has in another shape.

    With `strict`, also what it has beside them.
    """
    problems = {
        "missing": [name for name in shapes if name not in state],
        "unexpected": [name for name in state if strict and name not in shapes],
        "shape differs": [
            f"{name} ({list(shape)} expected, {list(state[name].shape)} found)"
            for name, shape in shapes.items()
            if name in state and tuple(state[name].shape) != tuple(shape)
        ],
    }
    report = [f"{kind}: {listed(names)}" for kind, names in problems.items() if names]
    if report:
        raise WeightsError(
            f"the weights do not fit their configuration: {'; '.join(report)}; get config.json and "
            "weights again, from one place"
        )


def check_config(config: Mapping[str, Any]) -> None:
    """AssetError where a model's configuration has numbers that no model has.

    >>> check_config({"vision": {"layers": [3, 4, 6, 10**9]}})
    Traceback (most recent call last):
    taskarith.errors.AssetError: config.vision.layers is 1000000000; no model has more than 200
    """
    layers = 0
    for count, (where, key, value) in enumerate(_numbers(config, "config", depth=0)):
        if count > MOST_VALUES:
            raise AssetError(f"the configuration holds more than {MOST_VALUES} values")
        counts = COUNTS_LAYERS.search(key) is not None
        most = MOST_LAYERS if counts else LARGEST
        if not -LARGEST <= value <= most:
            raise AssetError(f"{where} is {value!r:.40}; no model has more than {most}")
        layers += int(value) if counts and value > 0 else 0
        if layers > 4 * MOST_LAYERS:
            raise AssetError(
                f"the configuration asks for more than {4 * MOST_LAYERS} layers in all; no model "
                "has so many"
            )


def _numbers(
    value: Any, where: str, *, depth: int, key: str = ""
) -> Iterator[tuple[str, str, Any]]:
    """Every number in a configuration: what leads to it, the last name on the way, and it."""
    if depth > DEEPEST:
        raise AssetError(f"{where[:80]} is nested far deeper than a configuration is")
    if isinstance(value, Mapping):
        for name, item in value.items():
            own = str(name)[:80]
            yield from _numbers(item, f"{where}.{own}", depth=depth + 1, key=own)
    elif isinstance(value, list | tuple):
        for item in value:
            yield from _numbers(item, where, depth=depth + 1, key=key)
    elif isinstance(value, int | float) and not isinstance(value, bool):
        yield where, key, value
