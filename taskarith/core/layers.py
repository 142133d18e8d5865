"""Layer groups: which parameters share a coefficient when coefficients are given by layer.

Read off the parameters' names alone, so that it holds for any model; knows nothing of models.
"""

from collections.abc import Iterable, Mapping

__all__ = ["EVERY_VECTOR", "layer_factors", "layer_group", "layer_groups"]

EVERY_VECTOR = "*"  # in place of a vector's name: factors for all vectors of an edit


def layer_group(parameter: str) -> str:
    """The layer a parameter belongs to: its numbered block, or outside of blocks its module.

    >>> layer_group("visual.transformer.resblocks.3.mlp.c_fc.weight")
    'visual.transformer.resblocks.3'
    >>> layer_group("visual.ln_post.bias"), layer_group("visual.proj")
    ('visual.ln_post', 'visual.proj')
    """
    parts = parameter.split(".")
    for index, part in enumerate(parts[:-1]):
        if part.isdecimal():
            return ".".join(parts[: index + 1])
    return parameter.removesuffix(".weight").removesuffix(".bias")


def layer_groups(parameters: Iterable[str]) -> dict[str, tuple[str, ...]]:
    """The parameters of each layer group, both in the order in which they come.

    >>> layer_groups(["h.0.a", "h.0.b", "h.1.a"])
    {'h.0': ('h.0.a', 'h.0.b'), 'h.1': ('h.1.a',)}
    """
    groups: dict[str, list[str]] = {}
    for parameter in parameters:
        groups.setdefault(layer_group(parameter), []).append(parameter)
    return {group: tuple(names) for group, names in groups.items()}


def layer_factors(layers: Mapping[str, Mapping[str, float]], vector: str) -> dict[str, float]:
    """The factors of one vector by layer group: those of all vectors times its own.

    >>> layer_factors({"*": {"h.0": 0.5, "h.1": 0}, "letters": {"h.0": 3}}, "letters")
    {'h.0': 1.5, 'h.1': 0}
    """
    factors = dict(layers.get(EVERY_VECTOR, {}))
    for group, factor in layers.get(vector, {}).items():
        factors[group] = factors[group] * factor if group in factors else factor
    return factors
