"""The registry of merge methods: what each is called, does, cites, costs, and can be set to.

A method is one function, and its signature is its schema: every keyword of type
`Annotated[float | int, Bounds(...)]` is a setting, with its default. The page, the command line
and `Edit` read that schema here. This module knows no method and never sees a tensor; the modules
beside it fill the registry.
"""

import inspect
import math
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, TypeVar, get_args

from taskarith.core.vector import TaskVector
from taskarith.errors import SettingError, unknown_name

__all__ = ["METHODS", "Bounds", "Method", "Setting", "method"]

Function = TypeVar("Function", bound=Callable[..., TaskVector])


@dataclass(frozen=True)
class Bounds:
    """What a setting means and the numbers it takes: least ≤ x ≤ most, or least < x ≤ most.

    Attributes:
        above_least: `least` itself is not allowed.
    """

    about: str
    least: float
    most: float
    above_least: bool = False

    def holds(self, value: float) -> bool:
        """Whether `value` is allowed."""
        return self.least <= value <= self.most and not (self.above_least and value == self.least)

    def __str__(self) -> str:
        if self.above_least:
            return f"above {self.least:g}, at most {self.most:g}"
        return f"from {self.least:g} to {self.most:g}"


@dataclass(frozen=True)
class Setting:
    """One setting of a method.

    Attributes:
        whole: it is a whole number.
    """

    name: str
    default: float
    bounds: Bounds
    whole: bool

    def checked(self, value: object) -> float:
        """`value` as this setting's number (text is parsed); SettingError if it is none.

        >>> Setting("density", 0.2, Bounds("kept", 0, 1, above_least=True), whole=False).checked(0)
        Traceback (most recent call last):
        taskarith.errors.SettingError: density = 0 is out of range; give a number above 0, at most 1
        """
        number = math.nan
        if isinstance(value, float | int | str) and not isinstance(value, bool):
            with suppress(ValueError, OverflowError):
                number = float(value)
        kind = "whole number" if self.whole else "number"
        if not math.isfinite(number) or (self.whole and number != int(number)):
            raise SettingError(f"{self.name} must be a {kind}, got {str(value)[:40]!r}")
        if not self.bounds.holds(number):
            raise SettingError(
                f"{self.name} = {number:g} is out of range; give a {kind} {self.bounds}"
            )
        return int(number) if self.whole else number


@dataclass(frozen=True)
class Method:
    """A merge method: from σ_t = λ_t·τ_t, one for each vector, to one merged vector.

    Attributes:
        name: what an `Edit`, the command line and a link call it.
        title: what people call it.
        about: one sentence.
        paper: where it is described.
        scope: over what entries are ranked, compared or decomposed.
        normalization: how the size of the result follows from the number of vectors.
        buffers: model-sized float32 buffers it needs at its peak beside the K vectors.
        elsewhere: how what other tools call by this name differs, where it does: mergekit 0.1.5,
            FusionBench 0.2.33, or the authors' own code, as read in their sources.
        settings: its keywords.
        seeded: it draws at random; the keyword `seed` says what.
        needs_data: it asks the keyword `statistics` about images.
        most_terms: how many vectors it takes at most; None for any number.
        function: computes it; its docstring has the formula.
    """

    name: str
    title: str
    about: str
    paper: str
    scope: str
    normalization: str
    buffers: int
    elsewhere: str
    settings: tuple[Setting, ...]
    seeded: bool
    needs_data: bool
    most_terms: int | None
    function: Callable[..., TaskVector]

    def checked(self, settings: Mapping[str, object]) -> dict[str, float]:
        """All settings of the method: those given, checked, and the defaults of the rest.

        Raises UnknownNameError for a name that is not a setting, SettingError for a bad value.
        """
        names = [setting.name for setting in self.settings]
        for name in settings:
            if name not in names:
                raise unknown_name(f"setting of {self.name}", name, existing=names)
        return {
            setting.name: setting.checked(settings.get(setting.name, setting.default))
            for setting in self.settings
        }


_METHODS: dict[str, Method] = {}

METHODS: Mapping[str, Method] = MappingProxyType(_METHODS)
"""Every merge method by name."""


def method(
    name: str,
    *,
    title: str,
    paper: str,
    scope: str,
    normalization: str,
    buffers: int,
    most_terms: int | None = None,
    elsewhere: str = "",
) -> Callable[[Function], Function]:
    """Register the decorated function as a merge method; its signature becomes the schema."""

    def register(function: Function) -> Function:
        if name in _METHODS:
            raise ValueError(f"there are two merge methods called {name!r}")
        parameters = list(inspect.signature(function).parameters.values())
        keywords = {parameter.name: parameter for parameter in parameters[1:]}
        own = [p for key, p in keywords.items() if key not in ("seed", "statistics")]
        _METHODS[name] = Method(
            name=name,
            title=title,
            about=_first_sentence(function),
            paper=paper,
            scope=scope,
            normalization=normalization,
            buffers=buffers,
            elsewhere=elsewhere,
            settings=tuple(_setting(parameter) for parameter in own),
            seeded="seed" in keywords,
            needs_data="statistics" in keywords,
            most_terms=most_terms,
            function=function,
        )
        return function

    return register


def _setting(parameter: inspect.Parameter) -> Setting:
    kind, bounds = _annotated(parameter.annotation)
    setting = Setting(parameter.name, parameter.default, bounds, whole=kind is int)
    setting.checked(setting.default)
    return setting


def _annotated(annotation: Any) -> tuple[Any, Bounds]:
    kind, bounds = get_args(annotation)
    if not isinstance(bounds, Bounds):
        raise TypeError(f"a setting is Annotated[float | int, Bounds(...)], not {annotation}")
    return kind, bounds


def _first_sentence(function: Callable[..., object]) -> str:
    text = " ".join((inspect.getdoc(function) or "").split("\n\n")[0].split())
    return text.partition(". ")[0].removesuffix(".") + "."
