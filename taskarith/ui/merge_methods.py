"""Merge methods as pages offer them, and as messages and links name them: checked, or refused.

How an edit is merged travels apart from its coefficients, as `{method, settings, seed, layers}`; of
a plain sum nothing travels. `layers` are factors by layer group, the same for all vectors: one row
of numbers that says how much of the whole edit each layer gets. An edit whose vectors have factors
of their own is for the command line and for JSON. Needs torch: import it where a handler runs, not
where a page is built.
"""

from collections.abc import Mapping
from typing import Any

from taskarith.core import (
    EVERY_VECTOR,
    LAYERS,
    METHODS,
    Edit,
    checked_coefficient,
    finite_number,
)
from taskarith.errors import CoefficientError, SettingError, TaskArithError, unknown_name

__all__ = [
    "LARGEST_FACTOR",
    "described_methods",
    "merged_edit",
    "offered_methods",
    "read_merge",
    "sent_merge",
    "write_layers",
    "write_merge",
]

SHOWN = 40  # characters of what was asked for, in a message
MOST_SETTINGS = 16
FIELDS = ("method", "settings", "seed", "layers")
LARGEST_FACTOR = 2.0  # of a layer: with it, the end of a slider is the largest λ that there may be
MOST_LAYERS = 512
LONGEST_LAYER = 200  # characters of a group's name

Json = dict[str, Any]


def described_methods() -> list[Json]:
    """Every merge method with its settings, for people who choose one."""
    return [
        {
            "name": method.name,
            "title": method.title,
            "about": method.about,
            "paper": method.paper,
            "looks": method.needs_data,
            "seeded": method.seeded,
            "most": method.most_terms,
            "settings": [
                {
                    "name": setting.name,
                    "value": setting.default,
                    "whole": setting.whole,
                    "least": setting.bounds.least,
                    "above": setting.bounds.above_least,
                    "most": setting.bounds.most,
                    "about": setting.bounds.about,
                }
                for setting in method.settings
            ],
        }
        for method in METHODS.values()
    ]


def offered_methods() -> list[Json]:
    """Those that are made while one waits: all but those that look at images."""
    return [method for method in described_methods() if not method["looks"]]


def merged_edit(suite: str, coefficients: Mapping[str, float], merge: object) -> Edit:
    """The edit of these coefficients, merged as a browser says; None says by their sum.

    Raises TaskArithError, UnknownNameError or SettingError.

    >>> merged_edit("mini", {"letters": 1}, {"method": "ties"}).formula()
    'θ = θ₀ + ties(1.00·τ(letters); density=0.2, scale=1)'
    """
    if merge is None:
        return Edit(suite, coefficients)
    if not isinstance(merge, Mapping) or not set(merge) <= set(FIELDS):
        raise TaskArithError(f"how an edit is merged is an object of {', '.join(FIELDS)}")
    method, settings = _known(merge.get("method")), merge.get("settings", {})
    if not isinstance(settings, Mapping) or len(settings) > MOST_SETTINGS:
        raise TaskArithError(
            f"{method} takes an object of at most {MOST_SETTINGS} settings by name"
        )
    seed = merge.get("seed", 0)
    if seed != 0 and not METHODS[method].seeded:
        raise SettingError(f"{method} draws nothing and takes no seed; leave it out")
    checked = METHODS[method].checked({str(name)[:SHOWN]: v for name, v in settings.items()})
    layers = _layers(merge.get("layers", {}))
    for name, value in coefficients.items():
        for group, factor in layers.items():
            checked_coefficient(finite_number(value, name) * factor, f"{name} in {group}")
    factors = {LAYERS: {EVERY_VECTOR: layers}} if layers else {}
    return Edit(suite, coefficients, method, checked | factors, seed)


def sent_merge(edit: Edit) -> Json | None:
    """How `edit` is merged, as `merged_edit` takes it; None for a plain sum.

    >>> sent_merge(Edit("mini", {"letters": 1}, method="tsv-m"))
    {'method': 'tsv-m', 'settings': {'scale': 1.0}}
    """
    if edit.is_sum:
        return None
    settings = {name: value for name, value in edit.settings.items() if name != LAYERS}
    sent: Json = {"method": edit.method, "settings": settings}
    if METHODS[edit.method].seeded:
        sent["seed"] = edit.seed
    layers = edit.settings.get(LAYERS, {})
    return sent | {"layers": dict(_common(edit, layers))} if layers else sent


def write_merge(edit: Edit) -> str:
    """How a link says it: the method, then its settings; "" for a sum.

    >>> write_merge(Edit("mini", {"letters": 1}, method="dare", seed=3))
    'dare,density:0.5,scale:1,seed:3'
    """
    if edit.method == "sum":
        return ""
    merge = sent_merge(edit) or {}
    settings = {**merge["settings"], **({"seed": merge["seed"]} if "seed" in merge else {})}
    return ",".join([merge["method"], *(f"{name}:{v:.10g}" for name, v in settings.items())])


def write_layers(edit: Edit) -> str:
    """How a link says the factors by layer; "" where there are none.

    Raises TaskArithError where a link cannot say them.

    >>> write_layers(Edit("mini", {"letters": 1}, settings={"layers": {"*": {"h.1": 0.5}}}))
    'h.1:0.5'
    """
    layers = edit.settings.get(LAYERS, {})
    common = _common(edit, layers) if layers else {}
    if any("," in group for group in common) or not all(map(_is_factor, common.values())):
        raise TaskArithError(f"a link cannot say the factors by layer of {edit.formula()}")
    return ",".join(f"{group}:{factor:.10g}" for group, factor in common.items())


def read_merge(text: str, layers: str = "") -> Json | None:
    """What `write_merge` and `write_layers` wrote, as `merged_edit` takes it; not yet checked.

    >>> read_merge("ties,density:0.3"), read_merge("")
    ({'method': 'ties', 'settings': {'density': '0.3'}, 'seed': 0}, None)
    >>> read_merge("", "h.1:0.5")
    {'method': 'sum', 'settings': {}, 'layers': {'h.1': '0.5'}}
    """
    factors = {}
    for term in filter(None, layers.split(",")):
        group, _, factor = term.rpartition(":")
        factors[group] = factor
    if not factors:
        return _read_method(text)
    method = _read_method(text) or {"method": "sum", "settings": {}}
    return method | {"layers": factors}


def _read_method(text: str) -> Json | None:
    method, *pairs = text.split(",")
    if method in ("", "sum"):
        return None
    given = {name: value for name, _, value in (pair.partition(":") for pair in pairs)}
    seed = given.pop("seed", "0")
    # Anything else than digits is left for the edit to refuse.
    number = int(seed) if seed.isascii() and seed.isdecimal() and len(seed) < 20 else seed
    return {"method": method, "settings": given, "seed": number}


def _layers(given: object) -> dict[str, float]:
    """Factors by layer group, each within its bounds. Which groups there are, the engine knows."""
    if not isinstance(given, Mapping) or len(given) > MOST_LAYERS:
        raise TaskArithError(f"factors by layer are an object of at most {MOST_LAYERS} numbers")
    factors = {}
    for group, factor in given.items():
        if not isinstance(group, str) or not 0 < len(group) <= LONGEST_LAYER:
            raise TaskArithError(f"{str(group)[:SHOWN]!r} is no name of a layer group")
        factors[group] = finite_number(factor, f"layer {group[:SHOWN]}")
        if not _is_factor(factors[group]):
            raise CoefficientError(
                f"the factor of a layer goes from 0 to {LARGEST_FACTOR:g}; "
                f"{factors[group]:g} for {group[:SHOWN]} is outside"
            )
    return factors


def _is_factor(number: float) -> bool:
    return 0 <= number <= LARGEST_FACTOR


def _common(edit: Edit, layers: Mapping[str, Mapping[str, float]]) -> Mapping[str, float]:
    """The factors that all vectors of an edit have; TaskArithError where they differ."""
    if set(layers) != {EVERY_VECTOR}:
        raise TaskArithError(
            f"a link carries the same factors by layer for all vectors, {edit.formula()} has "
            "others; open it from its JSON on the command line"
        )
    return layers[EVERY_VECTOR]


def _known(method: object) -> str:
    if not isinstance(method, str) or method not in METHODS:
        raise unknown_name("merge method", str(method)[:SHOWN], existing=METHODS)
    return method
