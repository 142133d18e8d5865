"""The `Edit`: the description of θ = θ₀ + Σ λ_t τ_t that page, command line and cache share.

An edit only names its suite and vectors; this module knows nothing about whether they exist, and
never sees a tensor.
"""

import copy
import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import Any

from taskarith.core.coefficients import checked_coefficient
from taskarith.core.merges.registry import METHODS
from taskarith.errors import CoefficientError, TaskArithError, unknown_name

__all__ = ["LAYERS", "Edit"]

LAYERS = "layers"  # the setting that every method has
DECIMALS = 4
MAX_SEED = 2**53 - 1  # what JavaScript still counts exactly
MINUS = "−"  # U+2212, as wide as a plus


@dataclass(frozen=True)
class Edit:
    """θ = θ₀ + Σ λ_t τ_t in words: which suite, which λ_t, how merged, with which seed.

    Coefficients are checked, rounded to four decimals, sorted by name, and zeros are dropped;
    settings are checked against the method's schema in `METHODS` and completed by its defaults, so
    that equal edits are equal, hash alike and have one `key()`. Every method has the setting
    `layers`, {vector: {layer group: factor of λ_t there}} (see `taskarith.core.layers`); the vector
    "*" stands for all of them, whatever their λ.

    >>> edit = Edit(suite="mini", coefficients={"letters": 0.3, "digits": -0.5, "signs": 0})
    >>> edit.formula()
    'θ = θ₀ − 0.50·τ(digits) + 0.30·τ(letters)'
    >>> Edit.from_json(edit.to_json()) == edit
    True
    >>> Edit(suite="mini", coefficients={"signs": 1}, method="ties").formula()
    'θ = θ₀ + ties(1.00·τ(signs); density=0.2, scale=1)'
    """

    suite: str
    coefficients: Mapping[str, float] = field(default_factory=dict)
    method: str = "sum"
    settings: Mapping[str, Any] = field(default_factory=dict)
    seed: int = 0

    def __post_init__(self) -> None:
        if not isinstance(self.suite, str) or not self.suite:
            raise TaskArithError(f"an edit needs the name of its suite, got {self.suite!r}")
        if self.method not in METHODS:
            raise unknown_name("method", self.method, existing=METHODS)
        if type(self.seed) is not int or not 0 <= self.seed <= MAX_SEED:
            raise TaskArithError(
                f"the seed of an edit is a whole number from 0 to {MAX_SEED}, got {self.seed!r:.40}"
            )
        object.__setattr__(self, "coefficients", _canonical(self.coefficients))
        object.__setattr__(self, "settings", _checked_settings(self.method, self.settings))

    def __hash__(self) -> int:
        return hash(self.key())

    def __reduce__(self) -> tuple[Any, ...]:  # read-only mappings cannot be copied or pickled
        return (Edit.from_json, (self.to_json(),))

    @property
    def is_sum(self) -> bool:
        """Whether it is the plain θ₀ + Σ λ_t τ_t, with one λ_t for all layers."""
        return self.method == "sum" and LAYERS not in self.settings

    def to_json(self) -> dict[str, Any]:
        """The edit as a dict of plain JSON values."""
        return {
            "suite": self.suite,
            "coefficients": dict(self.coefficients),
            "method": self.method,
            "settings": copy.deepcopy(dict(self.settings)),
            "seed": self.seed,
        }

    @classmethod
    def from_json(cls, data: object) -> "Edit":
        """The edit that `to_json` described; TaskArithError if `data` is not one.

        >>> Edit.from_json({"suite": "mini"}).formula()
        'θ = θ₀'
        """
        fields = ("suite", "coefficients", "method", "settings", "seed")
        if not isinstance(data, Mapping) or "suite" not in data:
            raise TaskArithError(f"an edit is a JSON object with {', '.join(fields)}")
        unexpected = [str(name) for name in data if name not in fields]
        if unexpected:
            raise TaskArithError(
                f"an edit has no {', '.join(unexpected)}; it has {', '.join(fields)}"
            )
        return cls(**data)

    def key(self) -> str:
        """One canonical text per edit: equal edits have equal keys."""
        return json.dumps(self.to_json(), sort_keys=True, separators=(",", ":"), ensure_ascii=False)

    def with_coefficient(self, name: str, value: float) -> "Edit":
        """The same edit with λ(name) = value."""
        return replace(self, coefficients={**self.coefficients, name: value})

    def formula(self) -> str:
        """The edit as one line to read and copy."""
        if not self.coefficients:
            return "θ = θ₀"
        if self.is_sum:
            signed = [
                f" {'+' if value > 0 else MINUS} {_decimal(abs(value))}·τ({name})"
                for name, value in self.coefficients.items()
            ]
            return "θ = θ₀" + "".join(signed)
        terms = [
            f"{'' if value > 0 else MINUS}{_decimal(abs(value))}·τ({name})"
            for name, value in self.coefficients.items()
        ]
        settings = [f"{name}={v:g}" for name, v in self.settings.items() if name != LAYERS]
        settings += [f"seed={self.seed}"] if METHODS[self.method].seeded else []
        settings += ["by layer"] if LAYERS in self.settings else []
        listed = f"; {', '.join(settings)}" if settings else ""
        return f"θ = θ₀ + {self.method}({', '.join(terms)}{listed})"


def _canonical(coefficients: object) -> Mapping[str, float]:
    if not isinstance(coefficients, Mapping):
        raise CoefficientError(f"coefficients map vector names to λ, got {coefficients!r:.60}")
    wrong = [name for name in coefficients if not isinstance(name, str) or not name]
    if wrong:
        raise CoefficientError(f"coefficients need names of vectors, got {wrong[0]!r:.60}")
    rounded = {
        name: round(checked_coefficient(coefficients[name], name), DECIMALS)
        for name in sorted(coefficients)
    }
    return MappingProxyType({name: value for name, value in rounded.items() if value != 0})


def _checked_settings(method: str, settings: object) -> Mapping[str, Any]:
    """All settings of the method, in the order of its schema; `layers` last, if there are any."""
    if not isinstance(settings, Mapping):
        raise TaskArithError(f"the settings of an edit are a JSON object, got {settings!r:.60}")
    own = {name: value for name, value in settings.items() if name != LAYERS}
    checked: dict[str, Any] = {**METHODS[method].checked(own)}
    layers = _checked_layers(settings.get(LAYERS, {}))
    return MappingProxyType({**checked, LAYERS: layers} if layers else checked)


def _checked_layers(layers: object) -> dict[str, dict[str, float]]:
    """Factors by vector and layer group, rounded and sorted; factors of 1 are left out."""
    shape = isinstance(layers, Mapping) and all(isinstance(g, Mapping) for g in layers.values())
    if not isinstance(layers, Mapping) or not shape:
        raise TaskArithError(
            f"{LAYERS} maps vectors to layer groups to factors, got {layers!r:.60}; "
            'for example {"letters": {"visual.transformer.resblocks.3": 0.5}}'
        )
    names = [name for vector, groups in layers.items() for name in (vector, *groups)]
    wrong = [name for name in names if not isinstance(name, str) or not name]
    if wrong:
        raise TaskArithError(f"{LAYERS} needs names of vectors and groups, got {wrong[0]!r:.60}")
    checked = {
        vector: {
            group: round(checked_coefficient(factor, f"{vector} in {group}"), DECIMALS)
            for group, factor in sorted(layers[vector].items())
        }
        for vector in sorted(layers)
    }
    kept = {
        vector: {group: factor for group, factor in groups.items() if factor != 1}
        for vector, groups in checked.items()
    }
    return {vector: groups for vector, groups in kept.items() if groups}


def _decimal(value: float) -> str:
    """Two decimals, more where the value has them."""
    short = f"{value:.2f}"
    return short if float(short) == value else f"{value:.{DECIMALS}f}".rstrip("0")
